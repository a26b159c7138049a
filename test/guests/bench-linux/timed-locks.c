/*
 * Counters and locks that all harts want, a thread on each. An operation: the counter is taken further by one, under the
 * lock or by an atomic instruction. In the end it must be the number of operations.
 */
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

/* A critical section, and as much work outside. */
static void count_one(void)
{
	counter++;
	for (volatile int i = 0; i < 10; i++) {}
}

static void work_outside(void)
{
	for (volatile int i = 0; i < 10; i++) {}
}

/* ---- atomic instructions ---- */
static void by_amo(struct worker *worker)
{
	do __atomic_fetch_add(&counter, 1, __ATOMIC_RELAXED);
	while (next_operation(worker));
}

static void by_lr_sc(struct worker *worker)
{
	do {
		uint64_t value, failed;
		__asm__ volatile("1: lr.d %0, (%2)\n\taddi %0, %0, 1\n\tsc.d %1, %0, (%2)\n\tbnez %1, 1b"
				 : "=&r"(value), "=&r"(failed)
				 : "r"(&counter)
				 : "memory");
	} while (next_operation(worker));
}

/* ---- a ticket lock: whoever came first gets it, even if its hart does not run ---- */
static _Alignas(128) uint32_t next_ticket;
static _Alignas(128) uint32_t served;

static void by_ticket(struct worker *worker)
{
	do {
		uint32_t ticket = __atomic_fetch_add(&next_ticket, 1, __ATOMIC_RELAXED);
		while (__atomic_load_n(&served, __ATOMIC_ACQUIRE) != ticket) pause_hart();
		count_one();
		__atomic_store_n(&served, ticket + 1, __ATOMIC_RELEASE);
		work_outside();
	} while (next_operation(worker));
}

/* ---- an MCS lock: the same order, and each waits on a word of its own. Mellor-Crummey and Scott, 1991 ---- */
struct waiter {
	_Alignas(128) struct waiter *next;
	uint32_t waits;
};
static struct waiter waiters[MOST_WORKERS];
static struct waiter *tail;

static void by_mcs(struct worker *worker)
{
	struct waiter *own = &waiters[worker->number];
	do {
		own->next = 0;
		own->waits = 1;
		struct waiter *before = __atomic_exchange_n(&tail, own, __ATOMIC_ACQ_REL);
		if (before) {
			__atomic_store_n(&before->next, own, __ATOMIC_RELEASE);
			while (__atomic_load_n(&own->waits, __ATOMIC_ACQUIRE)) pause_hart();
		}
		count_one();
		struct waiter *last = own;
		if (__atomic_load_n(&own->next, __ATOMIC_ACQUIRE) ||
		    !__atomic_compare_exchange_n(&tail, &last, 0, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {
			struct waiter *next;
			while (!(next = __atomic_load_n(&own->next, __ATOMIC_ACQUIRE))) pause_hart();
			__atomic_store_n(&next->waits, 0, __ATOMIC_RELEASE);
		}
		work_outside();
	} while (next_operation(worker));
}

/* ---- a mutex of the C library: who has to wait sleeps on a futex ---- */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void by_mutex(struct worker *worker)
{
	do {
		if (pthread_mutex_lock(&mutex)) fail("pthread_mutex_lock");
		count_one();
		if (pthread_mutex_unlock(&mutex)) fail("pthread_mutex_unlock");
		work_outside();
	} while (next_operation(worker));
}

void timed_amo(void) { time_counting("amo", by_amo); }
void timed_lr_sc(void) { time_counting("lr-sc", by_lr_sc); }
void timed_ticket(void) { time_counting("ticket-lock", by_ticket); }
void timed_mcs(void) { time_counting("mcs-lock", by_mcs); }
void timed_mutex(void) { time_counting("mutex", by_mutex); }
