/* The list. Each program's own file says what it does; src/bench/programs.ts has the same names, in groups. */
#include "bench.h"

#define WITH_PREPARATION(name) extern void name##_prepare(void); extern uint64_t name##_run(uint64_t rounds);
#define SIZE(name) extern void chase_##name##_prepare(void), pages_##name##_prepare(void);
extern uint64_t chase_run(uint64_t rounds), pages_run(uint64_t rounds);
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
WITH_PREPARATION(copy_8)
WITH_PREPARATION(strings)
WITH_PREPARATION(regex)
WITH_PREPARATION(compress)
WITH_PREPARATION(forth)
extern uint64_t fibonacci_run(uint64_t), division_run(uint64_t), records_run(uint64_t), allocator_run(uint64_t);
extern uint64_t amo_run(uint64_t), lr_sc_run(uint64_t);
SIZE(4k)
SIZE(16k)
SIZE(64k)
SIZE(256k)
SIZE(1m)
SIZE(4m)
SIZE(16m)
SIZE(64m)
SIZE(256m)

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
	{"fibonacci", 0, fibonacci_run, 60},
	{"division", 0, division_run, 120},
	{"records", 0, records_run, 130},
	{"strings", strings_prepare, strings_run, 1000},
	{"regex", regex_prepare, regex_run, 650},
	{"compress", compress_prepare, compress_run, 70},
	{"allocator", 0, allocator_run, 830},
	{"forth", forth_prepare, forth_run, 46},
	{"n-body", 0, nbody_run, 480},
	{"double-matrix", double_matrix_prepare, double_matrix_run, 220},
	{"fft", fft_prepare, fft_run, 500},
	{"mandelbrot", 0, mandelbrot_run, 50},
	{"copy", copy_prepare, copy_run, 520},
	{"copy-8", copy_8_prepare, copy_8_run, 14000},
	{"triad", triad_prepare, triad_run, 90},
	{"chase-4k", chase_4k_prepare, chase_run, 3000},
	{"chase-64k", chase_64k_prepare, chase_run, 1600},
	{"chase-1m", chase_1m_prepare, chase_run, 900},
	{"chase-16m", chase_16m_prepare, chase_run, 36},
	{"chase-256m", chase_256m_prepare, chase_run, 30},
	{"amo", 0, amo_run, 1200},
	{"lr-sc", 0, lr_sc_run, 1000},
	{"chase-16k", chase_16k_prepare, chase_run, 2600},
	{"chase-256k", chase_256k_prepare, chase_run, 1400},
	{"chase-4m", chase_4m_prepare, chase_run, 320},
	{"chase-64m", chase_64m_prepare, chase_run, 36},
	{"pages-4k", pages_4k_prepare, pages_run, 2600},
	{"pages-16k", pages_16k_prepare, pages_run, 2600},
	{"pages-64k", pages_64k_prepare, pages_run, 2600},
	{"pages-256k", pages_256k_prepare, pages_run, 2600},
	{"pages-1m", pages_1m_prepare, pages_run, 1600},
	{"pages-4m", pages_4m_prepare, pages_run, 800},
	{"pages-16m", pages_16m_prepare, pages_run, 450},
	{"pages-64m", pages_64m_prepare, pages_run, 100},
	{"pages-256m", pages_256m_prepare, pages_run, 17},
	{0, 0, 0, 0},
};
