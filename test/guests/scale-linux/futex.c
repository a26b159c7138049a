/* A counter under a mutex of the C library: who has to wait sleeps on a futex. */
#include "../shared/locks.h"
#include "linux.h"
#include <pthread.h>

static struct {
	_Alignas(LINE) pthread_mutex_t mutex;
	_Alignas(LINE) uint64_t counter;
} *shared;

void prepare_futex(void)
{
	pthread_mutexattr_t attributes;
	shared = shared_memory(sizeof *shared);
	must_be_zero(pthread_mutexattr_init(&attributes), "pthread_mutexattr_init");
	if (in_processes) must_be_zero(pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED), "setpshared");
	must_be_zero(pthread_mutex_init(&shared->mutex, &attributes), "pthread_mutex_init");
}

void begin_futex(void) { shared->counter = 0; }

void work_futex(struct worker *worker)
{
	for (uint64_t unit; next_unit(worker, &unit);) {
		must_be_zero(pthread_mutex_lock(&shared->mutex), "pthread_mutex_lock");
		count_one(&shared->counter);
		must_be_zero(pthread_mutex_unlock(&shared->mutex), "pthread_mutex_unlock");
		work_outside();
	}
}

uint64_t finish_futex(uint64_t operations, uint64_t sum)
{
	if (shared->counter != operations) broken("the mutex lost a count");
	return mixed(sum, shared->counter);
}
