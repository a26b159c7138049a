/*
 * Precise traps: sepc, scause, stval and the state around them; misaligned accesses, also across pages.
 * Privileged spec, "Supervisor-Level ISA".
 */
#include "../runtime/runtime.h"

enum { ILLEGAL = 2, BREAKPOINT = 3, LOAD_MISALIGNED = 4, STORE_MISALIGNED = 6, USER_ECALL = 8, FETCH_FAULT = 12, LOAD_FAULT = 13, STORE_FAULT = 15 };
/* A window at 64 GiB: page n is pages[n], mapped as a test wants it. */
enum { FIRST, SECOND, ELSEWHERE, CODE, PAGES };
static uint8_t pages[PAGES][PAGE_BYTES] __attribute__((aligned(PAGE_BYTES)));
static page_table root, level1, level0;
#define WINDOW (64UL << 30)
#define GVA(page, offset) (WINDOW + (uint64_t)(page) * PAGE_BYTES + (offset))

static struct trap_frame last;
static uint64_t resume; /* where to go on after a trap; 0 = after the instruction */
static int trapped;

static void on_trap(struct trap_frame *frame)
{
	last = *frame;
	trapped++;
	uint64_t pc = frame->pc;
	if (resume) frame->pc = resume;
	else frame->pc += (*(uint16_t *)pc & 3) == 3 ? 4 : 2;
	frame->status |= SSTATUS_SPP; /* tests that leave for U-mode come back to S-mode */
	resume = 0;
}

static void map(int page, uint64_t flags)
{
	level0[page] = pte_to(pages[page], flags);
	fence_page((void *)GVA(page, 0));
}

#define LOAD(instruction, gva) ({ \
	uint64_t value_, at_; \
	trapped = 0; \
	__asm__ volatile("la %1, 1f\n .option push\n .option norvc\n li %0, 77\n1: " instruction " %0, (%2)\n .option pop" \
			 : "=&r"(value_), "=&r"(at_) : "r"(gva) : "memory"); \
	expected_pc = at_; value_; })
#define STORE(instruction, gva, value) ({ \
	uint64_t at_; \
	trapped = 0; \
	__asm__ volatile("la %0, 1f\n .option push\n .option norvc\n1: " instruction " %1, (%2)\n .option pop" \
			 : "=&r"(at_) : "r"(value), "r"(gva) : "memory"); \
	expected_pc = at_; })
static uint64_t expected_pc;

static void check_trap(uint64_t cause, uint64_t value, const char *what)
{
	bool right = trapped == 1 && last.cause == cause && last.value == value && last.pc == expected_pc;
	if (!right)
		print("     %d trap(s); scause %u, want %u; stval 0x%x, want 0x%x; sepc 0x%x, want 0x%x", (int64_t)trapped,
		      last.cause, cause, last.value, value, last.pc, expected_pc);
	check(right, what);
}

/* Every width at every offset around a boundary, against the bytes one by one. */
static bool misaligned_agree(uint64_t gva, uint8_t *low, uint8_t *high)
{
	bool right = true;
	for (int start = -8; start <= 8; start++)
		for (int bytes = 2; bytes <= 8; bytes *= 2) {
			uint64_t want = 0, got, at = gva + (uint64_t)start, stored = 0x1122334455667788 * (uint64_t)(start + 20);
			for (int i = bytes - 1; i >= 0; i--) {
				int offset = start + i;
				want = want << 8 | (offset < 0 ? low[offset] : high[offset]);
			}
			got = bytes == 2 ? LOAD("lhu", at) : bytes == 4 ? LOAD("lwu", at) : LOAD("ld", at);
			right &= got == want && !trapped;
			if (bytes == 2) STORE("sh", at, stored);
			else if (bytes == 4) STORE("sw", at, stored);
			else STORE("sd", at, stored);
			for (int i = 0; i < bytes; i++) {
				int offset = start + i;
				right &= (offset < 0 ? low[offset] : high[offset]) == (uint8_t)(stored >> 8 * i);
			}
			right &= !trapped;
		}
	return right;
}

static void misaligned(void)
{
	for (int i = 0; i < PAGE_BYTES; i++) pages[FIRST][i] = pages[SECOND][i] = pages[ELSEWHERE][i] = (uint8_t)(i * 13 + 5);
	uint8_t *middle = &pages[FIRST][64];
	check(misaligned_agree((uint64_t)middle, middle, middle), "misaligned loads and stores work inside a page");
	check(misaligned_agree((uint64_t)pages[SECOND], pages[SECOND], pages[SECOND]), "and across pages that lie together");
	map(FIRST, PTE_RW_SET);
	level0[SECOND] = pte_to(pages[ELSEWHERE], PTE_RW_SET);
	fence_all();
	check(misaligned_agree(GVA(SECOND, 0), &pages[FIRST][PAGE_BYTES], pages[ELSEWHERE]), "and across pages that lie apart");

	map(SECOND, 0);
	LOAD("ld", GVA(SECOND, -3));
	check_trap(LOAD_FAULT, GVA(SECOND, 0), "a load across into an unmapped page faults there");
	for (int i = 0; i < 8; i++) pages[FIRST][PAGE_BYTES - 8 + i] = 0x5a;
	STORE("sd", GVA(SECOND, -3), 0UL);
	check_trap(STORE_FAULT, GVA(SECOND, 0), "so does a store");
	bool untouched = true;
	for (int i = 0; i < 8; i++) untouched &= pages[FIRST][PAGE_BYTES - 8 + i] == 0x5a;
	check(untouched, "which has written nothing to the first page");
	map(FIRST, 0);
	LOAD("lw", GVA(FIRST, 4095));
	check_trap(LOAD_FAULT, GVA(FIRST, 4095), "a load that crosses from an unmapped page faults at its address");
	map(FIRST, PTE_RW_SET);
	trapped = 0;
	__asm__ volatile("la %0, 1f\n1: amoadd.w zero, zero, (%1)" : "=&r"(expected_pc) : "r"(GVA(FIRST, 2)) : "memory");
	check_trap(STORE_MISALIGNED, GVA(FIRST, 2), "a misaligned amoadd.w is a store address misaligned");
	LOAD("lr.d", GVA(FIRST, 4));
	check_trap(LOAD_MISALIGNED, GVA(FIRST, 4), "a misaligned lr.d is a load address misaligned");
}

static void jump_to(uint64_t gva)
{
	trapped = 0;
	expected_pc = gva;
	__asm__ volatile("la t0, 1f\n sd t0, (%0)\n jalr %1\n1:" ::"r"(&resume), "r"(gva) : "t0", "ra", "memory");
	resume = 0;
}

static void page_faults(void)
{
	map(FIRST, 0);
	uint64_t got = LOAD("ld", GVA(FIRST, 0x128));
	check_trap(LOAD_FAULT, GVA(FIRST, 0x128), "a load from an unmapped page faults");
	check(got == 77, "and leaves its register as it was");
	STORE("sw", GVA(FIRST, 0x7fc), 1UL);
	check_trap(STORE_FAULT, GVA(FIRST, 0x7fc), "a store to an unmapped page faults");
	jump_to(GVA(FIRST, 0x10));
	check_trap(FETCH_FAULT, GVA(FIRST, 0x10), "a jump to an unmapped page faults at its target");
	map(FIRST, PTE_V | PTE_R | PTE_A | PTE_D);
	LOAD("lb", GVA(FIRST, 0));
	check(!trapped, "a read-only page can be read");
	STORE("sb", GVA(FIRST, 1), 1UL);
	check_trap(STORE_FAULT, GVA(FIRST, 1), "but not written");
	trapped = 0;
	__asm__ volatile("la %0, 1f\n1: amoor.d zero, zero, (%1)" : "=&r"(expected_pc) : "r"(GVA(FIRST, 8)) : "memory");
	check_trap(STORE_FAULT, GVA(FIRST, 8), "an atomic on it is a store fault");
	jump_to(GVA(FIRST, 2));
	check_trap(FETCH_FAULT, GVA(FIRST, 2), "and it cannot be executed");
	map(FIRST, PTE_V | PTE_W | PTE_R | PTE_U | PTE_A | PTE_D);
	LOAD("lh", GVA(FIRST, 2));
	check_trap(LOAD_FAULT, GVA(FIRST, 2), "S-mode does not read a user page");
	set_csr(sstatus, SSTATUS_SUM);
	LOAD("lh", GVA(FIRST, 2));
	check(!trapped, "except with sstatus.SUM");
	clear_csr(sstatus, SSTATUS_SUM);
	map(FIRST, PTE_V | PTE_X | PTE_A);
	LOAD("lw", GVA(FIRST, 4));
	check_trap(LOAD_FAULT, GVA(FIRST, 4), "an execute-only page cannot be read");
	set_csr(sstatus, SSTATUS_MXR);
	LOAD("lw", GVA(FIRST, 4));
	check(!trapped, "except with sstatus.MXR");
	clear_csr(sstatus, SSTATUS_MXR);
	LOAD("lw", GVA(FIRST, 4));
	check_trap(LOAD_FAULT, GVA(FIRST, 4), "and not once MXR is off again");
	level0[FIRST] = pte_to(pages[FIRST], PTE_V | PTE_W | PTE_A | PTE_D);
	fence_all();
	LOAD("lw", GVA(FIRST, 4));
	check_trap(LOAD_FAULT, GVA(FIRST, 4), "write without read is a reserved PTE");
	LOAD("lw", 1UL << 45);
	check_trap(LOAD_FAULT, 1UL << 45, "an address that is not sign-extended from bit 38 faults");
	map(FIRST, PTE_V | PTE_R | PTE_W);
	LOAD("lw", GVA(FIRST, 0));
	check_equal(level0[FIRST] & 0xff, PTE_V | PTE_R | PTE_W | PTE_A, "a load sets A in the PTE");
	STORE("sw", GVA(FIRST, 0), 0UL);
	check_equal(level0[FIRST] & 0xff, PTE_RW_SET, "a store sets D");
}

/* An instruction that begins in the last two bytes of a page, the rest in an unmapped one. */
static void split_fetch(void)
{
	level0[FIRST] = pte_to(pages[CODE], PTE_RW_SET | PTE_X);
	level0[SECOND] = 0;
	fence_all();
	*(uint16_t *)&pages[CODE][4094] = 0x0513; /* addi a0, …: its first half */
	fence_i();
	trapped = 0;
	expected_pc = GVA(FIRST, 4094);
	__asm__ volatile("la t0, 1f\n sd t0, (%0)\n jr %1\n1:" ::"r"(&resume), "r"(expected_pc) : "t0", "a0", "memory");
	check_trap(FETCH_FAULT, GVA(SECOND, 0), "a fetch across into an unmapped page faults there, sepc at its start");
}

#define EXECUTE(code) do { \
	trapped = 0; \
	__asm__ volatile("la %0, 1f\n .option push\n .option norvc\n1: " code "\n .option pop" : "=&r"(expected_pc)::"memory"); \
} while (0)

static void illegal_instructions(void)
{
	EXECUTE(".word 0xffffffff");
	check_trap(ILLEGAL, 0xffffffff, "an all-ones word is illegal");
	EXECUTE(".half 0");
	check_trap(ILLEGAL, 0, "an all-zeros half-word is illegal");
	EXECUTE("csrr zero, mstatus");
	check_trap(ILLEGAL, 0x30002073, "reading mstatus in S-mode is illegal");
	EXECUTE("csrw time, zero");
	check_trap(ILLEGAL, 0xc0101073, "writing time is illegal");
	EXECUTE("mret");
	check_trap(ILLEGAL, 0x30200073, "mret in S-mode is illegal");
	EXECUTE("ebreak");
	check(trapped == 1 && last.cause == BREAKPOINT && last.pc == expected_pc && (!last.value || last.value == expected_pc), "ebreak is a breakpoint");
}

/* Runs the code at CODE in U-mode until it traps. */
static void run_user(const uint32_t *code, int words)
{
	level0[CODE] = pte_to(pages[CODE], PTE_V | PTE_R | PTE_X | PTE_U | PTE_A);
	fence_all();
	for (int i = 0; i < words; i++) ((uint32_t *)pages[CODE])[i] = code[i];
	fence_i();
	trapped = 0;
	clear_csr(sstatus, SSTATUS_SPP);
	set_csr(sstatus, SSTATUS_SPIE);
	write_csr(sepc, GVA(CODE, 0));
	__asm__ volatile("la t0, 1f\n sd t0, (%0)\n mv t1, %1\n sret\n1:" ::"r"(&resume), "r"(GVA(FIRST, 0)) : "t0", "t1", "t2", "memory");
}

static void user_mode(void)
{
	map(FIRST, PTE_RW_SET);
	expected_pc = GVA(CODE, 4);
	run_user((uint32_t[]){0x13, 0x73}, 2); /* nop; ecall */
	check_trap(USER_ECALL, 0, "ecall from U-mode");
	check(!(last.status & SSTATUS_SPP) && last.status & SSTATUS_SPIE && !(last.status & SSTATUS_SIE), "the trap keeps U-mode in SPP, and SIE in SPIE");
	clear_csr(sstatus, SSTATUS_SIE);
	run_user((uint32_t[]){0x13, 0x00033383}, 2); /* nop; ld t2, 0(t1) */
	check_trap(LOAD_FAULT, GVA(FIRST, 0), "U-mode does not read a supervisor page");
	clear_csr(sstatus, SSTATUS_SIE);
	run_user((uint32_t[]){0x13, 0x10200073}, 2); /* nop; sret */
	check_trap(ILLEGAL, 0x10200073, "sret in U-mode is illegal");
	run_user((uint32_t[]){0x13, 0x12000073}, 2); /* nop; sfence.vma */
	check_trap(ILLEGAL, 0x12000073, "sfence.vma in U-mode is illegal");
	expected_pc = GVA(CODE, 0);
	jump_to(GVA(CODE, 0));
	check_trap(FETCH_FAULT, GVA(CODE, 0), "S-mode does not execute a user page");
	clear_csr(sstatus, SSTATUS_SIE);
}

int main(int boot_hart)
{
	(void)boot_hart;
	set_trap_handler(on_trap);
	map_identity(root);
	root[64] = pte_to(level1, PTE_V);
	level1[0] = pte_to(level0, PTE_V);
	set_root(root);
	misaligned();
	page_faults();
	split_fetch();
	illegal_instructions();
	user_mode();
	finish("traps");
}
