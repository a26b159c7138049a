/*
 * Workloads that show how a machine scales, and what they share, under Linux and on bare metal: workers, each on a hart of its
 * own, their shares of the work, and points where they meet.
 *
 * A run has two phases, a warm-up and the one that is measured. In both, all workers start together and run the workload; the
 * state of the workload is new each time, and is checked at the end.
 */
#ifndef SCALE_H
#define SCALE_H
#include "../shared/hart.h"
#include "../shared/words.h"
#include <stdbool.h>
#include <stddef.h>

enum { MOST_WORKERS = 64, LINE = 128 };

/* What the kernel counts for a worker and for the processes that it has started and that have ended: time on a core, and switches
   because it waited for something, or had to leave its core. */
struct cost {
	uint64_t nanoseconds, voluntary, involuntary;
};

struct worker {
	/* Written by its own thread; read by worker 0 when all have met. */
	_Alignas(LINE) uint64_t operations;
	/* Of its results: taken over all workers, the sum is the same however the work is shared out. */
	uint64_t sum;
	/* The units that it does, and those that it has done are before `next`. */
	uint64_t first, next, end, stride;
	uint64_t began, ended; /* nanoseconds */
	struct cost cost;
	int number;
};

struct meeting {
	_Alignas(LINE) uint32_t come;
	_Alignas(LINE) uint32_t turn;
};

enum amount { IN_ALL, PER_WORKER, MILLISECONDS };
enum phase { WARM_UP, MEASURED, PHASES };

struct run {
	/* Written before the workers begin. */
	const struct workload *workload;
	int threads;
	enum amount kind;
	uint64_t amount;
	uint64_t limit; /* milliseconds that the measured part may take, even if there is more work; 0: any time */
	/* Written by worker 0 while the others wait; of this phase. */
	uint64_t units; /* in all; the largest number where time is the limit */
	/* Written when the time is over. */
	_Alignas(LINE) bool stopping;
	/* Written by worker 0 before a meeting, read by all after it: whether the units with an even and an odd number begin. Two,
	   since one may still be read when the next is written. */
	_Alignas(LINE) bool begins[2];
	struct meeting gate;
	/* The results. */
	uint64_t operations, nanoseconds, checksum;
	struct cost cost;
	struct worker workers[MOST_WORKERS];
};
/* In memory that all workers share, as the state of all workloads is. */
extern struct run *run;

struct workload {
	const char *name;
	/* Once, by whoever starts the workers; may be 0. */
	void (*prepare)(void);
	/* By worker 0 before each phase; may be 0. */
	void (*begin)(void);
	/* By each worker. */
	void (*work)(struct worker *worker);
	/* By worker 0 after each phase; may be 0. Checks, and returns the checksum, from the sum of all workers. */
	uint64_t (*finish)(uint64_t operations, uint64_t sum);
	/* By each worker after the last phase; may be 0. */
	void (*leave)(struct worker *worker);
	/* All workers do each unit together. */
	bool together;
};
/* The last has no name. */
extern const struct workload workloads[];
const struct workload *find_workload(const char *name);

/* Sets up a run; the workers are then started by the system's part, and each calls be_worker(). */
void prepare_run(const struct workload *workload, int threads, enum amount kind, uint64_t amount, uint64_t limit);
/* Whether all work was done; otherwise the time was over before. */
bool all_done(void);
void be_worker(int number);

/* ---- what the system's part provides ---- */
/* Zero, aligned to pages, and never freed. */
void *shared_memory(size_t bytes);
/* Sets run->stopping after so many nanoseconds; with 0 no longer. */
void stop_after(uint64_t nanoseconds);
/* Nanoseconds. */
uint64_t now(void);
/* Says at once, for whoever watches from outside, that the measured part "begins" or "ends". */
void tell(const char *what);
/* Of the worker that calls it; zeros where no kernel counts. */
struct cost cost_so_far(void);
/* Lets other threads have the hart. */
void yield_hart(void);
/* Ends the run with an explanation. */
void broken(const char *what) __attribute__((noreturn));

/* ---- units ---- */
/* Takes the next unit of a worker's own share, and counts an operation. Returns false when there is none. */
static inline bool next_unit(struct worker *worker, uint64_t *unit)
{
	/* Orders nothing: a unit more or less makes no difference. */
	if (worker->next >= worker->end || __atomic_load_n(&run->stopping, __ATOMIC_RELAXED)) return false;
	*unit = worker->next;
	worker->next += worker->stride;
	worker->operations++;
	return true;
}

/* The next unit that all workers do together; they meet before it. Worker 0 counts it. */
bool next_together(struct worker *worker, uint64_t *unit);
/* What a worker does of so many parts of a unit. */
uint64_t first_part(const struct worker *worker, uint64_t parts);
uint64_t end_of_parts(const struct worker *worker, uint64_t parts);

/* Waits for all workers. What each did before is seen by all after. */
void meet_all(void);
/* In a loop that waits: where threads are more than harts, what it waits for needs the hart. */
static inline void wait_a_little(uint32_t looks)
{
	enum { LOOKS_BEFORE_YIELD = 1024 };
	pause_hart();
	if (looks % LOOKS_BEFORE_YIELD == LOOKS_BEFORE_YIELD - 1) yield_hart();
}
#endif
