/* The programs that need Linux, and what they share. */
#ifndef SYSTEM_H
#define SYSTEM_H
#include "../bench/bench.h"
#include "../linux/process.h"

extern const struct program system_programs[];

/* A file system in memory, of the calling process and its children alone. */
#define SCRATCH "/scratch"
void scratch_prepare(void);

/* Those that other programs run in threads. */
uint64_t mmap_run(uint64_t rounds);
uint64_t mprotect_run(uint64_t rounds);

/* Prepares own_run: runs an ELF file, round by round, and sums up what it prints. */
void own_prepare(const char *path);
uint64_t own_run(uint64_t rounds);
#endif
