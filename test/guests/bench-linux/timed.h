/*
 * Programs that run for a while, not so many rounds: what they do takes a thousand times as long when harts wait for one
 * another. Each prints "timed NAME THREADS threads, OPERATIONS operations, NANOSECONDS ns" once or more often. What they
 * did is checked; a program whose check fails ends with another exit code than 0.
 */
#ifndef TIMED_H
#define TIMED_H
#include "system.h"
#include <pthread.h>
#include <stdbool.h>

struct timed_program {
	const char *name;
	void (*run)(void);
};
/* The last has no name. */
extern const struct timed_program timed_programs[];

/* Runs them in turn, each in a process of its own, for so many milliseconds after half as many, which are not counted. */
void run_timed(uint64_t milliseconds, char **names);

/* ---- a program in one thread ---- */
/* Until the time has passed, and at least `fewest` times. */
void time_operation(const char *name, uint64_t fewest, void (*operation)(void));

/* ---- a program in threads ---- */
struct worker {
	/* Written by its own thread, read by the one that measures. */
	_Alignas(128) uint64_t operations;
	int number;
	pthread_t thread;
	void (*body)(struct worker *worker);
};
enum { MOST_WORKERS = 64 };
extern struct worker workers[MOST_WORKERS];
extern bool stopping;

/* Counts an operation. Returns whether the thread goes on. */
static inline bool next_operation(struct worker *worker)
{
	__atomic_store_n(&worker->operations, worker->operations + 1, __ATOMIC_RELAXED);
	return !__atomic_load_n(&stopping, __ATOMIC_RELAXED);
}

/* A figure about workers `first` to `first + count - 1`. */
struct figure {
	const char *name;
	int first, count;
};
/* Starts one thread after the other, each pinned to the hart with its number while there are enough; measures; joins them. */
void time_workers(int count, void (*const bodies[])(struct worker *), const struct figure *figures, int figure_count);
/* The same body in all threads, one figure. */
void time_alike(const char *name, int count, void (*body)(struct worker *));

#endif
