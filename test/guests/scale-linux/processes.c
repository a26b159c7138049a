/* Processes that come and go, and that wake one another. */
#include "../linux/build.h"
#include "../linux/ping-pong.h"
#include "linux.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- an operation: a child that becomes another program, this one anew, and the wait for it ---- */

void work_fork_exec(struct worker *worker)
{
	for (uint64_t unit; next_unit(worker, &unit);) {
		int child = (int)must(fork(), "fork");
		if (!child) become_nothing();
		join_child(child);
		worker->sum += mixed(0, unit);
	}
}

/* ---- an operation: a byte to a process on the next hart, and back ---- */

static struct ping_pong pairs[MOST_WORKERS];

void work_pipe(struct worker *worker)
{
	struct ping_pong *pair = &pairs[worker->number];
	/* In the warm-up. */
	if (!pair->partner) open_ping_pong(pair, worker->number + 1);
	for (uint64_t unit; next_unit(worker, &unit);) {
		ping(pair);
		worker->sum += mixed(0, unit);
	}
}

void leave_pipe(struct worker *worker) { close_ping_pong(&pairs[worker->number]); }

/* ---- an operation: what make does for one source file: a process compiles it, and the object is read and removed ---- */

static char *folder;
static uint64_t *objects; /* what each source file compiles to; 0 before it is known */

static void remove_folder(void)
{
	remove_sources(folder);
	must(rmdir(folder), "rmdir");
}

/* In memory, where there is such a folder. */
void prepare_batch(void)
{
	const char *places[] = {"/dev/shm", getenv("TMPDIR"), "/tmp", "", 0};
	char name[NAME_BYTES / 2];
	for (const char **place = places; !folder && place < places + 4; place++) {
		if (!*place || snprintf(name, sizeof name, "%s/scale-XXXXXX", *place) >= (int)sizeof name) continue;
		if (mkdtemp(name)) folder = strdup(name);
	}
	if (!folder) fail("mkdtemp");
	objects = shared_memory(SOURCES * sizeof *objects);
	write_sources(folder);
	atexit(remove_folder);
}

void work_batch(struct worker *worker)
{
	for (uint64_t unit; next_unit(worker, &unit);) {
		uint64_t source = unit % SOURCES, before = 0;
		int child = (int)must(fork(), "fork");
		if (!child) become_compiler(folder, source, unit);
		join_child(child);
		uint64_t object = take_object(1, folder, unit);
		if (!__atomic_compare_exchange_n(&objects[source], &before, object, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED) &&
		    before != object)
			broken("a source file compiled to another object than before");
		worker->sum += mixed(object, unit);
	}
}
