/* As STREAM's triad, a = b + 3 c, in integers, over three arrays of 16 MiB: an operation does 4,096 numbers of each. */
#include "scale.h"

enum { NUMBERS = 4096, BLOCKS = 512 };
typedef uint64_t block[NUMBERS];
static block *a, *b, *c;

void prepare_bandwidth(void)
{
	/* One block between two arrays: at a power of two from one another, all three would share one place in caches and TLBs. */
	a = shared_memory(3 * (BLOCKS + 1) * sizeof *a);
	b = a + BLOCKS + 1;
	c = b + BLOCKS + 1;
	for (uint64_t i = 0; i < BLOCKS; i++)
		for (uint64_t j = 0; j < NUMBERS; j++) {
			a[i][j] = 0; /* all pages are there before */
			b[i][j] = i + j;
			c[i][j] = i ^ j;
		}
}

void work_bandwidth(struct worker *worker)
{
	for (uint64_t unit; next_unit(worker, &unit);) {
		uint64_t number = unit % BLOCKS, place = mixed(unit, number) % NUMBERS;
		uint64_t *to = a[number];
		const uint64_t *from = b[number], *times = c[number];
		for (int i = 0; i < NUMBERS; i++) to[i] = from[i] + 3 * times[i];
		/* Others may write the same numbers there, if they are so far ahead. */
		uint64_t value = *(volatile uint64_t *)&to[place];
		if (value != number + place + 3 * (number ^ place)) broken("a number in memory is not what was stored");
		worker->sum += mixed(unit, value);
	}
}
