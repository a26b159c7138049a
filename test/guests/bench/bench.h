/* What the benchmark programs share: on bare metal and under Linux. */
#ifndef BENCH_H
#define BENCH_H
#include <stddef.h>
#include <stdint.h>

struct program {
	const char *name;
	/* Untimed; may be 0. */
	void (*prepare)(void);
	/* Timed. Returns a checksum over all that was computed. */
	uint64_t (*run)(uint64_t rounds);
	/* At scale 1000. */
	uint64_t rounds;
};

/* Those that run anywhere; the last has no name. */
extern const struct program programs[];

/* Page-aligned, with anything in it; at most once in each program. */
void *memory_for(size_t bytes);
/* The same in pages of 4 KiB; memory_for may give larger ones. */
void *small_pages_for(size_t bytes);

/* At least 1. The scale is in thousandths. */
static inline uint64_t scaled_rounds(const struct program *program, uint64_t scale)
{
	uint64_t rounds = program->rounds * scale / 1000;
	return rounds ? rounds : 1;
}

/* FNV-1a's step, over whole words. */
static inline uint64_t mixed(uint64_t sum, uint64_t value) { return (sum ^ value) * 0x100000001b3; }

/* Exact: every engine must give the same bits. */
static inline uint64_t bits_of(double value)
{
	union {
		double value;
		uint64_t bits;
	} both = {value};
	return both.bits;
}

static inline double square_root(double value)
{
	double root;
	__asm__("fsqrt.d %0, %1" : "=f"(root) : "f"(value));
	return root;
}

/* xorshift64: the state must not be 0. */
static inline uint64_t random_word(uint64_t *state)
{
	uint64_t x = *state;
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return *state = x;
}
#endif
