/* Mappings of 1 to 16 pages made, touched once, taken away: 100 a round, each with its flush. */
#include "system.h"
#include <sys/mman.h>

enum { PAGE = 4096, MAPPINGS = 100, LARGEST = 16 };

uint64_t mmap_run(uint64_t rounds)
{
	uint64_t sum = 0;
	for (uint64_t i = 0; i < rounds * MAPPINGS; i++) {
		size_t bytes = (1 + i % LARGEST) * PAGE;
		uint8_t *pages = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (pages == MAP_FAILED) fail("mmap");
		pages[bytes - 1] = (uint8_t)i;
		sum = mixed(sum, pages[bytes - 1]);
		must(munmap(pages, bytes), "munmap");
	}
	return sum;
}
