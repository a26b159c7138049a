/* A counter for each worker, all in one cache line or each in its own: an operation takes the worker's own further by 100. */
#include "scale.h"

enum { COUNTS = 100, WORDS_BETWEEN = LINE / sizeof(uint64_t) };
static volatile uint64_t *counters;

void prepare_counters(void) { counters = shared_memory(MOST_WORKERS * LINE); }

void begin_counters(void)
{
	for (int i = 0; i < MOST_WORKERS * WORDS_BETWEEN; i++) counters[i] = 0;
}

static void count(struct worker *worker, volatile uint64_t *counter)
{
	for (uint64_t unit; next_unit(worker, &unit);)
		for (int i = 0; i < COUNTS; i++) ++*counter;
}

void work_false_sharing(struct worker *worker) { count(worker, &counters[worker->number]); }
void work_padded(struct worker *worker) { count(worker, &counters[worker->number * WORDS_BETWEEN]); }

uint64_t finish_counters(uint64_t operations, uint64_t sum)
{
	uint64_t counts = 0;
	for (int i = 0; i < MOST_WORKERS * WORDS_BETWEEN; i++) counts += counters[i];
	if (counts != operations * COUNTS) broken("a counter of one worker alone lost a count");
	return mixed(sum, counts);
}
