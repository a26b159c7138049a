/* Processes and threads that wake one another, and processes that come and go. */
#define _GNU_SOURCE
#include "../linux/ping-pong.h"
#include "timed.h"
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- a byte to another process and back, through two pipes ---- */
static struct ping_pong pair;

static void exchange_byte(void) { ping(&pair); }

/* Apart: each on a hart of its own. */
static void exchange(const char *name, bool apart)
{
	if (apart) pin(0);
	open_ping_pong(&pair, apart ? 1 : ANY_HART);
	time_operation(name, 4, exchange_byte);
	close_ping_pong(&pair);
}

void timed_pipe(void) { exchange("pipe", false); }
void timed_pipe_apart(void) { exchange("pipe-apart", true); }

/* ---- a turn to another thread and back, by futex ---- */
enum { MINE, YOURS, NOBODYS };
static uint32_t turn;

/* Returns whether it is still somebody's. */
static bool await_turn(uint32_t whose)
{
	for (;;) {
		uint32_t now_is = __atomic_load_n(&turn, __ATOMIC_ACQUIRE);
		if (now_is == whose || now_is == NOBODYS) return now_is == whose;
		if (syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, now_is, 0, 0, 0) < 0 && errno != EAGAIN && errno != EINTR)
			fail("futex");
	}
}

static void pass_turn(uint32_t to)
{
	__atomic_store_n(&turn, to, __ATOMIC_RELEASE);
	must(syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0), "futex");
}

static void *pass_back(void *apart)
{
	if (apart) pin(1);
	while (await_turn(YOURS)) pass_turn(MINE);
	return 0;
}

static void pass_there(void)
{
	pass_turn(YOURS);
	await_turn(MINE);
}

static void take_turns(const char *name, bool apart)
{
	pthread_t other;
	if (pthread_create(&other, 0, pass_back, apart ? &other : 0)) fail("pthread_create");
	if (apart) pin(0);
	time_operation(name, 4, pass_there);
	pass_turn(NOBODYS);
	if (pthread_join(other, 0)) fail("pthread_join");
}

void timed_futex(void) { take_turns("futex", false); }
void timed_futex_apart(void) { take_turns("futex-apart", true); }

/* ---- processes that come and go; fork with 1 MiB of memory of one's own ---- */
static uint8_t memory[1 << 20];

static void fork_once(void)
{
	int child = (int)must(fork(), "fork");
	if (!child) _exit(0);
	join_child(child);
}

static void exec_once(void)
{
	int child = (int)must(fork(), "fork");
	if (!child) become_nothing();
	join_child(child);
}

void timed_fork(void)
{
	for (size_t i = 0; i < sizeof memory; i += 4096) memory[i] = 1;
	time_operation("fork", 4, fork_once);
}

void timed_exec(void) { time_operation("exec", 4, exec_once); }
