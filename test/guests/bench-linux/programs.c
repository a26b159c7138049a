/* The list of programs that need Linux. */
#include "system.h"

extern uint64_t syscall_run(uint64_t), page_fault_run(uint64_t), fork_run(uint64_t), exec_run(uint64_t);
extern uint64_t pipe_run(uint64_t), mmap_2_run(uint64_t), mmap_4_run(uint64_t), mprotect_2_run(uint64_t);
extern uint64_t mprotect_4_run(uint64_t), futex_run(uint64_t), processes_12_run(uint64_t), processes_24_run(uint64_t);
extern void batch_prepare(void);
extern uint64_t files_run(uint64_t), batch_run(uint64_t);

const struct program system_programs[] = {
	{"syscall", 0, syscall_run, 550},
	{"page-fault", 0, page_fault_run, 20},
	{"fork", 0, fork_run, 500},
	{"exec", 0, exec_run, 72},
	{"pipe", 0, pipe_run, 42},
	{"mmap", 0, mmap_run, 50},
	{"mprotect", 0, mprotect_run, 100},
	{"mmap-2", 0, mmap_2_run, 20},
	{"mmap-4", 0, mmap_4_run, 2},
	{"mprotect-2", 0, mprotect_2_run, 40},
	{"mprotect-4", 0, mprotect_4_run, 1},
	{"futex", 0, futex_run, 120},
	{"processes-12", 0, processes_12_run, 60},
	{"processes-24", 0, processes_24_run, 60},
	{"files", scratch_prepare, files_run, 36},
	{"batch", batch_prepare, batch_run, 6},
	{0, 0, 0, 0},
};
