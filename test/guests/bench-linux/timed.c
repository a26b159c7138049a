/* Runs and measures the programs of timed.h. */
#include "timed.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Threads with long operations are given up to so many times the time, until each has done so many on average. */
enum { LONGEST = 8, FEWEST_BY_WORKER = 4, WARM_UP = 2, NANOSECONDS = 1000000 };

struct worker workers[MOST_WORKERS];
bool stopping;
static uint64_t duration; /* nanoseconds */

static void sleep_for(uint64_t nanoseconds)
{
	struct timespec time = {(time_t)(nanoseconds / 1000000000), (long)(nanoseconds % 1000000000)};
	while (nanosleep(&time, &time) < 0)
		if (errno != EINTR) fail("nanosleep");
}

static void print_figure(const char *name, int threads, uint64_t operations, uint64_t nanoseconds)
{
	printf("timed %s %d threads, %lu operations, %lu ns\n", name, threads, operations, nanoseconds);
	fflush(stdout);
}

void time_operation(const char *name, uint64_t fewest, void (*operation)(void))
{
	for (uint64_t start = now(); now() - start < duration / WARM_UP;) operation();
	uint64_t operations = 0, start = now(), end;
	do operation(), operations++, end = now();
	while (end - start < duration || (operations < fewest && end - start < LONGEST * duration));
	print_figure(name, 1, operations, end - start);
}

static uint64_t operations_of(const struct figure *figure)
{
	uint64_t sum = 0;
	for (int i = 0; i < figure->count; i++) sum += __atomic_load_n(&workers[figure->first + i].operations, __ATOMIC_RELAXED);
	return sum;
}

static void *run_worker(void *argument)
{
	struct worker *worker = argument;
	pin(worker->number);
	worker->body(worker);
	return 0;
}

void time_workers(int count, void (*const bodies[])(struct worker *), const struct figure *figures, int figure_count)
{
	uint64_t before[4], operations[4];
	for (int i = 0; i < count; i++) {
		workers[i].number = i;
		workers[i].body = bodies[i];
		if (pthread_create(&workers[i].thread, 0, run_worker, &workers[i])) fail("pthread_create");
	}
	sleep_for(duration / WARM_UP);
	for (int i = 0; i < figure_count; i++) before[i] = operations_of(&figures[i]);
	uint64_t start = now(), elapsed;
	bool enough;
	do {
		sleep_for(duration);
		elapsed = now() - start;
		enough = true;
		for (int i = 0; i < figure_count; i++) {
			operations[i] = operations_of(&figures[i]) - before[i];
			enough = enough && operations[i] >= FEWEST_BY_WORKER * (uint64_t)figures[i].count;
		}
	} while (!enough && elapsed < LONGEST * duration);
	__atomic_store_n(&stopping, true, __ATOMIC_RELAXED);
	for (int i = 0; i < count; i++)
		if (pthread_join(workers[i].thread, 0)) fail("pthread_join");
	for (int i = 0; i < figure_count; i++) print_figure(figures[i].name, figures[i].count, operations[i], elapsed);
}

void time_alike(const char *name, int count, void (*body)(struct worker *))
{
	void (*bodies[MOST_WORKERS])(struct worker *);
	for (int i = 0; i < count; i++) bodies[i] = body;
	time_workers(count, bodies, &(struct figure){name, 0, count}, 1);
}

void run_timed(uint64_t milliseconds, char **names)
{
	duration = milliseconds * NANOSECONDS;
	for (; *names; names++) {
		const struct timed_program *program = timed_programs;
		while (program->name && strcmp(program->name, *names)) program++;
		if (!program->name) {
			fprintf(stderr, "bench: no timed program %s\n", *names);
			exit(2);
		}
		int child = (int)must(fork(), "fork");
		if (!child) {
			program->run();
			_exit(0);
		}
		join_child(child);
	}
}
