/*
 * Pointers followed through a ring of one cache line of each page of some memory: as many TLB entries as there are pages, but
 * little of the host's cache. chase.c uses all lines.
 */
#include "bench.h"

enum { PAGE = 4096, LINE_BYTES = 64, STEPS = 65000 };
static uint8_t *ring;

/* Not the same line of each page: these would compete for the same sets of the host's cache. */
static uint8_t *line_in(uint64_t page) { return ring + page * PAGE + page % (PAGE / LINE_BYTES) * LINE_BYTES; }

/* In chase.c's order. */
static void link_pages(uint64_t bytes)
{
	uint64_t pages = bytes / PAGE;
	ring = small_pages_for(bytes);
	for (uint64_t i = 0; i < pages; i++) *(uint8_t **)line_in(i) = line_in((i * 1664525 + 1013904223) % pages);
}

void pages_4k_prepare(void) { link_pages(4 << 10); }
void pages_16k_prepare(void) { link_pages(16 << 10); }
void pages_64k_prepare(void) { link_pages(64 << 10); }
void pages_256k_prepare(void) { link_pages(256 << 10); }
void pages_1m_prepare(void) { link_pages(1 << 20); }
void pages_4m_prepare(void) { link_pages(4 << 20); }
void pages_16m_prepare(void) { link_pages(16 << 20); }
void pages_64m_prepare(void) { link_pages(64 << 20); }
void pages_256m_prepare(void) { link_pages(256 << 20); }

uint64_t pages_run(uint64_t rounds)
{
	uint64_t sum = 0;
	uint8_t *at = line_in(0);
	for (; rounds; rounds--) {
		for (int step = 0; step < STEPS; step += 8) {
#define FOLLOW at = *(uint8_t **)at
			FOLLOW, FOLLOW, FOLLOW, FOLLOW, FOLLOW, FOLLOW, FOLLOW, FOLLOW;
		}
		FOLLOW; /* an odd number of steps in all: no round ends where it began */
		sum = mixed(sum, (uint64_t)(at - ring) + 1);
	}
	return sum;
}
