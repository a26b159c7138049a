/*
 * An operation multiplies two 96 × 96 matrices, each worker some rows, and has the product, modulo 1,000, as the right one of the
 * next. All numbers are whole, so that all engines compute the same, however they round.
 */
#include "scale.h"

enum { SIDE = 96, MODULUS = 1000 };
typedef double matrix[SIDE][SIDE];
static struct {
	matrix left, right[2]; /* before and after a product, in turn */
} *shared;

void prepare_matrix(void) { shared = shared_memory(sizeof *shared); }

void begin_matrix(void)
{
	for (int i = 0; i < SIDE; i++)
		for (int j = 0; j < SIDE; j++) {
			shared->left[i][j] = (i * j + 1) % MODULUS;
			shared->right[0][i][j] = (i * 7 + j * 3) % MODULUS;
		}
}

void work_matrix(struct worker *worker)
{
	uint64_t first = first_part(worker, SIDE), end = end_of_parts(worker, SIDE);
	for (uint64_t unit; next_together(worker, &unit);) {
		matrix *right = &shared->right[unit % 2], *product = &shared->right[(unit + 1) % 2];
		for (uint64_t i = first; i < end; i++) {
			double row[SIDE] = {0};
			for (int k = 0; k < SIDE; k++) {
				double factor = shared->left[i][k];
				for (int j = 0; j < SIDE; j++) row[j] += factor * (*right)[k][j];
			}
			for (int j = 0; j < SIDE; j++) (*product)[i][j] = (double)((uint64_t)row[j] % MODULUS);
		}
	}
}

uint64_t finish_matrix(uint64_t operations, uint64_t sum)
{
	for (int i = 0; i < SIDE; i++)
		for (int j = 0; j < SIDE; j++) sum = mixed(sum, (uint64_t)shared->right[operations % 2][i][j]);
	return sum;
}
