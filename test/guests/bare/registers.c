/*
 * Device registers under AMO, LR and SC; and mtime, which is written whole and in halves, with the interrupts of both timers.
 * What is printed does not depend on how long anything takes, within a minute.
 */
#include "bare.h"

#define PRIORITY (*(volatile uint32_t *)0xc000028)
#define ENABLED ((volatile uint32_t *)0xc002000)
#define MSIP ((volatile uint32_t *)0x2000000)
#define MTIMECMP ((volatile uint64_t *)0x2004000)
#define MTIME ((volatile uint64_t *)0x200bff8)
#define MTIME_LOW ((volatile uint32_t *)0x200bff8)
#define MTIME_HIGH ((volatile uint32_t *)0x200bffc)
#define MODEM_CONTROL ((volatile uint8_t *)0x10000004)
enum { MTIP = 0x80, STIP = 0x20 };
#define MINUTE 600000000UL

static uint64_t read_mip(void)
{
	uint64_t mip;
	__asm__ volatile("csrr %0, mip" : "=r"(mip)::"memory");
	return mip;
}

/* Prints: what is tried, the exception's cause or 0, the result, what the register holds afterwards. */
#define TRY(text, instruction, at, value, after) \
	do { \
		uint64_t result_ = 0, cause_ = 0; \
		trapped = 0; \
		__asm__ volatile(instruction : "+r"(result_) : "r"(at), "r"((uint64_t)(value)) : "memory"); \
		if (trapped) __asm__ volatile("csrr %0, mcause" : "=r"(cause_)); \
		print(text ":"); \
		column(cause_); \
		column(result_); \
		column(after); \
		put('\n'); \
	} while (0)
#define AMO(name, at, value, after) TRY(#name, #name " %0, %2, (%1)", at, value, after)

static void try_words(void)
{
	AMO(amoswap.w, ENABLED, 0x80000402, *ENABLED);
	AMO(amoor.w, ENABLED, 0x30, *ENABLED);
	AMO(amoand.w, ENABLED, ~0x400UL, *ENABLED);
	AMO(amoxor.w, ENABLED, 0x80000006, *ENABLED);
	AMO(amoadd.w, ENABLED, 0xfffffff0, *ENABLED);
	AMO(amomin.w, ENABLED, 0x80000010, *ENABLED);
	AMO(amomax.w, ENABLED, 0x44, *ENABLED);
	AMO(amominu.w, ENABLED, 0x22, *ENABLED);
	AMO(amomaxu.w, ENABLED, 0x80000100, *ENABLED);
	TRY("amoadd.w of a priority of three bits", "amoadd.w %0, %2, (%1)", &PRIORITY, 6, PRIORITY);
	TRY("amoadd.w of a priority, over its bits", "amoadd.w %0, %2, (%1)", &PRIORITY, 6, PRIORITY);
	TRY("amoswap.w of msip", "amoswap.w %0, %2, (%1)", MSIP, 3, read_mip() & 8);
	TRY("amoand.w of msip", "amoand.w %0, %2, (%1)", MSIP, 0, read_mip() & 8);
	*MODEM_CONTROL = 1;
	TRY("amoor.w of a register of a byte", "amoor.w %0, %2, (%1)", MODEM_CONTROL, 0x42, *MODEM_CONTROL);
	TRY("lr.w", "lr.w %0, (%1)", ENABLED, 0, *ENABLED);
	TRY("sc.w", "sc.w %0, %2, (%1)", ENABLED, 0x102, *ENABLED);
	TRY("sc.w again", "sc.w %0, %2, (%1)", ENABLED, 0x104, *ENABLED);
	TRY("lr.w and sc.w", "lr.w %0, (%1)\n sc.w %0, %2, (%1)", ENABLED, 0x108, *ENABLED);
	TRY("lr.w, another value, sc.w", "lr.w %0, (%1)\n sw zero, (%1)\n sc.w %0, %2, (%1)", ENABLED, 0x110, *ENABLED);
	TRY("lr.w, the next register, sc.w", "lr.w %0, (%1)\n addi %1, %1, 4\n sc.w %0, %2, (%1)", ENABLED, 0x110, ENABLED[1]);
}

static void try_comparator(void)
{
	AMO(amoswap.d, MTIMECMP, ~0UL, *MTIMECMP);
	AMO(amoand.d, MTIMECMP, 0xfffffff00000000f, *MTIMECMP);
	AMO(amoor.d, MTIMECMP, 0xff000000, *MTIMECMP);
	AMO(amoxor.d, MTIMECMP, 1UL << 63, *MTIMECMP);
	AMO(amoadd.d, MTIMECMP, 0x1000000, *MTIMECMP);
	AMO(amomin.d, MTIMECMP, 1UL << 63, *MTIMECMP);
	AMO(amomax.d, MTIMECMP, 1UL << 62, *MTIMECMP);
	AMO(amominu.d, MTIMECMP, ~0UL, *MTIMECMP);
	AMO(amomaxu.d, MTIMECMP, 1UL << 63, *MTIMECMP);
	TRY("amoswap.w of its upper half", "amoswap.w %0, %2, (%1)", 0x2004004, 0x12345678, *MTIMECMP);
	TRY("lr.d and sc.d", "lr.d %0, (%1)\n sc.d %0, %2, (%1)", MTIMECMP, ~1UL, *MTIMECMP);
}

/* Prints how many minutes mtime and the CSR time have gone on from `from`: 0. */
static void went_on(const char *text, uint64_t from)
{
	uint64_t time;
	__asm__ volatile("csrr %0, time" : "=r"(time));
	print(text);
	put(':');
	column((*MTIME - from) / MINUTE);
	column((time - from) / MINUTE);
	column((*MTIME_LOW - (uint32_t)from) / MINUTE);
	column((*MTIME_HIGH - (uint32_t)(from >> 32)) / 2);
	put('\n');
}

static void pending(const char *text, uint64_t bits)
{
	print(text);
	put(':');
	column(read_mip() & bits);
	put('\n');
}

static void try_mtime(void)
{
	*MTIME = 0;
	went_on("mtime = 0", 0);
	*MTIME = 1UL << 32;
	went_on("mtime = 2^32", 1UL << 32);
	*MTIME_HIGH = 7;
	went_on("its upper half = 7", 7UL << 32);
	*MTIME_LOW = 0x80000000;
	went_on("its lower half = 2^31", 7UL << 32 | 0x80000000);
	*MTIME = 0x8000000012345678;
	went_on("mtime beyond 2^63", 0x8000000012345678);
	*MTIME = -1UL;
	went_on("mtime = 2^64 - 1 goes on from 0", -1UL);
	*MTIME = 0;
	__asm__ volatile("amoswap.d zero, %1, (%0)" ::"r"(MTIME), "r"(5UL << 40) : "memory");
	went_on("amoswap.d", 5UL << 40);

	*MTIMECMP = 6UL << 40;
	pending("a comparator in the future", MTIP);
	*MTIMECMP = 4UL << 40;
	pending("one in the past", MTIP);
	*MTIME = 0;
	pending("mtime before it", MTIP);
	*MTIME = 4UL << 40;
	pending("mtime at it", MTIP);
	*MTIME_HIGH = 0;
	pending("the upper half before it", MTIP);
	*MTIMECMP = 0xffffffff;
	*MTIME = 0;
	*MTIME_LOW = 0xffffffff;
	pending("the lower half at it", MTIP);
	*MTIMECMP = -1UL;
	pending("never", MTIP);
	*MTIME = 0;
	*MTIMECMP = 100000; /* 10 ms */
	while (!(read_mip() & MTIP));
	pending("waited for it", MTIP);
	*MTIME = 3UL << 40;
	*MTIMECMP = (3UL << 40) + 100000;
	uint64_t slept = *MTIME;
	__asm__ volatile("csrw mie, %0\n wfi\n csrw mie, zero" ::"r"((uint64_t)MTIP));
	slept = *MTIME - slept;
	pending("slept until it", MTIP);
	print("for a minute or more:");
	column(slept / MINUTE);
	put('\n');
	*MTIMECMP = -1UL;
}

void run_all(void)
{
	__asm__ volatile("csrw mtvec, %0" ::"r"(on_trap));
	__asm__ volatile("csrw mie, zero");
	pending("after the reset", MTIP);
	try_words();
	try_comparator();
	try_mtime();
	finish();
}
