/* Mappings that change: what one thread changes is fenced on the harts of the other threads of its process. */
#define _GNU_SOURCE
#include "mappings.h"
#include "../shared/words.h"
#include "process.h"
#include <sys/mman.h>

enum { PAGE = 4096, TOUCHED = 4, FAULTS = 1024 };

static uint8_t *map(size_t bytes, int protection)
{
	uint8_t *pages = mmap(0, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED) fail("mmap");
	return pages;
}

void map_and_touch(uint8_t value)
{
	uint8_t *pages = map(TOUCHED * PAGE, PROT_READ | PROT_WRITE);
	for (int i = 0; i < TOUCHED; i++) pages[i * PAGE] = value;
	for (int i = 0; i < TOUCHED; i++)
		if (pages[i * PAGE] != value) fail("a new page lost its byte");
	must(munmap(pages, TOUCHED * PAGE), "munmap");
}

uint64_t fault_pages(uint64_t sum, uint64_t value)
{
	uint8_t *pages = map(FAULTS * PAGE, PROT_READ | PROT_WRITE);
	madvise(pages, FAULTS * PAGE, MADV_NOHUGEPAGE); /* refused where there are none anyway */
	for (uint64_t i = 0; i < FAULTS; i++) pages[i * PAGE] = (uint8_t)(i + value);
	for (uint64_t i = 0; i < FAULTS; i += 64) sum = mixed(sum, pages[i * PAGE] + pages[i * PAGE + 1]);
	must(munmap(pages, FAULTS * PAGE), "munmap");
	return sum;
}

/* Between two pages without access, which the kernel cannot merge with the page: all changes cost the same. */
uint8_t *lone_page(void) { return map(3 * PAGE, PROT_NONE) + PAGE; }

void protect_and_touch(volatile uint8_t *page, uint8_t value, bool writable)
{
	must(mprotect((void *)page, PAGE, writable ? PROT_READ | PROT_WRITE : PROT_READ), "mprotect");
	if (writable) page[value] = value;
	else if (page[value] != value) fail("a protected page lost its byte");
}
