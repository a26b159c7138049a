/* Processes, threads and time under Linux. */
#define _GNU_SOURCE
#include "process.h"
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void fail(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
	_exit(1);
}

long must(long result, const char *what)
{
	if (result < 0) fail(what);
	return result;
}

void join_child(int child)
{
	int status;
	must(waitpid(child, &status, 0), "waitpid");
	if (status == 0) return;
	fprintf(stderr, "%s: a child ended with status 0x%x\n", program_invocation_short_name, status);
	_exit(1);
}

/* As it was when the program began: a container, or taskset, may leave it some harts only. */
static cpu_set_t allowed;

static __attribute__((constructor)) void note_allowed(void)
{
	must(sched_getaffinity(0, sizeof allowed, &allowed), "sched_getaffinity");
}

void pin(int hart)
{
	int left = hart % CPU_COUNT(&allowed), number = 0;
	while (!CPU_ISSET(number, &allowed) || left--) number++;
	cpu_set_t harts;
	CPU_ZERO(&harts);
	CPU_SET(number, &harts);
	must(sched_setaffinity(0, sizeof harts, &harts), "sched_setaffinity");
}

int hart_count(void) { return (int)must(sysconf(_SC_NPROCESSORS_ONLN), "sysconf"); }

uint64_t now(void)
{
	struct timespec time;
	must(clock_gettime(CLOCK_MONOTONIC, &time), "clock_gettime");
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

void become_nothing(void)
{
	execl("/proc/self/exe", program_invocation_short_name, NOTHING, (char *)0);
	fail("exec");
}
