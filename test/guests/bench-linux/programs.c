/* The list of programs that need Linux. */
#include "system.h"

extern uint64_t syscall_run(uint64_t), page_fault_run(uint64_t), fork_run(uint64_t), exec_run(uint64_t);
extern uint64_t pipe_run(uint64_t), mmap_run(uint64_t);

const struct program system_programs[] = {
	{"syscall", 0, syscall_run, 550},
	{"page-fault", 0, page_fault_run, 20},
	{"fork", 0, fork_run, 500},
	{"exec", 0, exec_run, 72},
	{"pipe", 0, pipe_run, 42},
	{"mmap", 0, mmap_run, 50},
	{0, 0, 0, 0},
};
