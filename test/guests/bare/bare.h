/*
 * Guests without the runtime: they start in M-mode at the start of RAM (-bios none), print on the UART, and end through the
 * test finisher. Included once by each.
 */
#pragma once
#include <stdint.h>

#define UART ((volatile uint8_t *)0x10000000)
enum { TRANSMIT = 0, LINE_STATUS = 5, ROOM = 0x20 };
#define FINISHER (*(volatile uint32_t *)0x100000)
#define PASS 0x5555

static inline void put(char letter)
{
	while (!(UART[LINE_STATUS] & ROOM));
	UART[TRANSMIT] = (uint8_t)letter;
}

static inline void print(const char *text)
{
	while (*text) put(*text++);
}

static inline void print_hex(uint64_t value, int least)
{
	for (int digit = 15; digit >= 0; digit--)
		if (digit < least || value >> (4 * digit)) put("0123456789abcdef"[value >> (4 * digit) & 15]);
}

static inline void column(uint64_t value)
{
	put(' ');
	print_hex(value, 1);
}

/* mtvec: a trap is noted, and goes on behind the instruction, which is a 32-bit one. */
__asm__(".balign 4\n"
	"on_trap: csrrw t0, mscratch, t0\n"
	"csrr t0, mepc\n addi t0, t0, 4\n csrw mepc, t0\n"
	"la t0, trapped\n sd t0, (t0)\n"
	"csrrw t0, mscratch, t0\n mret\n");
extern char on_trap[];
/* Not 0 after a trap. */
volatile uint64_t trapped;

static inline void finish(void)
{
	FINISHER = PASS;
	for (;;) __asm__ volatile("wfi");
}

void run_all(void);

__asm__(".section .text.start, \"ax\"\n .globl _start\n"
	"_start: csrr t0, mhartid\n 1: bnez t0, 1b\n"
	"la t0, bss_start\n la t1, bss_end\n"
	"2: sd zero, (t0)\n addi t0, t0, 8\n bltu t0, t1, 2b\n"
	"la sp, stack_end\n call run_all\n");
