/* Code that runs in U-mode, and the way back from there. */
#ifndef USER_H
#define USER_H
#include "runtime.h"

enum { CALL_FROM_USER = 8 };

/* Runs code that ends with ecall in U-mode; a0 is its argument and its result. Interrupts that sie lets through are taken there. The
   program's trap handler calls ends_user(). */
static inline uint64_t as_user(uint64_t code, uint64_t argument)
{
	register uint64_t a0 __asm__("a0") = argument;
	__asm__ volatile("la t0, 1f\n csrw sscratch, t0\n csrw sepc, %1\n li t0, %2\n csrc sstatus, t0\n sret\n1:"
			 : "+r"(a0) : "r"(code), "i"(SSTATUS_SPP | SSTATUS_SPIE) : "t0", "memory");
	return a0;
}

/* Whether the trap is the ecall at the end of as_user(); then the handler's return leads behind that. */
static inline bool ends_user(struct trap_frame *trap)
{
	if (trap->cause != CALL_FROM_USER) return false;
	trap->pc = read_csr(sscratch);
	trap->status |= SSTATUS_SPP;
	return true;
}
#endif
