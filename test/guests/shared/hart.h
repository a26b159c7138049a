/* What each architecture has an instruction of its own for. The programs for RISC-V compile for the host, too. */
#ifndef HART_H
#define HART_H
#include <stdint.h>

/* For a loop that waits. */
static inline void pause_hart(void)
{
#if defined(__riscv)
	__asm__ volatile(".word 0x0100000f" ::: "memory");
#elif defined(__x86_64__)
	__asm__ volatile("pause" ::: "memory");
#elif defined(__aarch64__)
	__asm__ volatile("isb" ::: "memory"); /* yield does nothing on most cores */
#else
#error "Expected RISC-V, x86-64 or arm64"
#endif
}

static inline void count_by_amo(uint64_t *counter) { __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED); }

/* By a load, an addition, and a store that another hart's store makes fail. */
static inline void count_by_lr_sc(uint64_t *counter)
{
#if defined(__riscv)
	uint64_t value, failed;
	__asm__ volatile("1: lr.d %0, (%2)\n\taddi %0, %0, 1\n\tsc.d %1, %0, (%2)\n\tbnez %1, 1b"
			 : "=&r"(value), "=&r"(failed)
			 : "r"(counter)
			 : "memory");
#else
	uint64_t value = __atomic_load_n(counter, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(counter, &value, value + 1, 1, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
#endif
}

/* A product as a double of its own: the compiler does not fuse it with an addition, which would round otherwise. */
static inline double rounded(double product)
{
#if defined(__riscv)
	__asm__("" : "+f"(product));
#elif defined(__x86_64__)
	__asm__("" : "+x"(product));
#elif defined(__aarch64__)
	__asm__("" : "+w"(product));
#endif
	return product;
}
#endif
