/* What the kernel's parts share. */
#ifndef KERNEL_H
#define KERNEL_H

#define MAXIMUM_HARTS 8
#define STACK_BYTES 8192
/* Where a program's code and stack are mapped, in every process. */
#define USER_CODE 0x1000000000
#define USER_STACK 0x1000200000
#define PAGE_BYTES 4096
/* struct frame, below: x1 … x31, then the program counter; and what run_process() keeps. */
#define FRAME_PC 0
#define FRAME_HART 256

#define CALL_PUT 1
#define CALL_YIELD 2
#define CALL_EXIT 3

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A process's registers while it does not run. */
struct frame {
	union {
		uint64_t pc; /* x0's place */
		uint64_t x[32];
	};
	uint64_t kernel_stack;
};
/* Runs the process until it traps into the kernel. */
void run_process(struct frame *frame);

#define KINDS 4
/* Programs of one page at most, between these labels; see programs.S. */
extern const uint8_t programs[], programs_end[];

#define read_csr(name) ({ uint64_t value_; __asm__ volatile("csrr %0, " #name : "=r"(value_)::"memory"); value_; })
#define write_csr(name, value) __asm__ volatile("csrw " #name ", %0" ::"rK"((uint64_t)(value)) : "memory")
static inline uint64_t this_hart(void)
{
	register uint64_t hart __asm__("tp");
	return hart;
}
#endif
#endif
