/* The programs that need Linux, and what they share. */
#ifndef SYSTEM_H
#define SYSTEM_H
#include "../bench/bench.h"

extern const struct program system_programs[];

/* Ends this process with an explanation. */
void fail(const char *what) __attribute__((noreturn));
/* fail() when result is negative; returns it otherwise. */
long must(long result, const char *what);
/* Waits for a child. fail() when it did not end with 0. */
void join_child(int child);
/* A child that ends at once after an exec of this binary has this as its only argument. */
#define NOTHING "nothing"

/* Prepares own_run: runs an ELF file, round by round, and sums up what it prints. */
void own_prepare(const char *path);
uint64_t own_run(uint64_t rounds);
#endif
