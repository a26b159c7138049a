/*
 * A record that all read and few change: an operation reads its eight words, and checks that they belong together; every 512th
 * changes them. By RCU (quiescent states, as in the flavour QSBR of liburcu), readers pay a load, and a writer waits for each of
 * them; by a reader-writer lock, all write to the lock.
 */
#define _GNU_SOURCE
#include "linux.h"
#include <pthread.h>

enum { READS_PER_CHANGE = 512, WORDS = 8 };
/* What a reader without a core leaves of itself. */
#define OFFLINE 0

struct record {
	_Alignas(LINE) uint64_t generation;
	uint64_t words[WORDS]; /* a function of the generation */
};

static struct {
	/* Written under the mutex, or the lock. */
	_Alignas(LINE) struct record *current;
	_Alignas(LINE) struct record records[2];
	_Alignas(LINE) uint64_t changes;
	_Alignas(LINE) uint64_t grace_period;
	_Alignas(LINE) pthread_mutex_t mutex;
	_Alignas(LINE) pthread_rwlock_t lock;
	/* Written by each reader: the grace period in which it had a quiescent state last, or OFFLINE. */
	struct {
		_Alignas(LINE) uint64_t seen;
	} readers[MOST_WORKERS];
} *shared;

static uint64_t word_of(uint64_t generation, int i) { return mixed(generation, (uint64_t)i + 1); }

static void write_record(struct record *record, uint64_t generation)
{
	record->generation = generation;
	for (int i = 0; i < WORDS; i++) record->words[i] = word_of(generation, i);
}

static void check_record(const struct record *record)
{
	/* volatile: each word is read here, not where the compiler likes. */
	const volatile struct record *seen = record;
	uint64_t generation = seen->generation;
	for (int i = 0; i < WORDS; i++)
		if (seen->words[i] != word_of(generation, i)) broken("a reader saw a record while it was changed");
}

void begin_reading(void)
{
	shared->current = &shared->records[0];
	shared->changes = 0;
	write_record(shared->current, 0);
}

uint64_t finish_reading(uint64_t operations, uint64_t sum)
{
	if (shared->current->generation != shared->changes) broken("a change of the record was lost");
	if (operations == run->units && shared->changes != operations / READS_PER_CHANGE) broken("not all changes were made");
	return mixed(sum, shared->changes);
}

static bool changes_record(uint64_t unit) { return unit % READS_PER_CHANGE == READS_PER_CHANGE - 1; }

/* ---- RCU ---- */

void prepare_rcu(void)
{
	pthread_mutexattr_t attributes;
	shared = shared_memory(sizeof *shared);
	shared->grace_period = 1;
	must_be_zero(pthread_mutexattr_init(&attributes), "pthread_mutexattr_init");
	if (in_processes) must_be_zero(pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED), "setpshared");
	must_be_zero(pthread_mutex_init(&shared->mutex, &attributes), "pthread_mutex_init");
}

static void go_online(uint64_t *seen)
{
	__atomic_store_n(seen, __atomic_load_n(&shared->grace_period, __ATOMIC_RELAXED), __ATOMIC_RELAXED);
	/* The mark is seen before any record is read. Pairs with the fence in wait_for_readers(). */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Release: what was read of records was read before. Pairs with the acquire in wait_for_readers(). */
static void go_offline(uint64_t *seen) { __atomic_store_n(seen, OFFLINE, __ATOMIC_RELEASE); }

static void pass_quiescent_state(uint64_t *seen)
{
	uint64_t period = __atomic_load_n(&shared->grace_period, __ATOMIC_RELAXED);
	if (*seen == period) return; /* plain: only this worker writes it */
	__atomic_store_n(seen, period, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Until nobody reads what could be reached before. */
static void wait_for_readers(void)
{
	uint64_t period = shared->grace_period + 1;
	/* The new record is published before the period begins; then either a reader's mark is seen here, or the reader sees the record. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	__atomic_store_n(&shared->grace_period, period, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (int i = 0; i < run->threads; i++)
		for (uint32_t looks = 0;; looks++) {
			uint64_t seen = __atomic_load_n(&shared->readers[i].seen, __ATOMIC_ACQUIRE);
			if (seen == OFFLINE || seen >= period) break;
			wait_a_little(looks);
		}
}

static void change_by_rcu(void)
{
	must_be_zero(pthread_mutex_lock(&shared->mutex), "pthread_mutex_lock");
	struct record *old = shared->current, *new = old == &shared->records[0] ? &shared->records[1] : &shared->records[0];
	write_record(new, ++shared->changes);
	/* Release: the record is whole before its address is seen. Pairs with the acquire in work_rcu(). */
	__atomic_store_n(&shared->current, new, __ATOMIC_RELEASE);
	wait_for_readers();
	/* A reader that still has it would notice. */
	for (int i = 0; i < WORDS; i++) old->words[i] = 0;
	must_be_zero(pthread_mutex_unlock(&shared->mutex), "pthread_mutex_unlock");
}

void work_rcu(struct worker *worker)
{
	uint64_t *seen = &shared->readers[worker->number].seen;
	go_online(seen);
	for (uint64_t unit; next_unit(worker, &unit);) {
		if (changes_record(unit)) {
			/* Who waits for the mutex, or for readers, reads nothing. */
			go_offline(seen);
			change_by_rcu();
			go_online(seen);
		} else {
			check_record(__atomic_load_n(&shared->current, __ATOMIC_ACQUIRE));
			pass_quiescent_state(seen);
		}
		worker->sum += unit;
	}
	go_offline(seen);
}

/* ---- a reader-writer lock ---- */

void prepare_rwlock(void)
{
	pthread_rwlockattr_t attributes;
	shared = shared_memory(sizeof *shared);
	must_be_zero(pthread_rwlockattr_init(&attributes), "pthread_rwlockattr_init");
#ifdef __GLIBC__
	/* Otherwise readers that follow one another may keep a writer out for as long as they like. */
	must_be_zero(pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP), "setkind");
#endif
	if (in_processes) must_be_zero(pthread_rwlockattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED), "setpshared");
	must_be_zero(pthread_rwlock_init(&shared->lock, &attributes), "pthread_rwlock_init");
}

void work_rwlock(struct worker *worker)
{
	for (uint64_t unit; next_unit(worker, &unit);) {
		if (changes_record(unit)) {
			must_be_zero(pthread_rwlock_wrlock(&shared->lock), "pthread_rwlock_wrlock");
			write_record(shared->current, ++shared->changes);
		} else {
			must_be_zero(pthread_rwlock_rdlock(&shared->lock), "pthread_rwlock_rdlock");
			check_record(shared->current);
		}
		must_be_zero(pthread_rwlock_unlock(&shared->lock), "pthread_rwlock_unlock");
		worker->sum += unit;
	}
}
