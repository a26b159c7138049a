/* Mappings that change in all workers: of threads, each change is fenced on the harts of the others. */
#include "../linux/mappings.h"
#include "linux.h"

/* An operation: four pages mapped, touched, taken away. */
void work_mmap(struct worker *worker)
{
	for (uint64_t unit; next_unit(worker, &unit);) {
		map_and_touch((uint8_t)unit);
		worker->sum += mixed(0, unit);
	}
}

/* An operation: 1,024 pages mapped, touched one by one, taken away. */
void work_page_fault(struct worker *worker)
{
	for (uint64_t unit; next_unit(worker, &unit);) worker->sum += fault_pages(unit, unit);
}

/* An operation: a page made writable and written, or read-only and read. Nothing is mapped or freed: what remains is the fence. */
void work_shootdown(struct worker *worker)
{
	volatile uint8_t *page = lone_page();
	uint64_t changes = 0;
	for (uint64_t unit; next_unit(worker, &unit); changes++) {
		protect_and_touch(page, (uint8_t)(changes / 2), changes % 2 == 0);
		worker->sum += mixed(0, unit);
	}
}
