/* Mappings that change in 1, 2 and 4 threads of one process: what one changes is fenced on the harts of the others. */
#define _GNU_SOURCE
#include "../linux/mappings.h"
#include "timed.h"
#include <time.h>

enum { STEPS = 10000 };

/* An operation: four pages mapped, touched, taken away. */
static void map_pages(struct worker *worker)
{
	do map_and_touch((uint8_t)(worker->operations + 1));
	while (next_operation(worker));
}

/* An operation: a page made writable and written, or made read-only and read. */
static void protect_page(struct worker *worker)
{
	uint8_t *page = lone_page();
	do protect_and_touch(page, (uint8_t)(worker->operations / 2), worker->operations % 2 == 0);
	while (next_operation(worker));
}

/* The same 1,000 times a second, or less often if a change takes longer. */
static void protect_now_and_then(struct worker *worker)
{
	enum { PERIOD = 1000000, SECOND = 1000000000 };
	uint8_t *page = lone_page();
	struct timespec next;
	must(clock_gettime(CLOCK_MONOTONIC, &next), "clock_gettime");
	do {
		protect_and_touch(page, (uint8_t)(worker->operations / 2), worker->operations % 2 == 0);
		next.tv_nsec += PERIOD;
		if (next.tv_nsec >= SECOND) next.tv_nsec -= SECOND, next.tv_sec++;
		if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, 0)) fail("clock_nanosleep");
		uint64_t time = now(), due = (uint64_t)next.tv_sec * SECOND + (uint64_t)next.tv_nsec;
		/* What was missed is not made up for. */
		if (time > due + PERIOD) next = (struct timespec){(time_t)(time / SECOND), (long)(time % SECOND)};
	} while (next_operation(worker));
}

/* An operation: 10,000 steps of a random number generator, with a load and a store each. */
static void compute(struct worker *worker)
{
	static uint64_t words[512];
	uint64_t state = 1;
	do {
		for (int i = 0; i < STEPS; i++) {
			uint64_t *word = &words[random_word(&state) % 512];
			*word = mixed(*word, state);
		}
	} while (next_operation(worker));
}

void timed_mmap(void) { time_alike("mmap", 1, map_pages); }
void timed_mmap_2(void) { time_alike("mmap-2", 2, map_pages); }
void timed_mmap_4(void) { time_alike("mmap-4", 4, map_pages); }
void timed_mprotect(void) { time_alike("mprotect", 1, protect_page); }
void timed_mprotect_2(void) { time_alike("mprotect-2", 2, protect_page); }
void timed_mprotect_4(void) { time_alike("mprotect-4", 4, protect_page); }
void timed_compute(void) { time_alike("compute", 1, compute); }

static void compute_beside(void (*other)(struct worker *), const struct figure figures[2])
{
	void (*const bodies[])(struct worker *) = {compute, other};
	time_workers(2, bodies, figures, 2);
}

void timed_compute_fenced(void)
{
	compute_beside(protect_now_and_then, (struct figure[]){{"compute-fenced", 0, 1}, {"fences", 1, 1}});
}

void timed_compute_storm(void)
{
	compute_beside(protect_page, (struct figure[]){{"compute-storm", 0, 1}, {"mprotect-compute", 1, 1}});
}
