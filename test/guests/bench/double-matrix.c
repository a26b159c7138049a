/* 64 × 64 matrices of doubles, multiplied row by column: fused multiply-add, and its loads. */
#include "bench.h"

enum { SIDE = 64 };
static double left[SIDE][SIDE], right[SIDE][SIDE], product[SIDE][SIDE];

void double_matrix_prepare(void)
{
	for (int i = 0; i < SIDE; i++)
		for (int j = 0; j < SIDE; j++) {
			left[i][j] = 1.0 / (i + j + 1);
			right[i][j] = (double)(i - j) / SIDE + 0.1;
		}
}

uint64_t double_matrix_run(uint64_t rounds)
{
	uint64_t sum = 0;
	for (; rounds; rounds--) {
		for (int i = 0; i < SIDE; i++)
			for (int j = 0; j < SIDE; j++) {
				double cell = 0;
				for (int k = 0; k < SIDE; k++) cell += left[i][k] * right[k][j];
				product[i][j] = cell;
			}
		for (int i = 0; i < SIDE; i++) {
			sum = mixed(sum, bits_of(product[i][SIDE - 1 - i]));
			left[i][i] = product[i][i] * 0.01;
		}
	}
	return sum;
}
