/* Locks whose waiters spin, and what is done under them. */
#ifndef LOCKS_H
#define LOCKS_H
#include "hart.h"
#include <stdint.h>

/* A critical section, and as much work outside. */
static inline void count_one(uint64_t *counter)
{
	++*counter;
	for (volatile int i = 0; i < 10; i++) {}
}

static inline void work_outside(void)
{
	for (volatile int i = 0; i < 10; i++) {}
}

/* ---- a ticket lock: whoever came first gets it, even if its hart does not run ---- */
struct ticket_lock {
	_Alignas(128) uint32_t next;
	_Alignas(128) uint32_t served;
};

/* Returns the ticket. */
static inline uint32_t acquire_ticket(struct ticket_lock *lock)
{
	uint32_t ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);
	while (__atomic_load_n(&lock->served, __ATOMIC_ACQUIRE) != ticket) pause_hart();
	return ticket;
}

static inline void release_ticket(struct ticket_lock *lock, uint32_t ticket)
{
	__atomic_store_n(&lock->served, ticket + 1, __ATOMIC_RELEASE);
}

/* ---- an MCS lock: the same order, and each waits on a word of its own. Mellor-Crummey and Scott, 1991 ---- */
struct mcs_waiter {
	_Alignas(128) struct mcs_waiter *next;
	uint32_t waits;
};

static inline void acquire_mcs(struct mcs_waiter **tail, struct mcs_waiter *own)
{
	own->next = 0;
	own->waits = 1;
	struct mcs_waiter *before = __atomic_exchange_n(tail, own, __ATOMIC_ACQ_REL);
	if (!before) return;
	__atomic_store_n(&before->next, own, __ATOMIC_RELEASE);
	while (__atomic_load_n(&own->waits, __ATOMIC_ACQUIRE)) pause_hart();
}

static inline void release_mcs(struct mcs_waiter **tail, struct mcs_waiter *own)
{
	struct mcs_waiter *last = own;
	if (!__atomic_load_n(&own->next, __ATOMIC_ACQUIRE) &&
	    __atomic_compare_exchange_n(tail, &last, 0, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		return;
	struct mcs_waiter *next;
	while (!(next = __atomic_load_n(&own->next, __ATOMIC_ACQUIRE))) pause_hart();
	__atomic_store_n(&next->waits, 0, __ATOMIC_RELEASE);
}
#endif
