/*
 * A storm of remote fences: an operation makes a page of the worker's own read-only, or writable again and writes it, and has all
 * harts fence it, as a kernel does for a process whose threads run on all of them.
 */
#include "bare.h"

static uint8_t *pages; /* one for each worker */

void prepare_shootdown(void) { pages = shared_memory(MOST_WORKERS * PAGE_BYTES); }

static void set_entry(volatile uint8_t *page, uint64_t flags)
{
	*pte_of(page) = pte_to((const void *)page, flags);
	/* Hart mask 0 with base −1: all harts. The call orders the entry before the fences. */
	struct sbi_result fenced = sbi_call(SBI_RFENCE, RFENCE_SFENCE_VMA, 0, -1, (long)page, PAGE_BYTES, 0);
	if (fenced.error) broken("the remote fence was refused");
}

void work_shootdown(struct worker *worker)
{
	volatile uint8_t *page = pages + worker->number * PAGE_BYTES;
	uint8_t value = 0;
	bool writable = true;
	for (uint64_t unit; next_unit(worker, &unit); writable = !writable) {
		set_entry(page, writable ? PTE_RW_SET : PTE_V | PTE_R | PTE_A);
		if (writable) page[value] = value;
		else if (page[value] != value) broken("a protected page lost its byte");
		else value++;
		worker->sum += mixed(0, unit);
	}
	set_entry(page, PTE_RW_SET);
}
