/*
 * All harts share one Sv39 window of 2 MiB per hart. Each hart keeps remapping pages of its own part to other
 * frames, or to nothing, and fences the others by SBI RFENCE; between its own changes it reads the others'
 * pages. A read that sees a frame, or a fault, other than the one published for that page is a stale translation.
 */
#include "../runtime/runtime.h"

enum { SLOTS = 8, FRAMES = 16, CHANGES = 100, READS_PER_CHANGE = 16 };
#define WINDOW (64UL << 30)
#define PART_BYTES (2UL << 20)

static page_table roots[MAXIMUM_HARTS]; /* each hart's own: identity map and the shared window */
static page_table window;		/* level 1: one entry per hart */
static page_table parts[MAXIMUM_HARTS]; /* level 0: written by their hart only */
static struct {
	uint64_t identity;
	uint64_t rest[511];
} frames[MAXIMUM_HARTS][FRAMES] __attribute__((aligned(PAGE_BYTES)));

/*
 * What a slot's owner has published: sequence number << 8 | (frame + 1, or 0 when unmapped). The number is odd
 * from before the PTE changes until the fence is through, when either translation is allowed.
 */
static uint64_t published[MAXIMUM_HARTS][SLOTS];
static struct {
	uint64_t reads, faults, stale;
} results[MAXIMUM_HARTS];
static volatile bool faulted[MAXIMUM_HARTS];
static int turn, failed;

static uint64_t frame_identity(int hart, int frame) { return 0x5eed000000000000 | (uint64_t)hart << 16 | (uint64_t)frame; }
static volatile uint64_t *slot_address(int hart, int slot)
{
	return (volatile uint64_t *)(WINDOW + (uint64_t)hart * PART_BYTES + (uint64_t)slot * PAGE_BYTES);
}

static void on_fault(struct trap_frame *frame)
{
	enum { LOAD_PAGE_FAULT = 13 };
	if (frame->cause != LOAD_PAGE_FAULT) {
		print("FAIL hart %d: scause 0x%x, sepc 0x%x, stval 0x%x", (int64_t)this_hart(), frame->cause, frame->pc, frame->value);
		finish_with(2);
	}
	faulted[this_hart()] = true;
	frame->pc += 4;
}

static uint64_t read_slot(const volatile uint64_t *gva)
{
	uint64_t value;
	__asm__ volatile(".option push\n .option norvc\n ld %0, (%1)\n .option pop" : "=r"(value) : "r"(gva) : "memory");
	return value;
}

static void fence_others(const volatile uint64_t *gva, bool all)
{
	fence_page(gva);
	/* Hart mask base −1: all harts. Size −1: all addresses. */
	if (all) sbi_call(SBI_RFENCE, RFENCE_SFENCE_VMA, 0, -1, 0, -1, 0);
	else sbi_call(SBI_RFENCE, RFENCE_SFENCE_VMA, 0, -1, (long)gva, PAGE_BYTES, 0);
}

static void change_slot(int hart, uint64_t *random)
{
	int slot = (int)(next_random(random) % SLOTS);
	uint64_t target = next_random(random) % (FRAMES + 1); /* frame + 1, or 0 for none */
	uint64_t *state = &published[hart][slot];
	uint64_t sequence = *state >> 8;
	__atomic_store_n(state, (sequence + 1) << 8, __ATOMIC_SEQ_CST);
	uint64_t pte = target ? pte_to(&frames[hart][target - 1], PTE_V | PTE_R | PTE_A) : 0;
	__atomic_store_n(&parts[hart][slot], pte, __ATOMIC_SEQ_CST);
	fence_others(slot_address(hart, slot), *random & 1);
	__atomic_store_n(state, (sequence + 2) << 8 | target, __ATOMIC_SEQ_CST);
}

static void check_slot(int reader, int owner, int slot)
{
	uint64_t before = __atomic_load_n(&published[owner][slot], __ATOMIC_SEQ_CST);
	if (before >> 8 & 1) return;
	faulted[reader] = false;
	uint64_t value = read_slot(slot_address(owner, slot));
	bool fault = faulted[reader];
	if (__atomic_load_n(&published[owner][slot], __ATOMIC_SEQ_CST) != before) return; /* it changed meanwhile */
	uint64_t target = before & 0xff;
	results[reader].reads++;
	if (fault) results[reader].faults++;
	if (fault != !target || (target && value != frame_identity(owner, (int)target - 1))) {
		if (!results[reader].stale++)
			print("FAIL hart %d read hart %d's slot %d: %s 0x%x, published frame %d", (int64_t)reader, (int64_t)owner,
			      (int64_t)slot, fault ? "fault" : "value", fault ? 0 : value, (int64_t)target - 1);
	}
}

static void build_tables(int hart)
{
	map_identity(roots[hart]);
	roots[hart][64] = pte_to(window, PTE_V);
	window[hart] = pte_to(parts[hart], PTE_V);
	for (int frame = 0; frame < FRAMES; frame++) frames[hart][frame].identity = frame_identity(hart, frame);
	meet(); /* all parts hang in the window before anyone looks */
	set_root(roots[hart]);
}

static void demonstrate(int hart)
{
	int harts = hart_count();
	uint64_t random = 0x9e3779b97f4a7c15 * (uint64_t)(hart + 1);
	set_trap_handler(on_fault);
	build_tables(hart);
	meet();
	for (int change = 0; change < CHANGES; change++) {
		change_slot(hart, &random);
		for (int i = 0; i < READS_PER_CHANGE; i++)
			check_slot(hart, (int)(next_random(&random) % (uint64_t)harts), (int)(next_random(&random) % SLOTS));
	}
	meet();
	/* All is quiet: every slot must be what its owner published last. */
	for (int owner = 0; owner < harts; owner++)
		for (int slot = 0; slot < SLOTS; slot++) check_slot(hart, owner, slot);
	while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != hart) pause();
	print("hart %d: %u pages remapped and fenced, %u reads checked (%u faults), %u stale", (int64_t)hart, (uint64_t)CHANGES,
	      results[hart].reads, results[hart].faults, results[hart].stale);
	if (results[hart].stale) __atomic_fetch_add(&failed, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&turn, hart + 1, __ATOMIC_RELEASE);
}

int main(int boot_hart)
{
	print("smp-demo: %d hart(s), booted on hart %d", (int64_t)hart_count(), (int64_t)boot_hart);
	on_all_harts(demonstrate);
	print("smp-demo: %s", failed ? "FAILED: stale translations" : "passed, every read saw the mapping that was published");
	if (failed) finish_with(1);
	sbi_call(SBI_SRST, 0, 0, 0, 0, 0, 0);
	finish_with(1);
}
