/*
 * Counters and locks that all harts want, a thread on each. An operation: the counter is taken further by one, under the
 * lock or by an atomic instruction. In the end it must be the number of operations.
 */
#include "../shared/locks.h"
#include "timed.h"

static _Alignas(128) uint64_t counter;

static void check_counter(void)
{
	uint64_t operations = 0;
	for (int i = 0; i < MOST_WORKERS; i++) operations += workers[i].operations;
	if (counter != operations) fail("a lock, or an atomic instruction, lost a count");
}

static void time_counting(const char *name, void (*body)(struct worker *))
{
	int count = hart_count();
	time_alike(name, count < MOST_WORKERS ? count : MOST_WORKERS, body);
	check_counter();
}

static void by_amo(struct worker *worker)
{
	do count_by_amo(&counter);
	while (next_operation(worker));
}

static void by_lr_sc(struct worker *worker)
{
	do count_by_lr_sc(&counter);
	while (next_operation(worker));
}

static struct ticket_lock ticket_lock;

static void by_ticket(struct worker *worker)
{
	do {
		uint32_t ticket = acquire_ticket(&ticket_lock);
		count_one(&counter);
		release_ticket(&ticket_lock, ticket);
		work_outside();
	} while (next_operation(worker));
}

static struct mcs_waiter waiters[MOST_WORKERS];
static struct mcs_waiter *tail;

static void by_mcs(struct worker *worker)
{
	struct mcs_waiter *own = &waiters[worker->number];
	do {
		acquire_mcs(&tail, own);
		count_one(&counter);
		release_mcs(&tail, own);
		work_outside();
	} while (next_operation(worker));
}

/* ---- a mutex of the C library: who has to wait sleeps on a futex ---- */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void by_mutex(struct worker *worker)
{
	do {
		if (pthread_mutex_lock(&mutex)) fail("pthread_mutex_lock");
		count_one(&counter);
		if (pthread_mutex_unlock(&mutex)) fail("pthread_mutex_unlock");
		work_outside();
	} while (next_operation(worker));
}

void timed_amo(void) { time_counting("amo", by_amo); }
void timed_lr_sc(void) { time_counting("lr-sc", by_lr_sc); }
void timed_ticket(void) { time_counting("ticket-lock", by_ticket); }
void timed_mcs(void) { time_counting("mcs-lock", by_mcs); }
void timed_mutex(void) { time_counting("mutex", by_mutex); }
