/*
 * The benchmark programs under Linux: "bench NAME NANOSECONDS ns, check 0xSUM".
 *
 *     bench SCALE COPIES BEATS NAME...          each program in turn; the scale in thousandths
 *     bench SCALE COPIES BEATS --own NAME FILE  another program, so often run as the scale says
 *     bench --for MILLISECONDS NAME...          each of the programs of timed.h in turn, for that long
 *
 * Each runs in a process of its own; copies run at the same time, each on a hart of its own, and the slowest counts.
 * Meanwhile another process wakes up on each hart, so many times a second as BEATS says. On a system with nothing else to
 * do, translation is not flushed for seconds, and QEMU, which sizes its TLB at flushes only, keeps a small one.
 */
#define _GNU_SOURCE
#include "../linux/build.h"
#include "timed.h"
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_COPIES = 64 };
static struct result {
	uint64_t nanoseconds, sum;
} *results; /* shared with the copies */

static void *shared_memory(size_t bytes, int flags)
{
	void *memory = mmap(0, bytes, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED) fail("mmap");
	return memory;
}

void *memory_for(size_t bytes) { return shared_memory(bytes, MAP_PRIVATE); }

void *small_pages_for(size_t bytes)
{
	void *memory = memory_for(bytes);
	madvise(memory, bytes, MADV_NOHUGEPAGE); /* refused where there are none anyway */
	return memory;
}

void scratch_prepare(void)
{
	must(unshare(CLONE_NEWNS), "unshare");
	if (mkdir(SCRATCH, 0700) < 0 && errno != EEXIST) fail("mkdir");
	must(mount("none", SCRATCH, "tmpfs", 0, 0), "mount");
}

/* What runs besides the programs. */
static int hearts[MOST_COPIES];

static void start_hearts(int beats)
{
	for (int hart = 0; beats && hart < MOST_COPIES && hart < sysconf(_SC_NPROCESSORS_ONLN); hart++) {
		hearts[hart] = (int)must(fork(), "fork");
		if (hearts[hart]) continue;
		pin(hart);
		for (;;) usleep(1000000 / (useconds_t)beats);
	}
}

static void stop_hearts(void)
{
	for (int hart = 0; hart < MOST_COPIES && hearts[hart]; hart++) {
		must(kill(hearts[hart], SIGKILL), "kill");
		must(waitpid(hearts[hart], 0, 0), "waitpid");
	}
}

struct gate {
	int ready[2], open[2];
};

static void run_copy(const struct program *program, uint64_t rounds, int copy, struct gate *gate)
{
	char byte = 0;
	if (program->prepare) program->prepare();
	close(gate->open[1]);
	must(write(gate->ready[1], &byte, 1), "write");
	close(gate->ready[1]);
	must(read(gate->open[0], &byte, 1), "read"); /* until the parent closes it */
	uint64_t start = now();
	results[copy].sum = program->run(rounds);
	results[copy].nanoseconds = now() - start;
	_exit(0);
}

static void run_program(const struct program *program, uint64_t scale, int copies)
{
	struct gate gate;
	int children[MOST_COPIES];
	must(pipe(gate.ready), "pipe");
	must(pipe(gate.open), "pipe");
	for (int copy = 0; copy < copies; copy++) {
		children[copy] = (int)must(fork(), "fork");
		if (children[copy]) continue;
		if (copies > 1) pin(copy);
		run_copy(program, scaled_rounds(program, scale), copy, &gate);
	}
	close(gate.ready[1]); /* a copy that fails ends the reading */
	char byte;
	for (int copy = 0; copy < copies; copy++) must(read(gate.ready[0], &byte, 1), "read");
	close(gate.open[0]);
	close(gate.open[1]);
	close(gate.ready[0]);
	uint64_t slowest = 0;
	for (int copy = 0; copy < copies; copy++) {
		join_child(children[copy]);
		if (results[copy].nanoseconds > slowest) slowest = results[copy].nanoseconds;
		if (results[copy].sum != results[0].sum) printf("bench: %s: its copies differ\n", program->name);
	}
	printf("bench %s %lu ns, check 0x%lx\n", program->name, slowest, results[0].sum);
	fflush(stdout);
}

static const struct program *find(const char *name)
{
	for (const struct program *each = programs; each->name; each++)
		if (!strcmp(each->name, name)) return each;
	for (const struct program *each = system_programs; each->name; each++)
		if (!strcmp(each->name, name)) return each;
	fprintf(stderr, "bench: no program %s\n", name);
	exit(2);
}

int main(int count, char **arguments)
{
	if (count == 2 && !strcmp(arguments[1], NOTHING)) return 0;
	if (count == 5 && !strcmp(arguments[1], COMPILE)) return compile_source(arguments[2], arguments[3], arguments[4]);
	if (count > 3 && !strcmp(arguments[1], "--for")) {
		run_timed(strtoull(arguments[2], 0, 10), arguments + 3);
		return 0;
	}
	if (count < 5) {
		fputs("bench SCALE COPIES BEATS NAME... | bench SCALE COPIES BEATS --own NAME FILE | bench --for MILLISECONDS NAME...\n",
		      stderr);
		return 2;
	}
	uint64_t scale = strtoull(arguments[1], 0, 10);
	int copies = atoi(arguments[2]);
	if (copies < 1 || copies > MOST_COPIES) return 2;
	results = shared_memory(MOST_COPIES * sizeof *results, MAP_SHARED);
	start_hearts(atoi(arguments[3]));
	if (count == 7 && !strcmp(arguments[4], "--own")) {
		own_prepare(arguments[6]);
		run_program(&(struct program){arguments[5], 0, own_run, 1}, scale, copies);
	} else
		for (int i = 4; i < count; i++) run_program(find(arguments[i]), scale, copies);
	stop_hearts();
	return 0;
}
