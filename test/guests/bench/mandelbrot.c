/* The Mandelbrot set on 128 × 96 points: arithmetic and comparisons of doubles, no memory. */
#include "bench.h"

enum { WIDTH = 128, HEIGHT = 96, ITERATIONS = 100 };

static int iterations_at(double cx, double cy)
{
	double x = 0, y = 0;
	int n = 0;
	for (; n < ITERATIONS && x * x + y * y <= 4; n++) {
		double next = x * x - y * y + cx;
		y = 2 * x * y + cy;
		x = next;
	}
	return n;
}

uint64_t mandelbrot_run(uint64_t rounds)
{
	uint64_t sum = 0;
	for (; rounds; rounds--)
		for (int row = 0; row < HEIGHT; row++)
			for (int column = 0; column < WIDTH; column++)
				sum = mixed(sum, (uint64_t)iterations_at(-2.2 + 3.2 * column / WIDTH, -1.2 + 2.4 * row / HEIGHT + 0.001 * (double)(rounds % 4)));
	return sum;
}
