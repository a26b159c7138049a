/* Phases with a barrier between them: an operation is one step of 4,096 cells, each from itself and its neighbours before. */
#include "scale.h"

enum { CELLS = 4096 };
static uint64_t (*cells)[CELLS]; /* before and after a step, in turn */

void prepare_barrier(void) { cells = shared_memory(2 * sizeof *cells); }

void begin_barrier(void)
{
	for (uint64_t i = 0; i < CELLS; i++) cells[0][i] = i;
}

void work_barrier(struct worker *worker)
{
	uint64_t first = first_part(worker, CELLS), end = end_of_parts(worker, CELLS);
	for (uint64_t unit; next_together(worker, &unit);) {
		const uint64_t *before = cells[unit % 2];
		uint64_t *after = cells[(unit + 1) % 2];
		for (uint64_t i = first; i < end; i++) {
			uint64_t sum = before[i] + before[(i + CELLS - 1) % CELLS] + 3 * before[(i + 1) % CELLS];
			after[i] = (sum ^ sum >> 29) * 0x9e3779b97f4a7c15;
		}
	}
}

uint64_t finish_barrier(uint64_t operations, uint64_t sum)
{
	for (uint64_t i = 0; i < CELLS; i++) sum = mixed(sum, cells[operations % 2][i]);
	return sum;
}
