/* The list. Each program's own file says what it does; scripts/bench/programs.ts has the same names, in groups. */
#include "bench.h"

#define WITH_PREPARATION(name) extern void name##_prepare(void); extern uint64_t name##_run(uint64_t rounds);
#define CHASE(name) extern void chase_##name##_prepare(void);
extern uint64_t chase_run(uint64_t rounds);
extern uint64_t sieve_run(uint64_t), sort_run(uint64_t), interpreter_run(uint64_t), recursion_run(uint64_t);
extern uint64_t indirect_run(uint64_t), nbody_run(uint64_t), mandelbrot_run(uint64_t), hash_table_run(uint64_t);
WITH_PREPARATION(crc32)
WITH_PREPARATION(sha256)
WITH_PREPARATION(matrix)
WITH_PREPARATION(search)
WITH_PREPARATION(double_matrix)
WITH_PREPARATION(fft)
WITH_PREPARATION(copy)
WITH_PREPARATION(triad)
CHASE(4k)
CHASE(64k)
CHASE(1m)
CHASE(16m)
CHASE(256m)

const struct program programs[] = {
	{"sieve", 0, sieve_run, 60},
	{"sort", 0, sort_run, 55},
	{"crc32", crc32_prepare, crc32_run, 480},
	{"sha256", sha256_prepare, sha256_run, 480},
	{"matrix", matrix_prepare, matrix_run, 220},
	{"hash-table", 0, hash_table_run, 290},
	{"search", search_prepare, search_run, 40},
	{"interpreter", 0, interpreter_run, 120},
	{"recursion", 0, recursion_run, 90},
	{"indirect", 0, indirect_run, 520},
	{"n-body", 0, nbody_run, 480},
	{"double-matrix", double_matrix_prepare, double_matrix_run, 220},
	{"fft", fft_prepare, fft_run, 500},
	{"mandelbrot", 0, mandelbrot_run, 50},
	{"copy", copy_prepare, copy_run, 520},
	{"triad", triad_prepare, triad_run, 90},
	{"chase-4k", chase_4k_prepare, chase_run, 3000},
	{"chase-64k", chase_64k_prepare, chase_run, 1600},
	{"chase-1m", chase_1m_prepare, chase_run, 900},
	{"chase-16m", chase_16m_prepare, chase_run, 36},
	{"chase-256m", chase_256m_prepare, chase_run, 30},
	{0, 0, 0, 0},
};
