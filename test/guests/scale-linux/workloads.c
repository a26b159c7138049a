/* The list of workloads; src/bench/scale/workloads.ts says what each is for. */
#include "../scale/common.h"

extern void prepare_futex(void), begin_futex(void), work_futex(struct worker *);
extern uint64_t finish_futex(uint64_t, uint64_t);
extern void prepare_rcu(void), prepare_rwlock(void), begin_reading(void);
extern void work_rcu(struct worker *), work_rwlock(struct worker *);
extern uint64_t finish_reading(uint64_t, uint64_t);
extern void work_mmap(struct worker *), work_page_fault(struct worker *), work_shootdown(struct worker *);
extern void work_fork_exec(struct worker *), work_pipe(struct worker *), leave_pipe(struct worker *);
extern void prepare_batch(void), work_batch(struct worker *);

const struct workload workloads[] = {
	COMMON_WORKLOADS,
	{"count-futex", prepare_futex, begin_futex, work_futex, finish_futex, 0, false},
	{"read-rcu", prepare_rcu, begin_reading, work_rcu, finish_reading, 0, false},
	{"read-rwlock", prepare_rwlock, begin_reading, work_rwlock, finish_reading, 0, false},
	{"mmap", 0, 0, work_mmap, 0, 0, false},
	{"page-fault", 0, 0, work_page_fault, 0, 0, false},
	{"shootdown", 0, 0, work_shootdown, 0, 0, false},
	{"fork-exec", 0, 0, work_fork_exec, 0, 0, false},
	{"pipe", 0, 0, work_pipe, 0, leave_pipe, false},
	{"batch", prepare_batch, 0, work_batch, 0, 0, false},
	{0, 0, 0, 0, 0, 0, false},
};
