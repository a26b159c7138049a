/* What the workloads on bare metal share: one address space of all harts, with pages of 4 KiB. */
#ifndef BARE_H
#define BARE_H
#include "../runtime/runtime.h"
#include "../scale/scale.h"

/* The entry that maps a page of RAM to itself. */
volatile uint64_t *pte_of(const volatile void *page);
#endif
