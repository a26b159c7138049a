/* Processes, threads and time under Linux. */
#ifndef PROCESS_H
#define PROCESS_H
#include <stdint.h>

/* Ends this process with an explanation. */
void fail(const char *what) __attribute__((noreturn));
/* fail() when result is negative; returns it otherwise. */
long must(long result, const char *what);
/* Waits for a child, or for any (-1). fail() when it did not end with 0. */
void join_child(int child);
/* Keeps this thread on a hart; on a machine with fewer harts, on the one with that number modulo theirs. Counted are
   those that this program may run on. */
void pin(int hart);
int hart_count(void);
/* In nanoseconds. */
uint64_t now(void);
/* A child that ends at once after an exec of this binary has this as its only argument. */
#define NOTHING "nothing"
/* Becomes such a child. */
void become_nothing(void) __attribute__((noreturn));
#endif
