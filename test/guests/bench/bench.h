/* What the benchmark programs share: on bare metal and under Linux. */
#ifndef BENCH_H
#define BENCH_H
#include "../shared/words.h"
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

static inline double square_root(double value)
{
	double root;
	__asm__("fsqrt.d %0, %1" : "=f"(root) : "f"(value));
	return root;
}
#endif
