/*
 * The benchmark programs on bare metal, each timed by the time CSR: "bench NAME NANOSECONDS ns, check 0xSUM". Sv39 with
 * pages of 4 KiB, as programs have under an operating system. Parameters: the scale in thousandths; how many times a
 * second translation is flushed, which bench-linux/main.c explains; then the names, with spaces between. Without
 * parameters all run at a small scale. Needs 1 GiB of RAM.
 */
#include "../bench/bench.h"
#include "../runtime/parameters.h"
#include "../runtime/runtime.h"

enum { NANOSECONDS_PER_TICK = 100, TICKS_PER_SECOND = 10000000, SMALL_SCALE = 1, ENTRIES = 512, STIE = 1 << 5 };
#define RAM 0x80000000UL
#define TABLES 0x87000000UL /* behind the parameters */
#define FREE 0x88000000UL
#define TIMER_INTERRUPT (1UL << 63 | 5)

static page_table root, gigabyte;

void *memory_for(size_t bytes)
{
	(void)bytes;
	return (void *)FREE;
}

void *small_pages_for(size_t bytes) { return memory_for(bytes); }

static void map_pages(void)
{
	uint64_t *leaves = (uint64_t *)TABLES;
	map_identity(root);
	for (uint64_t i = 0; i < ENTRIES * ENTRIES; i++)
		leaves[i] = pte_to((void *)(RAM + i * PAGE_BYTES), PTE_RW_SET | PTE_X);
	for (uint64_t i = 0; i < ENTRIES; i++) gigabyte[i] = pte_to(leaves + i * ENTRIES, PTE_V);
	root[RAM >> 30] = pte_to(gigabyte, PTE_V);
	set_root(root);
}

static uint64_t beat_ticks;

static void set_beat(void) { sbi_call(SBI_TIME, 0, (long)(ticks() + beat_ticks), 0, 0, 0, 0); }

static void on_beat(struct trap_frame *frame)
{
	if (frame->cause != TIMER_INTERRUPT) {
		print("FAIL unexpected trap: scause 0x%x, sepc 0x%x, stval 0x%x", frame->cause, frame->pc, frame->value);
		finish_with(2);
	}
	fence_all();
	set_beat();
}

static void start_beats(uint64_t per_second)
{
	if (!per_second) return;
	beat_ticks = TICKS_PER_SECOND / per_second;
	set_trap_handler(on_beat);
	set_beat();
	set_csr(sie, STIE);
	set_csr(sstatus, SSTATUS_SIE);
}

/* Whether a name is among those that are wanted. */
static bool among(const char *wanted, const char *name)
{
	while (*wanted) {
		const char *letter = name;
		while (*letter && *letter == *wanted) letter++, wanted++;
		if (!*letter && (!*wanted || *wanted == ' ')) return true;
		while (*wanted && *wanted != ' ') wanted++;
		while (*wanted == ' ') wanted++;
	}
	return false;
}

int main(int boot_hart)
{
	(void)boot_hart;
	uint64_t scale = parameter(0, SMALL_SCALE);
	const char *wanted = (const char *)(PARAMETERS + 24);
	map_pages();
	start_beats(parameter(1, 0));
	for (const struct program *each = programs; each->name; each++) {
		if (*wanted && !among(wanted, each->name)) continue;
		if (each->prepare) each->prepare();
		uint64_t start = ticks();
		uint64_t sum = each->run(scaled_rounds(each, scale));
		print("bench %s %u ns, check 0x%x", each->name, (ticks() - start) * NANOSECONDS_PER_TICK, sum);
	}
	finish("bench");
}
