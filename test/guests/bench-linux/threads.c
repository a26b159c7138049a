/*
 * Storms of system calls in two or four threads of one process, each on a hart of its own while there are enough. Each
 * thread does all rounds. They share an address space, so what one unmaps or protects is fenced on the others' harts. The
 * rounds are few: a remote fence under QEMU takes some milliseconds when harts outnumber the host's cores.
 */
#include "system.h"
#include <pthread.h>

struct thread {
	pthread_t id;
	uint64_t (*run)(uint64_t rounds);
	uint64_t rounds, sum;
	int hart;
};

static void *run_thread(void *argument)
{
	struct thread *thread = argument;
	pin(thread->hart);
	thread->sum = thread->run(thread->rounds);
	return 0;
}

static uint64_t in_threads(int count, uint64_t (*run)(uint64_t), uint64_t rounds)
{
	struct thread threads[4];
	for (int i = 0; i < count; i++) {
		threads[i] = (struct thread){.run = run, .rounds = rounds, .hart = i};
		if (pthread_create(&threads[i].id, 0, run_thread, &threads[i])) fail("pthread_create");
	}
	for (int i = 0; i < count; i++) {
		if (pthread_join(threads[i].id, 0)) fail("pthread_join");
		if (threads[i].sum != threads[0].sum) fail("the threads' sums differ");
	}
	return threads[0].sum;
}

uint64_t mmap_2_run(uint64_t rounds) { return in_threads(2, mmap_run, rounds); }
uint64_t mmap_4_run(uint64_t rounds) { return in_threads(4, mmap_run, rounds); }
uint64_t mprotect_2_run(uint64_t rounds) { return in_threads(2, mprotect_run, rounds); }
uint64_t mprotect_4_run(uint64_t rounds) { return in_threads(4, mprotect_run, rounds); }
