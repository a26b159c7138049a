/* Code that is written while it runs: seen after fence.i, on this hart and on others. */
#include "../runtime/runtime.h"

enum { ROUNDS = 200 };
typedef uint64_t function(void);
static uint32_t code[2][2048] __attribute__((aligned(PAGE_BYTES)));
static volatile int published, wrong;
static page_table root, level1, level0;

static uint32_t load_immediate(uint32_t n) { return n << 20 | 0x513; } /* addi a0, zero, n */
static const uint32_t returns = 0x8067;				       /* jalr zero, 0(ra) */

static void write_code(uint32_t *at, uint32_t n)
{
	at[0] = load_immediate(n);
	at[1] = returns;
}

static void rewrite_locally(void)
{
	bool right = true;
	for (uint32_t n = 0; n < ROUNDS; n++) {
		write_code(code[0], n);
		fence_i();
		right &= ((function *)code[0])() == n;
	}
	check(right, "rewritten code runs after fence.i");

	/* Two instructions that lie on both sides of a page boundary, then one that spans it. */
	right = true;
	for (uint32_t n = 0; n < ROUNDS; n++) {
		write_code(&code[0][1023], n);
		fence_i();
		right &= ((function *)&code[0][1023])() == n;
	}
	check(right, "code rewritten on both sides of a page boundary runs");
	right = true;
	uint16_t *halves = (uint16_t *)code[0] + 2047;
	for (uint32_t n = 0; n < ROUNDS; n++) {
		uint32_t words[2] = {load_immediate(n), returns};
		for (int i = 0; i < 4; i++) halves[i] = (uint16_t)(words[i / 2] >> 16 * (i % 2));
		fence_i();
		right &= ((function *)halves)() == n;
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
	/* Out of the reach of map_identity: a second name for code[0]. */
	const uint64_t alias = 64UL << 30;
	map_identity(root);
	root[64] = pte_to(level1, PTE_V);
	level1[0] = pte_to(level0, PTE_V);
	level0[0] = pte_to(code[0], PTE_RW_SET | PTE_X);
	set_root(root);
	bool right = true;
	for (uint32_t n = 0; n < ROUNDS; n++) {
		write_code(n & 1 ? code[0] : (uint32_t *)alias, n);
		fence_i();
		right &= ((function *)alias)() == n;
		right &= ((function *)code[0])() == n;
	}
	check(right, "code written under one address runs under another");

	/* The same address, another page behind it. */
	right = true;
	write_code(code[0], 10);
	write_code(code[1], 11);
	fence_i();
	for (int n = 0; n < ROUNDS; n++) {
		level0[0] = pte_to(code[n & 1], PTE_RW_SET | PTE_X);
		fence_page((void *)alias);
		right &= ((function *)alias)() == 10 + (uint64_t)(n & 1);
	}
	check(right, "a remapped page runs its new code after sfence.vma");
	set_root(0);
}

static void rewrite_for_others(int hart)
{
	for (uint32_t n = 1; n <= ROUNDS; n++) {
		meet();
		if (hart == 0) {
			write_code(code[0], n);
			sbi_call(SBI_RFENCE, RFENCE_FENCE_I, 0, -1, 0, 0, 0);
			fence_i();
			published = (int)n;
		}
		meet();
		if (((function *)code[0])() != n) wrong = 1;
	}
}

int main(int boot_hart)
{
	(void)boot_hart;
	rewrite_locally();
	rewrite_through_alias();
	on_all_harts(rewrite_for_others);
	check(!wrong && published == ROUNDS, "code rewritten by hart 0 runs on all harts after a remote fence.i");
	finish("self-modify");
}
