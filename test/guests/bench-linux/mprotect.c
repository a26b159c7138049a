/* One page made read-only and writable again, and touched after each, 100 times a round: no memory is allocated or freed. */
#include "system.h"
#include <sys/mman.h>

enum { PAGE = 4096, CHANGES = 100 };

uint64_t mprotect_run(uint64_t rounds)
{
	uint64_t sum = 0;
	/* Between two pages without access, which the kernel cannot merge with the page: all changes cost the same. */
	uint8_t *pages = mmap(0, 3 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED) fail("mmap");
	volatile uint8_t *page = pages + PAGE;
	for (uint64_t i = 0; i < rounds * CHANGES; i++) {
		must(mprotect(pages + PAGE, PAGE, PROT_READ | PROT_WRITE), "mprotect");
		page[i % PAGE] = (uint8_t)(sum + i);
		must(mprotect(pages + PAGE, PAGE, PROT_READ), "mprotect");
		sum = mixed(sum, page[i % PAGE]);
	}
	must(munmap(pages, 3 * PAGE), "munmap");
	return sum;
}
