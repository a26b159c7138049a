/* Code that is written while it runs: seen after fence.i, on this hart and on others. Parameter 0: rounds of each check. */
#include "../runtime/sleep.h"
#include "../runtime/random.h"

enum { DEFAULT_ROUNDS = 200, LARGEST_IMMEDIATE = 2047 };
#define ROUNDS ((uint32_t)parameter(0, DEFAULT_ROUNDS))
typedef uint64_t function(void);
static uint32_t code[2][2048] __attribute__((aligned(PAGE_BYTES)));
static volatile int published, wrong;
static page_table root, level1, level0;
/* Out of the reach of map_identity: a second name for code[0]. */
static const uint64_t alias = 64UL << 30;

static uint32_t load_immediate(uint32_t n) { return n << 20 | 0x513; } /* addi a0, zero, n */
static uint32_t small(uint32_t n) { return n & LARGEST_IMMEDIATE; }
static const uint32_t returns = 0x8067;				       /* jalr zero, 0(ra) */

static void write_code(uint32_t *at, uint32_t n)
{
	at[0] = load_immediate(n);
	at[1] = returns;
}

/* The same, two bytes at a time: the first instruction may lie in two pages. */
static void write_parcels(uint16_t *at, uint32_t n)
{
	uint32_t words[2] = {load_immediate(n), returns};
	for (int i = 0; i < 4; i++) at[i] = (uint16_t)(words[i / 2] >> 16 * (i % 2));
}

static bool returns_value(const void *at, uint32_t n) { return ((function *)at)() == n; }

static void rewrite_locally(void)
{
	bool right = true;
	for (uint32_t n = 0; n < ROUNDS; n++) {
		write_code(code[0], small(n));
		fence_i();
		right &= returns_value(code[0], small(n));
	}
	check(right, "rewritten code runs after fence.i");

	/* Two instructions that lie on both sides of a page boundary, then one that spans it. */
	right = true;
	for (uint32_t n = 0; n < ROUNDS; n++) {
		write_code(&code[0][1023], small(n));
		fence_i();
		right &= returns_value(&code[0][1023], small(n));
	}
	check(right, "code rewritten on both sides of a page boundary runs");
	right = true;
	uint16_t *halves = (uint16_t *)code[0] + 2047;
	for (uint32_t n = 0; n < ROUNDS; n++) {
		write_parcels(halves, small(n));
		fence_i();
		right &= returns_value(halves, small(n));
	}
	check(right, "an instruction that spans two pages can be rewritten");

	/* Code that overwrites the instruction after its own fence.i: li a0, 1 becomes li a0, 2. */
	uint64_t result;
	uint32_t *target = &code[1][512];
	target[0] = 0x00b62023; /* sw a1, 0(a2) */
	target[1] = 0x0000100f; /* fence.i */
	target[2] = load_immediate(1);
	target[3] = returns;
	fence_i();
	register uint64_t a1 __asm__("a1") = load_immediate(2);
	register uint32_t *a2 __asm__("a2") = &target[2];
	__asm__ volatile("jalr %3\n mv %0, a0" : "=r"(result) : "r"(a1), "r"(a2), "r"(target) : "a0", "ra", "memory");
	check_equal(result, 2, "code can overwrite the instruction after its fence.i");
}

static void rewrite_through_alias(void)
{
	map_identity(root);
	root[64] = pte_to(level1, PTE_V);
	level1[0] = pte_to(level0, PTE_V);
	level0[0] = pte_to(code[0], PTE_RW_SET | PTE_X);
	set_root(root);
	bool right = true;
	for (uint32_t n = 0; n < ROUNDS; n++) {
		write_code(n & 1 ? code[0] : (uint32_t *)alias, small(n));
		fence_i();
		right &= returns_value((void *)alias, small(n));
		right &= returns_value(code[0], small(n));
	}
	check(right, "code written under one address runs under another");

	/* The same address, another page behind it. */
	right = true;
	write_code(code[0], 10);
	write_code(code[1], 11);
	fence_i();
	for (uint32_t n = 0; n < ROUNDS; n++) {
		level0[0] = pte_to(code[n & 1], PTE_RW_SET | PTE_X);
		fence_page((void *)alias);
		right &= returns_value((void *)alias, 10 + (n & 1));
	}
	check(right, "a remapped page runs its new code after sfence.vma");
	set_root(0);
}

static void fence_everywhere(void)
{
	sbi_call(SBI_RFENCE, RFENCE_FENCE_I, 0, -1, 0, 0, 0);
	fence_i();
}

static void rewrite_for_others(int hart)
{
	for (uint32_t n = 1; n <= ROUNDS; n++) {
		meet_asleep();
		if (hart == 0) {
			write_code(code[0], small(n));
			fence_everywhere();
			published = (int)n;
		}
		meet_asleep();
		if (!returns_value(code[0], small(n))) wrong = 1;
	}
}

/* Under its own address or the alias by turns; others run it under both, and an instruction that spans two pages. */
static void rewrite_everywhere(int hart)
{
	set_root(root);
	uint16_t *halves = (uint16_t *)code[1] + 2047;
	for (uint32_t n = 1; n <= ROUNDS; n++) {
		meet_asleep();
		if (n % (uint32_t)hart_count() == (uint32_t)hart) {
			write_code(n & 1 ? code[0] : (uint32_t *)alias, small(n));
			write_code(&code[0][1023], small(n + 1));
			write_parcels(halves, small(n + 2));
			fence_everywhere();
		}
		meet_asleep();
		if (!returns_value(code[0], small(n)) || !returns_value((void *)alias, small(n))) wrong = 1;
		if (!returns_value(&code[0][1023], small(n + 1)) || !returns_value(halves, small(n + 2))) wrong = 1;
	}
	meet_asleep();
	set_root(0);
}

/* Each hart executes its own fence.i once it knows of the new code. */
static void rewrite_by_message(int hart)
{
	for (uint32_t n = 1; n <= ROUNDS; n++) {
		meet_asleep();
		if (n % (uint32_t)hart_count() == (uint32_t)hart) write_code(code[0], small(n));
		meet_asleep();
		fence_i();
		if (!returns_value(code[0], small(n))) wrong = 1;
	}
}

/* An aligned instruction that changes while others execute it is the old or the new one: never half of each. */
static void rewrite_meanwhile(int hart)
{
	const uint32_t values[] = {0x2aa, 0x555};
	static uint32_t running;
	if (hart == 0) {
		write_code(code[0], values[0]);
		running = (uint32_t)hart_count() - 1;
	}
	meet_asleep();
	if (hart == 0)
		for (uint32_t n = 0; __atomic_load_n(&running, __ATOMIC_ACQUIRE); n++)
			*(volatile uint32_t *)code[0] = load_immediate(values[n & 1]);
	else {
		for (uint32_t n = 0; n < ROUNDS * 10; n++) {
			fence_i();
			uint64_t value = ((function *)code[0])();
			if (value != values[0] && value != values[1]) wrong = 1;
		}
		__atomic_sub_fetch(&running, 1, __ATOMIC_RELEASE);
	}
	meet_asleep();
	fence_i();
	if (!returns_value(code[0], *code[0] >> 20)) wrong = 1;
}

/* The upper eight bits of an immediate, from the random number device. */
static void rewrite_by_device(int hart)
{
	for (uint32_t n = 1; n <= ROUNDS; n++) {
		meet_asleep();
		if (hart == 0) {
			write_code(code[0], 0);
			fence_i();
			if (!returns_value(code[0], 0)) wrong = 1;
			read_random((uint8_t *)code[0] + 3);
			fence_everywhere();
			if (code[0][0] != load_immediate(0)) published++;
		}
		meet_asleep();
		uint64_t value = ((function *)code[0])();
		if (value != (uint64_t)((int32_t)code[0][0] >> 20)) wrong = 1;
	}
}

static void check_on_all_harts(hart_function *function, const char *what)
{
	wrong = 0;
	on_all_harts(function);
	check(!wrong, what);
}

int main(int boot_hart)
{
	(void)boot_hart;
	rewrite_locally();
	rewrite_through_alias();
	on_all_harts(rewrite_for_others);
	check(!wrong && published == (int)ROUNDS, "code rewritten by hart 0 runs on all harts after a remote fence.i");
	level0[0] = pte_to(code[0], PTE_RW_SET | PTE_X);
	check_on_all_harts(rewrite_everywhere, "code rewritten by any hart under any address runs on all harts after a remote fence.i");
	check_on_all_harts(rewrite_by_message, "code rewritten by any hart runs on all harts after a fence.i of their own");
	check_on_all_harts(rewrite_meanwhile, "an aligned instruction rewritten while it runs is the old or the new one");
	published = 0;
	check(open_random(), "there is a random number device");
	check_on_all_harts(rewrite_by_device, "code written by a device runs on all harts after a remote fence.i");
	check(published > 0, "the device did write");
	finish("self-modify");
}
