/* Quicksort of 2^16 random numbers, insertion sort below nine: branches that nobody can guess. */
#include "../shared/quicksort.h"
#include "bench.h"

enum { COUNT = 1 << 16 };
static uint32_t numbers[COUNT];

uint64_t sort_run(uint64_t rounds)
{
	uint64_t state = 1234567, sum = 0;
	for (; rounds; rounds--) {
		for (int i = 0; i < COUNT; i++) numbers[i] = (uint32_t)random_word(&state);
		quicksort(numbers, COUNT);
		for (int i = 0; i < COUNT; i++) sum = mixed(sum, numbers[i]);
		for (int i = 1; i < COUNT; i++)
			if (numbers[i - 1] > numbers[i]) return 0;
	}
	return sum;
}
