/* STREAM's triad, a = b + s · c, over three arrays of 4 MiB. */
#include "bench.h"

enum { COUNT = 1 << 19 };
static double *a, *b, *c;

void triad_prepare(void)
{
	a = memory_for(3 * COUNT * sizeof *a);
	b = a + COUNT;
	c = b + COUNT;
	for (int i = 0; i < COUNT; i++) {
		b[i] = 0.5 * i;
		c[i] = 1.0 / (i + 1);
	}
}

uint64_t triad_run(uint64_t rounds)
{
	uint64_t sum = 0;
	for (; rounds; rounds--) {
		double s = 3 + (double)(rounds % 4);
		for (int i = 0; i < COUNT; i++) a[i] = b[i] + s * c[i];
		sum = mixed(sum, bits_of(a[rounds * 12345 % COUNT]));
	}
	return sum;
}
