/*
 * Writes patterns to every CSR that M-mode finds, and prints what reads back. Privileged spec, "Machine-Level ISA"; "CSR Field
 * Specifications".
 */
#include "bare.h"

/* Instructions that name a CSR hold its number, so they are made at run time. */
static uint32_t routine[8] __attribute__((aligned(64)));
enum { A0 = 10, A1 = 11, A2 = 12 };
enum { WRITE = 1, SET = 2 };
#define CSR(how, number, rs1, rd) ((uint32_t)(number) << 20 | (uint32_t)(rs1) << 15 | (uint32_t)(how) << 12 | (uint32_t)(rd) << 7 | 0x73)
#define RET 0x00008067

static uint64_t run(uint64_t value, uint64_t restored)
{
	__asm__ volatile("fence.i");
	return ((uint64_t (*)(uint64_t, uint64_t, uint64_t))routine)(0, value, restored);
}

static int exists(int number, uint64_t *value)
{
	routine[0] = CSR(SET, number, 0, A0);
	routine[1] = RET;
	trapped = 0;
	*value = run(0, 0);
	return !trapped;
}

/* What the CSR holds after 0 and then `value` were written; it is as before afterwards. No memory is accessed meanwhile: MPRV, say, may be on. */
static uint64_t legalized(int number, uint64_t value)
{
	uint64_t before;
	exists(number, &before);
	routine[0] = CSR(WRITE, number, 0, 0);
	routine[1] = CSR(WRITE, number, A1, 0);
	routine[2] = CSR(SET, number, 0, A0);
	routine[3] = CSR(WRITE, number, A2, 0);
	routine[4] = RET;
	return run(value, before);
}

/* pmpcfg's L bits cannot be taken back. */
static uint64_t writable(int number)
{
	return number >= 0x3a0 && number <= 0x3af ? 0x7f7f7f7f7f7f7f7f : ~0UL;
}

/* Counters run on; triggers may fire. */
static int is_volatile(int number)
{
	return number == 0xb00 || number == 0xb02 || number == 0x015 || (number >= 0x7a0 && number <= 0x7af);
}

/* `csr 300: after 0, after all ones, after 0x55…, after 0xaa…, bits that stick when they alone are written` */
static void show(int number)
{
	uint64_t value;
	if (!exists(number, &value)) return;
	print("csr ");
	print_hex((uint64_t)number, 3);
	if (number >> 10 == 3) {
		print(": read-only\n");
		return;
	}
	if (is_volatile(number)) {
		print(": there\n");
		return;
	}
	uint64_t mask = writable(number), sticky = 0;
	put(':');
	column(legalized(number, 0));
	column(legalized(number, mask));
	column(legalized(number, mask & 0x5555555555555555));
	column(legalized(number, mask & 0xaaaaaaaaaaaaaaaa));
	for (int bit = 0; bit < 64; bit++)
		if (mask >> bit & 1) sticky |= legalized(number, 1UL << bit) & 1UL << bit;
	column(sticky);
	put('\n');
}

static void show_fields(void)
{
	for (uint64_t mode = 0; mode < 16; mode++) {
		print("satp.MODE ");
		print_hex(mode, 1);
		put(':');
		column(legalized(0x180, mode << 60 | 0x0fffffffffffffff));
		put('\n');
	}
	for (uint64_t mode = 0; mode < 4; mode++) {
		print("mtvec.MODE ");
		print_hex(mode, 1);
		put(':');
		column(legalized(0x305, 0x80000100 | mode));
		put('\n');
	}
	for (uint64_t privilege = 0; privilege < 4; privilege++) {
		print("mstatus.MPP ");
		print_hex(privilege, 1);
		put(':');
		column(legalized(0x300, privilege << 11) & 3 << 11);
		put('\n');
	}
	for (uint64_t configuration = 0; configuration < 32; configuration++) {
		print("pmp0cfg ");
		print_hex(configuration, 2);
		put(':');
		column(legalized(0x3a0, configuration));
		put('\n');
	}
}

/* Entry 15 locked, top of range: it, its address, and the address before it. Cannot be taken back. */
static void show_lock(void)
{
	__asm__ volatile("csrw pmpaddr14, %0\n csrw pmpaddr15, %0" ::"r"(5UL));
	__asm__ volatile("csrw pmpcfg2, %0" ::"r"(0x88UL << 56));
	print("locked pmp15cfg, pmpaddr15, pmpaddr14, pmpaddr13:");
	column(legalized(0x3a2, 0x1fUL << 56));
	column(legalized(0x3bf, 9));
	column(legalized(0x3be, 9));
	column(legalized(0x3bd, 9));
	put('\n');
}

void run_all(void)
{
	__asm__ volatile("csrw mtvec, %0" ::"r"(on_trap));
	__asm__ volatile("csrw mie, zero\n csrw medeleg, zero\n csrw mideleg, %0" ::"r"(0x222UL));
	__asm__ volatile("csrw mcounteren, %0\n csrs mstatus, %1" ::"r"(~0UL), "r"(1UL << 13));
	for (int number = 0; number < 4096; number++) show(number);
	show_fields();
	show_lock();
	finish();
}
