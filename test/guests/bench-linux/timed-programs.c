/* The list of programs that run for a time; scripts/bench/smp/programs.ts has the figures that they print. */
#include "timed.h"

extern void timed_mmap(void), timed_mmap_2(void), timed_mmap_4(void);
extern void timed_mprotect(void), timed_mprotect_2(void), timed_mprotect_4(void);
extern void timed_compute(void), timed_compute_fenced(void), timed_compute_storm(void);
extern void timed_pipe(void), timed_pipe_apart(void), timed_futex(void), timed_futex_apart(void);
extern void timed_fork(void), timed_exec(void), timed_compress(void);
extern void timed_amo(void), timed_lr_sc(void), timed_ticket(void), timed_mcs(void), timed_mutex(void);

const struct timed_program timed_programs[] = {
	{"mmap", timed_mmap},
	{"mmap-2", timed_mmap_2},
	{"mmap-4", timed_mmap_4},
	{"mprotect", timed_mprotect},
	{"mprotect-2", timed_mprotect_2},
	{"mprotect-4", timed_mprotect_4},
	{"compute", timed_compute},
	{"compute-fenced", timed_compute_fenced},
	{"compute-storm", timed_compute_storm},
	{"pipe", timed_pipe},
	{"pipe-apart", timed_pipe_apart},
	{"futex", timed_futex},
	{"futex-apart", timed_futex_apart},
	{"fork", timed_fork},
	{"exec", timed_exec},
	{"compress-16", timed_compress},
	{"amo", timed_amo},
	{"lr-sc", timed_lr_sc},
	{"ticket-lock", timed_ticket},
	{"mcs-lock", timed_mcs},
	{"mutex", timed_mutex},
	{0, 0},
};
