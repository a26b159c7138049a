/* The programs that need Linux, and what they share. */
#ifndef SYSTEM_H
#define SYSTEM_H
#include "../bench/bench.h"

extern const struct program system_programs[];

/* Ends this process with an explanation. */
void fail(const char *what) __attribute__((noreturn));
/* fail() when result is negative; returns it otherwise. */
long must(long result, const char *what);
/* Waits for a child, or for any (-1). fail() when it did not end with 0. */
void join_child(int child);
/* Keeps this thread on a hart; on a machine with fewer harts, on the one with that number modulo theirs. */
void pin(int hart);
/* A child that ends at once after an exec of this binary has this as its only argument. */
#define NOTHING "nothing"
/* A child that compiles for batch.c has this as its first argument, then the names of a source file and of the object. */
#define COMPILE "compile"
int compile_source(const char *source, const char *object);

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
