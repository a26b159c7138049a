/* 64 KiB copied word by word: a load, a store, and the loop. */
#include "bench.h"

enum { WORDS = 1 << 13 };
static uint64_t *from, *to;

void copy_8_prepare(void)
{
	from = memory_for(2 * WORDS * sizeof *from);
	to = from + WORDS;
	for (int i = 0; i < WORDS; i++) from[i] = (uint64_t)i * 0x9e3779b97f4a7c15;
}

uint64_t copy_8_run(uint64_t rounds)
{
	uint64_t sum = 0;
	for (; rounds; rounds--) {
		for (int i = 0; i < WORDS; i++) to[i] = from[i];
		sum = mixed(sum, to[rounds % WORDS]);
		from[rounds % WORDS] = sum;
	}
	return sum;
}
