/* What the guest programs share: output, harts, traps, Sv39 tables. S-mode over any SBI. */
#ifndef RUNTIME_H
#define RUNTIME_H

#define MAXIMUM_HARTS 64
#define STACK_BYTES 16384
#define PAGE_BYTES 4096
#define SSTATUS_SIE 0x2
#define SSTATUS_SPIE 0x20
#define SSTATUS_SPP 0x100
#define SSTATUS_FS_INITIAL 0x2000
#define SSTATUS_SUM 0x40000
#define SSTATUS_MXR 0x80000

#define TRAP_FRAME_STATUS 256
#define TRAP_FRAME_CAUSE 264
#define TRAP_FRAME_VALUE 272
#define TRAP_FRAME_BYTES 288

#ifndef __ASSEMBLER__
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- a trap, as trap_vector in start.S saves it ---- */
struct trap_frame {
	union {
		uint64_t pc; /* x0's place */
		uint64_t x[32];
	};
	uint64_t status, cause, value, unused;
};
typedef void trap_handler(struct trap_frame *frame);
/* A trap that comes without a handler fails the program and says where it came from. */
void set_trap_handler(trap_handler *handler);

/* ---- output and the end ---- */
/* %s %d %u %x (64-bit), %c. One line goes out in one piece. */
void print(const char *format, ...);
/* Prints "PASS what" or "FAIL what"; fails are counted. */
void check(bool holds, const char *what);
/* Like check, and shows both numbers when they differ. */
void check_equal(uint64_t got, uint64_t want, const char *what);
/* Ends through the SiFive test finisher: exit code 0 when no check failed, else 1. */
void finish(const char *program) __attribute__((noreturn));
void finish_with(uint32_t code) __attribute__((noreturn));

/* ---- SBI ---- */
struct sbi_result {
	long error;
	long value;
};
struct sbi_result sbi_call(long extension, long function, long a0, long a1, long a2, long a3, long a4);
enum {
	SBI_BASE = 0x10,
	SBI_TIME = 0x54494d45,
	SBI_IPI = 0x735049,
	SBI_RFENCE = 0x52464e43,
	SBI_HSM = 0x48534d,
	SBI_SRST = 0x53525354,
	SBI_DBCN = 0x4442434e,
	SBI_LEGACY_PUTCHAR = 1,
};
enum { RFENCE_FENCE_I, RFENCE_SFENCE_VMA, RFENCE_SFENCE_VMA_ASID };

/* ---- harts: index 0 … hart_count() − 1 is the hart id ---- */
int hart_count(void);
static inline int this_hart(void)
{
	register long id __asm__("tp");
	return (int)id;
}
typedef void hart_function(int hart);
/* Runs function on every hart, this one too; returns when all have returned from it and stopped. */
void on_all_harts(hart_function *function);
/* Waits until all harts that on_all_harts started have come here. */
void meet(void);
static inline void pause(void) { __asm__ volatile(".word 0x0100000f" ::: "memory"); }

struct lock {
	int held;
};
void acquire(struct lock *lock);
void release(struct lock *lock);

/* ---- Sv39 ---- */
enum { PTE_V = 1, PTE_R = 2, PTE_W = 4, PTE_X = 8, PTE_U = 16, PTE_G = 32, PTE_A = 64, PTE_D = 128 };
#define PTE_RW_SET (PTE_V | PTE_R | PTE_W | PTE_A | PTE_D)
typedef uint64_t page_table[512] __attribute__((aligned(PAGE_BYTES)));
static inline uint64_t pte_to(const void *page, uint64_t flags) { return (uint64_t)page >> 12 << 10 | flags; }
/* Fills root so that devices and RAM (the first 4 GiB) are mapped to themselves, for S-mode only. */
void map_identity(uint64_t *root);
/* Turns Sv39 on for this hart; root 0 turns it off. */
void set_root(const uint64_t *root);
static inline void fence_all(void) { __asm__ volatile("sfence.vma" ::: "memory"); }
static inline void fence_page(const volatile void *gva) { __asm__ volatile("sfence.vma %0, zero" ::"r"(gva) : "memory"); }

/* ---- CSRs and small things ---- */
#define read_csr(name) ({ uint64_t value_; __asm__ volatile("csrr %0, " #name : "=r"(value_)::"memory"); value_; })
#define write_csr(name, value) __asm__ volatile("csrw " #name ", %0" ::"rK"((uint64_t)(value)) : "memory")
#define set_csr(name, bits) __asm__ volatile("csrs " #name ", %0" ::"rK"((uint64_t)(bits)) : "memory")
#define clear_csr(name, bits) __asm__ volatile("csrc " #name ", %0" ::"rK"((uint64_t)(bits)) : "memory")
static inline uint64_t ticks(void) { return read_csr(time); }
static inline void fence_i(void) { __asm__ volatile("fence.i" ::: "memory"); }
/* xorshift64: the state must not be 0. */
static inline uint64_t next_random(uint64_t *state)
{
	uint64_t x = *state;
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return *state = x;
}

int main(int boot_hart);
#endif
#endif
