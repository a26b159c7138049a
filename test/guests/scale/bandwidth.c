/* STREAM's triad, a = b + 3 c, over three arrays of 16 MiB: an operation does 4,096 numbers of each. */
#include "scale.h"

enum { NUMBERS = 4096, BLOCKS = 512 };
typedef double block[NUMBERS];
static block *a, *b, *c;

/* Whole numbers: all engines compute the same, whether they round in between or not. */
void prepare_bandwidth(void)
{
	a = shared_memory(3 * BLOCKS * sizeof *a);
	b = a + BLOCKS;
	c = b + BLOCKS;
	for (int i = 0; i < BLOCKS; i++)
		for (int j = 0; j < NUMBERS; j++) {
			b[i][j] = i + j;
			c[i][j] = i ^ j;
		}
}

void work_bandwidth(struct worker *worker)
{
	for (uint64_t unit; next_unit(worker, &unit);) {
		uint64_t number = unit % BLOCKS, place = mixed(unit, number) % NUMBERS;
		double *to = a[number];
		const double *from = b[number], *times = c[number];
		for (int i = 0; i < NUMBERS; i++) to[i] = from[i] + 3 * times[i];
		/* Others may write the same numbers there, if they are so far ahead. */
		uint64_t value = (uint64_t)*(volatile double *)&to[place];
		if (value != number + place + 3 * (number ^ place)) broken("a number in memory is not what was stored");
		worker->sum += mixed(unit, value);
	}
}
