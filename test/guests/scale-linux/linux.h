/* What the workloads that need Linux share. */
#ifndef LINUX_H
#define LINUX_H
#include "../linux/process.h"
#include "../scale/scale.h"

/* Whether the workers are processes of their own, which share no more than shared_memory(). */
extern bool in_processes;
/* Fails unless a pthread function returned 0. */
void must_be_zero(int result, const char *what);
#endif
