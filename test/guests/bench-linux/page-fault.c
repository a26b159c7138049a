/* 4 MiB mapped, each page touched, unmapped again: 1024 page faults a round. */
#include "system.h"
#include <sys/mman.h>

enum { PAGE = 4096, PAGES = 1024 };

uint64_t page_fault_run(uint64_t rounds)
{
	uint64_t sum = 0;
	for (uint64_t round = 0; round < rounds; round++) {
		uint8_t *pages = mmap(0, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (pages == MAP_FAILED) fail("mmap");
		madvise(pages, PAGES * PAGE, MADV_NOHUGEPAGE); /* refused where there are none anyway */
		for (uint64_t i = 0; i < PAGES; i++) pages[i * PAGE] = (uint8_t)(i + round);
		for (uint64_t i = 0; i < PAGES; i += 64) sum = mixed(sum, pages[i * PAGE] + pages[i * PAGE + 1]);
		must(munmap(pages, PAGES * PAGE), "munmap");
	}
	return sum;
}
