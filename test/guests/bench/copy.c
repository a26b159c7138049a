/* 4 MiB copied in 64-bit words, four at a time. */
#include "bench.h"

enum { WORDS = 1 << 19 };
static uint64_t *from, *to;

void copy_prepare(void)
{
	from = memory_for(2 * WORDS * sizeof *from);
	to = from + WORDS;
	for (int i = 0; i < WORDS; i++) from[i] = (uint64_t)i * 0x9e3779b97f4a7c15;
}

uint64_t copy_run(uint64_t rounds)
{
	uint64_t sum = 0;
	for (; rounds; rounds--) {
		for (int i = 0; i < WORDS; i += 4) {
			uint64_t a = from[i], b = from[i + 1], c = from[i + 2], d = from[i + 3];
			to[i] = a, to[i + 1] = b, to[i + 2] = c, to[i + 3] = d;
		}
		sum = mixed(sum, to[rounds % WORDS]);
		from[rounds % WORDS] = sum;
	}
	return sum;
}
