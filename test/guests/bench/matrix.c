/* 96 × 96 integer matrices, multiplied row by column: a strided load, a multiplication, an addition. */
#include "bench.h"

enum { SIDE = 96 };
static uint32_t left[SIDE][SIDE], right[SIDE][SIDE], product[SIDE][SIDE];

void matrix_prepare(void)
{
	for (int i = 0; i < SIDE; i++)
		for (int j = 0; j < SIDE; j++) {
			left[i][j] = (uint32_t)(i * j + 1);
			right[i][j] = (uint32_t)(i - j);
		}
}

uint64_t matrix_run(uint64_t rounds)
{
	uint64_t sum = 0;
	for (; rounds; rounds--) {
		for (int i = 0; i < SIDE; i++)
			for (int j = 0; j < SIDE; j++) {
				uint32_t cell = 0;
				for (int k = 0; k < SIDE; k++) cell += left[i][k] * right[k][j];
				product[i][j] = cell;
			}
		for (int i = 0; i < SIDE; i++) {
			sum = mixed(sum, product[i][SIDE - 1 - i]);
			left[i][i] = (uint32_t)sum;
		}
	}
	return sum;
}
