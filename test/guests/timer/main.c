/* Interrupts: the timer by SBI and by Sstc, IPIs, WFI. Privileged spec, "Supervisor-Level"; SBI spec. */
#include "../runtime/runtime.h"

enum { SOFTWARE = 1, TIMER = 5 };
static const uint64_t interrupt = 1UL << 63;
static const uint64_t millisecond = 10000; /* QEMU virt's timebase: 10 MHz */
static volatile uint64_t taken[MAXIMUM_HARTS], cause[MAXIMUM_HARTS], when[MAXIMUM_HARTS];
static volatile bool illegal;
static bool has_sstc;

static void set_timer(uint64_t at) { sbi_call(SBI_TIME, 0, (long)at, 0, 0, 0, 0); }
static void set_stimecmp(uint64_t at) { __asm__ volatile("csrw 0x14d, %0" ::"r"(at) : "memory"); }

static void on_trap(struct trap_frame *frame)
{
	int hart = this_hart();
	if (frame->cause == 2) {
		illegal = true;
		frame->pc += 4;
		return;
	}
	when[hart] = ticks();
	cause[hart] = frame->cause;
	taken[hart]++;
	if (frame->cause == (interrupt | SOFTWARE)) clear_csr(sip, 1 << SOFTWARE);
	else clear_csr(sie, 1 << TIMER);
}

static void wait_for(int hart, uint64_t count)
{
	uint64_t limit = ticks() + 2000 * millisecond;
	while (taken[hart] < count && ticks() < limit) pause();
}

static void check_timer(void (*set)(uint64_t), const char *name)
{
	int hart = this_hart();
	bool all = true, early = false;
	for (int i = 0; i < 10; i++) {
		uint64_t before = taken[hart], at = ticks() + millisecond;
		set(at);
		set_csr(sie, 1 << TIMER);
		wait_for(hart, before + 1);
		all &= taken[hart] == before + 1 && cause[hart] == (interrupt | TIMER);
		early |= when[hart] < at;
		set(-1UL);
	}
	check(all, name);
	check(!early, "it never comes before its time");
}

static void check_pending(void)
{
	/* Not enabled in sie: it shows in sip, ends WFI when enabled there, and is not taken with SIE off. */
	int hart = this_hart();
	uint64_t before = taken[hart];
	set_timer(ticks() + millisecond);
	uint64_t limit = ticks() + 2000 * millisecond;
	while (!(read_csr(sip) & 1 << TIMER) && ticks() < limit) pause();
	check(read_csr(sip) & 1 << TIMER && taken[hart] == before, "a masked timer shows in sip");
	set_timer(-1UL);
	check(!(read_csr(sip) & 1 << TIMER), "setting it again takes it out of sip");

	clear_csr(sstatus, SSTATUS_SIE);
	set_csr(sie, 1 << TIMER);
	uint64_t start = ticks();
	set_timer(start + 20 * millisecond);
	while (!(read_csr(sip) & 1 << TIMER)) __asm__ volatile("wfi" ::: "memory");
	check(ticks() - start >= 20 * millisecond && taken[hart] == before, "wfi wakes for a masked interrupt, which is not taken");
	set_csr(sstatus, SSTATUS_SIE);
	check(taken[hart] == before + 1, "it is taken as soon as sstatus.SIE allows it");
	set_timer(-1UL);

	clear_csr(sie, -1UL);
	set_csr(sie, 1 << SOFTWARE);
	before = taken[hart];
	set_csr(sip, 1 << SOFTWARE);
	check(taken[hart] == before + 1 && cause[hart] == (interrupt | SOFTWARE), "writing sip.SSIP interrupts this hart");
}

static void ping(int hart)
{
	set_trap_handler(on_trap);
	set_csr(sie, 1 << SOFTWARE);
	taken[hart] = 0;
	meet();
	set_csr(sstatus, SSTATUS_SIE);
	/* A ring: hart h wakes hart h + 1. */
	int harts = hart_count();
	for (uint64_t lap = 1; lap <= 50; lap++) {
		if (hart == 0) sbi_call(SBI_IPI, 0, 1L << (1 % harts), 0, 0, 0, 0);
		for (;;) {
			clear_csr(sstatus, SSTATUS_SIE);
			if (taken[hart] >= lap) break;
			__asm__ volatile("wfi" ::: "memory");
			set_csr(sstatus, SSTATUS_SIE);
		}
		set_csr(sstatus, SSTATUS_SIE);
		if (hart != 0) sbi_call(SBI_IPI, 0, 1L << ((hart + 1) % harts), 0, 0, 0, 0);
	}
	clear_csr(sstatus, SSTATUS_SIE);
}

int main(int boot_hart)
{
	(void)boot_hart;
	set_trap_handler(on_trap);
	set_csr(sstatus, SSTATUS_SIE);
	check_timer(set_timer, "the SBI timer interrupts");
	check_pending();
	__asm__ volatile("csrr zero, 0x14d" ::: "memory");
	has_sstc = !illegal;
	if (has_sstc) check_timer(set_stimecmp, "stimecmp interrupts");
	else print("SKIP stimecmp: not there");
	clear_csr(sstatus, SSTATUS_SIE);
	on_all_harts(ping);
	bool all = true;
	for (int hart = 0; hart < hart_count(); hart++) all &= taken[hart] == 50;
	check(all, "an IPI ring reaches every hart on every lap");
	finish("timer");
}
