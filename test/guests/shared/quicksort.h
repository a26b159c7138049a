/* Quicksort, insertion sort below nine: branches that nobody can guess. */
#ifndef QUICKSORT_H
#define QUICKSORT_H
#include <stdint.h>

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
#endif
