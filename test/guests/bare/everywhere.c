/*
 * Loads, stores, atomics and jumps everywhere in the physical address space, from M-mode; page tables, and pages, where no RAM is;
 * timers at their extremes. Prints what each gave: - for done, or the exception's cause, with @ and the distance where
 * mtval is not the address. For 64 MiB of RAM. (No jump to the last halfword of RAM with the first half of a 32-bit instruction
 * in it: QEMU 7.2 itself ends there, by an assertion.) Privileged spec, "Physical Memory Attributes".
 */
#include "bare.h"

#define RAM_END 0x84000000UL
#define ALIAS(bit) (1UL << (bit))
#define SUPERVISOR (1UL << 11)
#define MACHINE (3UL << 11)
#define MPRV (1UL << 17)
#define STCE (1UL << 63)
#define MTIMECMP (*(volatile uint64_t *)0x2004000)
enum { PTE_V = 1, PTE_LEAF = 0xcf, MTIP = 1 << 7, STIP = 1 << 5, SV39 = 8, SV57 = 10 };

/* The last trap; `landing`: where to go on, or 0 for behind the instruction, a 32-bit one. mscratch points here. */
static volatile struct {
	uint64_t saved, cause, value, pc, landing;
} trap;
#define NONE (~0UL)
__asm__(".balign 4\n"
	"on_any_trap: csrrw t0, mscratch, t0\n sd t1, 0(t0)\n"
	"csrr t1, mcause\n sd t1, 8(t0)\n csrr t1, mtval\n sd t1, 16(t0)\n csrr t1, mepc\n sd t1, 24(t0)\n"
	"addi t1, t1, 4\n csrw mepc, t1\n ld t1, 32(t0)\n beqz t1, 1f\n csrw mepc, t1\n"
	"1: li t1, 0x1800\n csrs mstatus, t1\n ld t1, 0(t0)\n csrrw t0, mscratch, t0\n mret\n");
extern char on_any_trap[];

#define TRY(instruction, at) __asm__ volatile(".option push\n .option norvc\n .option arch, +a\n" instruction "\n .option pop\n" ::"r"(at) : "t0", "memory")
/* The access as S-mode makes it; no other one while MPRV is on. */
#define TRY_SUPERVISED(instruction, at) __asm__ volatile("csrc mstatus, %2\n csrs mstatus, %1\n .option push\n .option norvc\n" \
	instruction "\n .option pop\n csrc mstatus, %3" ::"r"(at), "r"(MPRV | SUPERVISOR), "r"(MACHINE), "r"(MPRV) : "t0", "memory")

static void outcome(uint64_t at)
{
	if (trap.cause == NONE) {
		print(" -");
	} else {
		column(trap.cause);
		if (trap.value != at) {
			put('@');
			print_hex(trap.value - at, 1);
		}
	}
	trap.cause = NONE;
}

static void line(const char *what, uint64_t at)
{
	print(what);
	column(at);
	put(':');
	trap.cause = NONE;
}

#define TRY_AND_TELL(instruction, at) do { TRY(instruction, at); outcome(at); } while (0)

static void load(uint64_t at)
{
	line("load", at);
	TRY_AND_TELL("lb zero, (%0)", at);
	TRY_AND_TELL("lh zero, (%0)", at);
	TRY_AND_TELL("lw zero, (%0)", at);
	TRY_AND_TELL("ld zero, (%0)", at);
	put('\n');
}

static void store(uint64_t at)
{
	line("store", at);
	TRY_AND_TELL("sb zero, (%0)", at);
	TRY_AND_TELL("sh zero, (%0)", at);
	TRY_AND_TELL("sw zero, (%0)", at);
	TRY_AND_TELL("sd zero, (%0)", at);
	put('\n');
}

static void modify(uint64_t at)
{
	line("atomic", at);
	TRY_AND_TELL("lr.w zero, (%0)", at);
	TRY_AND_TELL("lr.d zero, (%0)", at);
	TRY_AND_TELL("amoadd.w t0, zero, (%0)", at);
	TRY_AND_TELL("amoadd.d t0, zero, (%0)", at);
	put('\n');
}

static void fetch_in(uint64_t at, uint64_t privilege)
{
	__asm__ volatile("la t0, 1f\n sd t0, %1\n csrc mstatus, %3\n csrs mstatus, %2\n csrw mepc, %0\n mret\n 1:\n"
		::"r"(at), "m"(trap.landing), "r"(privilege), "r"(MACHINE) : "t0", "memory");
	trap.landing = 0;
	outcome(at);
}

/* To nothing but zeroes, which are no instruction. */
static void jump(uint64_t at)
{
	line("jump", at);
	fetch_in(at, MACHINE);
	put('\n');
}

enum { LOADS = 1, STORES = 2, ATOMICS = 4, JUMPS = 8, ALL = 15 };
static const struct {
	uint64_t at;
	uint64_t what;
} places[] = {
	/* holes, and the boot ROM between them */
	{0, ALL}, {1, ALL}, {0xff8, ALL}, {0xffe, LOADS | STORES}, {0x1000, LOADS | STORES | ATOMICS}, {0x1001, LOADS | STORES},
	{0x8000, ALL}, {0xfff8, ALL}, {0xfffc, LOADS | STORES}, {0xfffe, ALL}, {0xffff, LOADS | STORES}, {0x10000, ALL}, {0xffff8, ALL},
	{0xfffff, LOADS | STORES},
	/* test finisher, real-time clock */
	{0x100000, LOADS | ATOMICS}, {0x100004, ALL}, {0x100006, LOADS | STORES}, {0x100ff8, ALL}, {0x100fff, LOADS | STORES},
	{0x101000, LOADS | STORES}, {0x101001, LOADS}, {0x101010, LOADS | STORES | ATOMICS}, {0x101ff8, ALL}, {0x101ffc, ALL},
	{0x102000, ALL}, {0x1fffff8, ALL},
	/* software interrupts and timers: of harts that are there, and not */
	{0x2000000, LOADS | STORES | ATOMICS}, {0x2000004, LOADS | STORES}, {0x2000002, LOADS | STORES}, {0x2003ffc, LOADS | STORES},
	{0x2004000, LOADS | STORES}, {0x2004008, LOADS | STORES}, {0x2007ff8, LOADS | STORES}, {0x200bff0, LOADS | STORES},
	{0x200bff8, LOADS}, {0x200bffc, LOADS}, {0x200c000, LOADS | STORES}, {0x200fff8, LOADS | STORES}, {0x2010000, ALL},
	/* interrupt controller */
	{0xbfffff8, ALL}, {0xc000000, ALL}, {0xc000001, LOADS | STORES}, {0xc000004, LOADS | STORES | ATOMICS}, {0xc001000, LOADS | STORES},
	{0xc002000, LOADS | STORES}, {0xc003000, LOADS | STORES}, {0xc200000, LOADS | STORES}, {0xc200004, LOADS | STORES},
	{0xc201000, LOADS | STORES}, {0xc5ffff8, LOADS | STORES}, {0xc5ffffc, LOADS | STORES}, {0xc600000, ALL}, {0xffffff8, ALL},
	/* serial line, virtio */
	{0x10000001, LOADS}, {0x10000005, LOADS}, {0x10000007, LOADS | STORES}, {0x10000008, ALL}, {0x100000f8, ALL}, {0x10000100, ALL},
	{0x10000ff8, ALL}, {0x10001000, LOADS | STORES | ATOMICS}, {0x10001001, LOADS | STORES}, {0x10001070, LOADS | STORES},
	{0x10001100, ALL}, {0x100011f8, ALL}, {0x10001200, ALL}, {0x10001ff8, ALL}, {0x10001ffc, ALL}, {0x10008000, LOADS | STORES},
	{0x10008ff8, ALL}, {0x10009000, ALL}, {0x100ffff8, ALL},
	/* what QEMU's board has besides: firmware configuration, flash, PCIe */
	{0x10100000, LOADS}, {0x20000000, LOADS}, {0x30000000, LOADS}, {0x40000000, LOADS}, {ALIAS(34), LOADS},
	/* RAM's ends */
	{0x7ffffff8, ALL}, {0x7fffffff, LOADS | STORES}, {0x80100000, ALL}, {0x80100001, LOADS | STORES | ATOMICS},
	{0x80100fff, LOADS | STORES}, {RAM_END - 8, ALL}, {RAM_END - 4, ALL}, {RAM_END - 2, ALL}, {RAM_END - 1, LOADS | STORES}, {RAM_END, ALL},
	{RAM_END + 8, ALL}, {0x87fffff8, ALL}, {0xfffffff8, ALL}, {0xffffffff, LOADS | STORES},
	/* what RAM and devices look like where address bits get lost */
	{ALIAS(32), ALL}, {ALIAS(32) + 0x10000007, ALL}, {ALIAS(32) + 0x80100000, ALL}, {ALIAS(33) + 0x80100000, ALL},
	{ALIAS(40) + 0x80100000, ALL}, {ALIAS(52) + 0x80100000, ALL}, {ALIAS(53) + 0x80100000, ALL}, {ALIAS(54) + 0x100000, ALL},
	{ALIAS(55) + 0x80100000, ALL}, {ALIAS(56) - 8, ALL}, {ALIAS(56) - 1, LOADS | STORES}, {ALIAS(56), ALL}, {ALIAS(56) + 0x80100000, ALL},
	{ALIAS(63) - 8, ALL}, {ALIAS(63), ALL}, {ALIAS(63) + 0x10000007, ALL}, {ALIAS(63) + 0x80100000, ALL}, {0xffffffff80100000, ALL},
	{-4096UL, ALL}, {-8UL, ALL}, {-1UL, LOADS | STORES},
};

static uint64_t root[512] __attribute__((aligned(4096)));
static uint64_t table[512] __attribute__((aligned(4096)));

static void fence(void) { __asm__ volatile("sfence.vma" ::: "memory"); }

static void translate(uint64_t at)
{
	fence();
	TRY_SUPERVISED("lw zero, (%0)", at);
	outcome(at);
	TRY_SUPERVISED("sw zero, (%0)", at);
	outcome(at);
	fetch_in(at, SUPERVISOR);
	put('\n');
}

/* Where there is no RAM, or RAM full of zeroes, or its end. */
static const uint64_t pages[] = {
	0, 0x8000, 0xf000, 0x10000, 0x100000, 0x102000, 0x2000000, 0x2001000, 0xc000000, 0xc003000, 0xc5ff000, 0xc600000, 0x10001000, 0x10009000,
	0x7ffff000, 0x80100000, RAM_END - 4096, RAM_END, 0xfffff000, ALIAS(32), ALIAS(32) + 0x80100000, ALIAS(40) + 0x80100000,
	ALIAS(55), ALIAS(55) + 0x80100000, ALIAS(56) - 4096,
};
enum { PAGES = sizeof pages / sizeof *pages };

static uint64_t pte(uint64_t gpa, uint64_t flags) { return gpa >> 12 << 10 | flags; }

static void tables(void)
{
	const uint64_t at = 0x40201000; /* vpn 1, 1, 1 */
	for (uint64_t mode = SV39; mode <= SV57; mode++)
		for (int page = 0; page < PAGES; page++) {
			if (pages[page] == 0x10001000) continue; /* its magic value is a PTE of sorts */
			__asm__ volatile("csrw satp, %0" ::"r"(mode << 60 | pages[page] >> 12));
			print("mode ");
			print_hex(mode, 1);
			line(", root", pages[page]);
			translate(at);
		}
	__asm__ volatile("csrw satp, %0" ::"r"((uint64_t)SV39 << 60 | (uint64_t)root >> 12));
	for (int page = 0; page < PAGES; page++) {
		if (pages[page] == 0x10001000) continue;
		root[1] = pte(pages[page], PTE_V);
		line("table", pages[page]);
		translate(at);
	}
	root[1] = pte((uint64_t)table, PTE_V);
	for (int page = 0; page < PAGES; page++) {
		/* The stored zero lands on the second word of a page, which is no command anywhere. */
		table[1] = pte((uint64_t)root, PTE_V);
		root[1] = pte((uint64_t)table, PTE_V);
		root[2] = pte(pages[page], PTE_LEAF);
		line("page", pages[page]);
		/* vpn 1, 1, 2: root → table → root as the last level. */
		translate(0x40202000 + 4);
	}
	for (uint64_t gigabyte = 0; gigabyte < 6; gigabyte++) {
		root[3] = pte((gigabyte < 4 ? gigabyte : gigabyte == 4 ? ALIAS(24) : ALIAS(26) - 1) << 30, PTE_LEAF);
		line("gigapage", gigabyte);
		translate(0xc0000000 + 0x3ffffff0);
	}
	__asm__ volatile("csrw satp, zero");
	fence();
}

static void settle(void)
{
	uint64_t now, start;
	__asm__ volatile("csrr %0, time" : "=r"(start));
	do __asm__ volatile("csrr %0, time" : "=r"(now));
	while (now - start < 50000); /* 5 ms */
}

static void timers(void)
{
	static const uint64_t times[] = {0, -1UL, 1, 1UL << 31, 1UL << 32, 1UL << 53, (1UL << 53) + 1, 1UL << 63, (1UL << 63) - 1, 0xffffffff00000000};
	uint64_t pending, now;
	__asm__ volatile("csrs 0x30a, %0" ::"r"(STCE));
	for (unsigned i = 0; i < sizeof times / sizeof *times; i++) {
		__asm__ volatile("csrr %0, time" : "=r"(now));
		if (times[i] >> 32 == 0 && times[i] > now) continue; /* it depends on how long this took */
		line("time", times[i]);
		MTIMECMP = times[i];
		__asm__ volatile("csrw 0x14d, %0" ::"r"(times[i]));
		settle();
		__asm__ volatile("csrr %0, mip" : "=r"(pending));
		column((pending & MTIP) != 0);
		column((pending & STIP) != 0);
		put('\n');
	}
	MTIMECMP = -1UL;
}

void run_all(void)
{
	__asm__ volatile("csrw mtvec, %0\n csrw mscratch, %1" ::"r"(on_any_trap), "r"(&trap));
	__asm__ volatile("csrw pmpaddr0, %0\n csrw pmpcfg0, %1" ::"r"(~0UL >> 10), "r"(0x1f));
	for (unsigned place = 0; place < sizeof places / sizeof *places; place++) {
		uint64_t at = places[place].at, what = places[place].what;
		if (what & LOADS) load(at);
		if (what & STORES) store(at);
		if (what & ATOMICS) modify(at);
		if (what & JUMPS) jump(at);
	}
	tables();
	timers();
	finish();
}
