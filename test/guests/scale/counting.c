/* A counter that all harts want: an operation takes it further by one. In the end it is the number of operations. */
#include "../shared/locks.h"
#include "scale.h"

static struct {
	_Alignas(LINE) uint64_t counter;
	struct ticket_lock ticket_lock;
	_Alignas(LINE) struct mcs_waiter *tail;
	struct mcs_waiter waiters[MOST_WORKERS];
} *shared;

void prepare_counting(void) { shared = shared_memory(sizeof *shared); }
void begin_counting(void) { shared->counter = 0; }

uint64_t finish_counting(uint64_t operations, uint64_t sum)
{
	if (shared->counter != operations) broken("a lock, or an atomic instruction, lost a count");
	return mixed(sum, shared->counter);
}

void work_amo(struct worker *worker)
{
	for (uint64_t unit; next_unit(worker, &unit);) count_by_amo(&shared->counter);
}

void work_lr_sc(struct worker *worker)
{
	for (uint64_t unit; next_unit(worker, &unit);) count_by_lr_sc(&shared->counter);
}

void work_ticket(struct worker *worker)
{
	for (uint64_t unit; next_unit(worker, &unit);) {
		uint32_t ticket = acquire_ticket(&shared->ticket_lock);
		count_one(&shared->counter);
		release_ticket(&shared->ticket_lock, ticket);
		work_outside();
	}
}

void work_mcs(struct worker *worker)
{
	struct mcs_waiter *own = &shared->waiters[worker->number];
	for (uint64_t unit; next_unit(worker, &unit);) {
		acquire_mcs(&shared->tail, own);
		count_one(&shared->counter);
		release_mcs(&shared->tail, own);
		work_outside();
	}
}
