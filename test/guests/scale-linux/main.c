/*
 * Runs one workload in so many threads, or processes, each pinned to a hart of its own while there are enough:
 *
 *     scale NAME --threads N --work W [--processes]          W operations in all, shared out
 *     scale NAME --threads N --per-thread W [--processes]    W operations for each
 *     scale NAME --threads N --milliseconds M [--processes]  as many as there are time for
 *
 * With --at-most M, no longer than M milliseconds, even if there is more work. (The warm-up before is a quarter of all that.)
 * It prints "scale NAME threads N operations OPERATIONS ns NANOSECONDS checksum SUM", without the warm-up before. The checksum
 * depends on the operations in all alone; where a time was the limit it is "-". Before that it says when the measured part begins and ends, and what
 * it has cost: "scale: cost NANOSECONDS ns, N voluntary, N involuntary." Exit codes: 0; 1 when a check has failed; 2 for a wrong
 * command line.
 */
#define _GNU_SOURCE
#include "../linux/build.h"
#include "linux.h"
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <sched.h>
#include <termios.h>
#include <unistd.h>

bool in_processes;

/* ---- what scale.h asks for ---- */

void *shared_memory(size_t bytes)
{
	int flags = (in_processes ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS;
	void *memory = mmap(0, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (memory == MAP_FAILED) fail("mmap");
	return memory;
}

static volatile uint64_t stops_at; /* nanoseconds; read by the handler of the thread that it interrupts */

static void stop(int signal)
{
	(void)signal;
	/* A signal that comes late is of the phase before. A millisecond is for clocks that differ a little. */
	if (now() + 1000000 < stops_at) return;
	__atomic_store_n(&run->stopping, true, __ATOMIC_RELAXED);
}

void stop_after(uint64_t nanoseconds)
{
	struct sigaction action = {.sa_handler = stop, .sa_flags = SA_RESTART};
	uint64_t microseconds = nanoseconds / 1000;
	stops_at = now() + microseconds * 1000;
	struct itimerval once = {.it_value = {(time_t)(microseconds / 1000000), (suseconds_t)(microseconds % 1000000)}};
	must(sigaction(SIGALRM, &action, 0), "sigaction");
	must(setitimer(ITIMER_REAL, &once, 0), "setitimer");
}

void yield_hart(void) { sched_yield(); }

void tell(const char *what)
{
	dprintf(STDOUT_FILENO, "scale: measured part %s.\n", what);
	/* The line is out before the part begins; there is nothing to wait for where this is no terminal. */
	tcdrain(STDOUT_FILENO);
}

static void add_usage(struct cost *cost, int whose)
{
	struct rusage usage;
	must(getrusage(whose, &usage), "getrusage");
	uint64_t seconds = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec);
	uint64_t microseconds = (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
	cost->nanoseconds += seconds * 1000000000 + microseconds * 1000;
	cost->voluntary += (uint64_t)usage.ru_nvcsw;
	cost->involuntary += (uint64_t)usage.ru_nivcsw;
}

struct cost cost_so_far(void)
{
	struct cost cost = {0, 0, 0};
	add_usage(&cost, in_processes ? RUSAGE_SELF : RUSAGE_THREAD);
	/* Where workers are threads, these would be the children of all. */
	if (in_processes) add_usage(&cost, RUSAGE_CHILDREN);
	return cost;
}

void broken(const char *what)
{
	fprintf(stderr, "scale: %s: %s\n", run->workload->name, what);
	_exit(1);
}

void must_be_zero(int result, const char *what)
{
	if (!result) return;
	errno = result;
	fail(what);
}

/* ---- workers ---- */

static void *run_worker(void *number)
{
	pin((int)(intptr_t)number);
	be_worker((int)(intptr_t)number);
	return 0;
}

static void run_threads(void)
{
	pthread_t threads[MOST_WORKERS];
	for (int i = 0; i < run->threads; i++)
		must_be_zero(pthread_create(&threads[i], 0, run_worker, (void *)(intptr_t)i), "pthread_create");
	for (int i = 0; i < run->threads; i++) must_be_zero(pthread_join(threads[i], 0), "pthread_join");
}

static void run_processes(void)
{
	int children[MOST_WORKERS], status;
	for (int i = 0; i < run->threads; i++) {
		children[i] = (int)must(fork(), "fork");
		if (children[i]) continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		run_worker((void *)(intptr_t)i);
		_exit(0);
	}
	for (int left = run->threads; left; left--) {
		must(wait(&status), "wait");
		if (!status) continue;
		/* The others would wait for it for ever. */
		for (int i = 0; i < run->threads; i++) kill(children[i], SIGKILL);
		if (WIFSIGNALED(status)) fprintf(stderr, "scale: a process ended by signal %d\n", WTERMSIG(status));
		exit(1);
	}
}

/* ---- the command line ---- */

static void explain(void)
{
	fputs("scale NAME --threads N (--work W | --per-thread W | --milliseconds M) [--at-most M] [--processes]\nNAME is one of", stderr);
	for (const struct workload *each = workloads; each->name; each++) fprintf(stderr, " %s", each->name);
	fputc('\n', stderr);
	exit(2);
}

static uint64_t number_in(const char *text, uint64_t most)
{
	char *end;
	errno = 0;
	uint64_t number = strtoull(text, &end, 10);
	if (errno || *end || *text < '0' || *text > '9' || number < 1 || number > most) explain();
	return number;
}

int main(int count, char **arguments)
{
	static const struct option options[] = {
		{"threads", required_argument, 0, 't'},	     {"work", required_argument, 0, 'w'},
		{"per-thread", required_argument, 0, 'e'},   {"milliseconds", required_argument, 0, 'm'},
		{"at-most", required_argument, 0, 'a'},	     {"processes", no_argument, 0, 'p'},
		{0, 0, 0, 0},
	};
	enum { MOST_MILLISECONDS = 1000000000 };
	const uint64_t most_work = 1UL << 48;
	if (count == 2 && !strcmp(arguments[1], NOTHING)) return 0;
	if (count == 5 && !strcmp(arguments[1], COMPILE)) return compile_source(arguments[2], arguments[3], arguments[4]);
	uint64_t threads = 0, amount = 0, limit = 0;
	enum amount kind = IN_ALL;
	for (int option; (option = getopt_long(count, arguments, "", options, 0)) >= 0;) {
		if (strchr("wem", option) && amount) explain();
		switch (option) {
		case 't': threads = number_in(optarg, MOST_WORKERS); break;
		case 'w': amount = number_in(optarg, most_work), kind = IN_ALL; break;
		case 'e': amount = number_in(optarg, most_work), kind = PER_WORKER; break;
		case 'm': amount = number_in(optarg, MOST_MILLISECONDS), kind = MILLISECONDS; break;
		case 'a': limit = number_in(optarg, MOST_MILLISECONDS); break;
		case 'p': in_processes = true; break;
		default: explain();
		}
	}
	const struct workload *workload = optind == count - 1 ? find_workload(arguments[optind]) : 0;
	if (!workload || !threads || !amount) explain();
	prepare_run(workload, (int)threads, kind, amount, limit);
	if (in_processes) run_processes();
	else run_threads();
	printf("scale: cost %lu ns, %lu voluntary, %lu involuntary.\n", run->cost.nanoseconds, run->cost.voluntary,
	       run->cost.involuntary);
	printf("scale %s threads %d operations %lu ns %lu checksum ", workload->name, run->threads, run->operations,
	       run->nanoseconds);
	if (all_done()) printf("%016lx\n", run->checksum);
	else puts("-");
	return 0;
}
