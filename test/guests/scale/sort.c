/*
 * An operation sorts 2^15 numbers: each worker makes and quicksorts a run of its own, then runs are merged two by two, all workers
 * merging at the same time: each takes a part of the merged run, whose beginning in both runs it finds by bisection.
 */
#include "../shared/quicksort.h"
#include "scale.h"

enum { COUNT = 1 << 15 };
static struct {
	/* Numbers that were made less those that came out, as sums. */
	_Alignas(LINE) uint64_t lost;
	_Alignas(LINE) uint32_t numbers[2][COUNT];
} *shared;

void prepare_sort(void) { shared = shared_memory(sizeof *shared); }
void begin_sort(void) { shared->lost = 0; }

/* Where worker `number`'s run begins; for those behind the last, the end. */
static int run_start(int number)
{
	if (number > run->threads) number = run->threads;
	return COUNT / run->threads * number + COUNT % run->threads * number / run->threads;
}

/* How many of the first `place` numbers of a merged run are of the first of the two runs. */
static int of_first(const uint32_t *one, int ones, const uint32_t *two, int twos, int place)
{
	int low = place > twos ? place - twos : 0, high = place < ones ? place : ones;
	while (low < high) {
		int middle = (low + high) / 2;
		if (one[middle] <= two[place - middle - 1]) low = middle + 1;
		else high = middle;
	}
	return low;
}

/* This worker's part of merging runs of `width` workers each. */
static void merge(int number, int width, const uint32_t *from, uint32_t *to)
{
	int group = number / (2 * width) * 2 * width, members = run->threads - group;
	if (members > 2 * width) members = 2 * width;
	int start = run_start(group), middle = run_start(group + width), end = run_start(group + 2 * width);
	const uint32_t *one = from + start, *two = from + middle;
	int ones = middle - start, twos = end - middle, member = number - group;
	int place = (int)((int64_t)(end - start) * member / members), last = (int)((int64_t)(end - start) * (member + 1) / members);
	int i = of_first(one, ones, two, twos, place), j = place - i;
	for (; place < last; place++) to[start + place] = j == twos || (i < ones && one[i] <= two[j]) ? one[i++] : two[j++];
}

void work_sort(struct worker *worker)
{
	int first = run_start(worker->number), end = run_start(worker->number + 1);
	for (uint64_t unit; next_together(worker, &unit);) {
		uint32_t *from = shared->numbers[0], *to = shared->numbers[1];
		uint64_t difference = 0;
		for (int i = first; i < end; i++) {
			uint64_t state = (unit * COUNT + (uint64_t)i + 1) * 0x9e3779b97f4a7c15 | 1;
			difference += from[i] = (uint32_t)(random_word(&state) >> 16);
		}
		quicksort(from + first, end - first);
		meet_all();
		for (int width = 1; width < run->threads; width *= 2) {
			merge(worker->number, width, from, to);
			uint32_t *merged = to;
			to = from;
			from = merged;
			meet_all();
		}
		for (int i = first; i < end; i++) {
			if (i > 0 && from[i - 1] > from[i]) broken("sorted numbers are not in order");
			difference -= from[i];
			worker->sum += mixed(mixed(unit, (uint64_t)i), from[i]);
		}
		__atomic_fetch_add(&shared->lost, difference, __ATOMIC_RELAXED);
	}
}

uint64_t finish_sort(uint64_t operations, uint64_t sum)
{
	(void)operations;
	if (shared->lost) broken("sorted numbers are not those that were there before");
	return sum;
}
