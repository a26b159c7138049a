/* Words: checksums and random numbers that are the same everywhere. */
#ifndef WORDS_H
#define WORDS_H
#include <stdint.h>

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
