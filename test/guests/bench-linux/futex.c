/* Two threads of one process take turns, each waiting on a futex for the other, 100 times a round: no change of address space. */
#define _GNU_SOURCE
#include "system.h"
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TURNS = 100 };
static uint32_t turn; /* whose it is, 0 or 1 */
static uint64_t sum;  /* written by the thread whose turn it is */
static uint64_t turns;

/* Returns when it is this thread's turn. */
static void await_turn(uint32_t mine)
{
	while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != mine)
		if (syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, !mine, 0, 0, 0) < 0 && errno != EAGAIN && errno != EINTR)
			fail("futex");
}

static void *take_turns(void *argument)
{
	uint32_t mine = argument != 0;
	for (uint64_t i = 0; i < turns; i++) {
		await_turn(mine);
		sum = mixed(sum, 2 * i + mine);
		__atomic_store_n(&turn, !mine, __ATOMIC_RELEASE);
		must(syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0), "futex");
	}
	return 0;
}

uint64_t futex_run(uint64_t rounds)
{
	pthread_t other;
	turns = rounds * TURNS;
	if (pthread_create(&other, 0, take_turns, &turns)) fail("pthread_create");
	take_turns(0);
	if (pthread_join(other, 0)) fail("pthread_join");
	return sum;
}
