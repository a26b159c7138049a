/* Quicksort of 2^16 random numbers, insertion sort below nine: branches that nobody can guess. */
#include "bench.h"

enum { COUNT = 1 << 16 };
static uint32_t numbers[COUNT];

static void quicksort(uint32_t *a, int count)
{
	while (count > 8) {
		uint32_t pivot = a[count / 2];
		int low = 0, high = count - 1;
		while (low <= high) {
			while (a[low] < pivot) low++;
			while (a[high] > pivot) high--;
			if (low > high) break;
			uint32_t swapped = a[low];
			a[low++] = a[high];
			a[high--] = swapped;
		}
		quicksort(a, high + 1);
		a += low;
		count -= low;
	}
	for (int i = 1; i < count; i++) {
		uint32_t moving = a[i];
		int j = i;
		for (; j && a[j - 1] > moving; j--) a[j] = a[j - 1];
		a[j] = moving;
	}
}

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
