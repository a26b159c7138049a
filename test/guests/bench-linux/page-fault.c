/* 4 MiB mapped, each page touched, unmapped again: 1024 page faults a round. */
#include "../linux/mappings.h"
#include "system.h"

uint64_t page_fault_run(uint64_t rounds)
{
	uint64_t sum = 0;
	for (uint64_t round = 0; round < rounds; round++) sum = fault_pages(sum, round);
	return sum;
}
