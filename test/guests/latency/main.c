/*
 * How long harts wait for one another, by the time CSR: "latency SERIES TICKS ticks" for each sample. The boot hart
 * measures, the next one is its target.
 *
 *     ipi     from before the SBI call until the target's handler has the time
 *     wake    from before the same call until the target has it after its wfi, without taking the interrupt
 *     timer   from the target's deadline until then
 *     fence   an SBI call that fences one page, which the target reads and writes all the time unless it sleeps
 *     fences  the same on all harts
 *     flush   an SBI call that fences all pages
 *
 * Then, after a hyphen, what the target does: busy, idle (in wfi since a third of a millisecond or more); and crowd-busy and
 * crowd-idle, while all other harts are busy.
 *
 * Parameters: the task, see below; samples of each series; the most ticks that a series may take, or 0.
 */
#include "../runtime/parameters.h"
#include "../runtime/runtime.h"

enum task { PAIR, CROWD, STAY_BUSY, STAY_IDLE };
enum { MOST_SAMPLES = 20000, FEW_SAMPLES = 2, WARM_UP = 50, SSIP = 1 << 1, STIP = 1 << 5, STEPS = 500 };
/* Ticks between samples: at least so many, and up to so many more. */
enum { BUSY_GAP = 200, BUSY_SPREAD = 1800, IDLE_GAP = 3333, IDLE_SPREAD = 10000 };
#define SOFTWARE_INTERRUPT (1UL << 63 | 1)
#define NEVER (-1L)
#define SHARED 0x100000000UL /* virtual, in a page of 4 KiB */
#define ON_A_LINE __attribute__((aligned(128)))

/* What a hart does until the series is another one. */
typedef void part(uint64_t series);

static page_table root, middle, leaves;
static uint64_t shared_page[PAGE_BYTES / 8] __attribute__((aligned(PAGE_BYTES)));
static int target_hart;
static uint64_t sample_count, limit;
static uint32_t samples[MOST_SAMPLES];
static bool others_busy;

/* Written by the hart that measures: counts up at the beginning and at the end of each series. */
static uint64_t current ON_A_LINE;
static part *target_part; /* before current; 0: there are no more */
/* Written by the target. */
static uint64_t arrivals ON_A_LINE;
static uint64_t arrived; /* ticks; before arrivals */
/* Harts that play their part. */
static uint64_t playing ON_A_LINE;

static uint64_t load(const uint64_t *word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }
static void store(uint64_t *word, uint64_t value) { __atomic_store_n(word, value, __ATOMIC_RELEASE); }
static void wait_for_interrupt(void) { __asm__ volatile("wfi" ::: "memory"); }

static void map_pages(void)
{
	map_identity(root);
	leaves[0] = pte_to(shared_page, PTE_RW_SET);
	middle[0] = pte_to(leaves, PTE_V);
	root[SHARED >> 30] = pte_to(middle, PTE_V);
}

/* ---- the parts of the target and of the others ---- */

static void arrive(uint64_t when)
{
	arrived = when;
	store(&arrivals, arrivals + 1);
}

static void on_interrupt(struct trap_frame *frame)
{
	uint64_t when = ticks();
	if (frame->cause != SOFTWARE_INTERRUPT) {
		print("FAIL unexpected trap: scause 0x%x, sepc 0x%x, stval 0x%x", frame->cause, frame->pc, frame->value);
		finish_with(2);
	}
	clear_csr(sip, SSIP);
	arrive(when);
}

static void compute(uint64_t series)
{
	volatile uint64_t *words = (volatile uint64_t *)SHARED;
	uint64_t state = 1;
	while (load(&current) == series)
		for (int i = 0; i < STEPS; i++) {
			uint64_t word = next_random(&state) % (PAGE_BYTES / 8);
			words[word] = words[word] + 1;
		}
}

static void wait(uint64_t series)
{
	while (load(&current) == series) wait_for_interrupt();
}

static void with_interrupts(part *play, uint64_t series)
{
	set_csr(sie, SSIP);
	set_csr(sstatus, SSTATUS_SIE);
	play(series);
	clear_csr(sstatus, SSTATUS_SIE);
	clear_csr(sie, SSIP);
}

static void compute_and_take(uint64_t series) { with_interrupts(compute, series); }
static void wait_and_take(uint64_t series) { with_interrupts(wait, series); }

/* Wakes without taking the interrupt. */
static void wake_up(uint64_t series)
{
	set_csr(sie, SSIP);
	while (load(&current) == series) {
		wait_for_interrupt();
		uint64_t when = ticks();
		if (!(read_csr(sip) & SSIP)) continue;
		clear_csr(sip, SSIP);
		arrive(when);
	}
	clear_csr(sie, SSIP);
}

static void wait_for_timers(uint64_t series)
{
	uint64_t state = 7;
	set_csr(sie, STIP);
	while (load(&current) == series) {
		uint64_t when, deadline = ticks() + IDLE_GAP + next_random(&state) % IDLE_SPREAD;
		sbi_call(SBI_TIME, 0, (long)deadline, 0, 0, 0, 0);
		do {
			wait_for_interrupt();
			when = ticks();
		} while (when < deadline);
		arrive(when - deadline);
	}
	sbi_call(SBI_TIME, 0, NEVER, 0, 0, 0, 0);
	clear_csr(sie, STIP);
}

static void serve(int hart)
{
	set_trap_handler(on_interrupt);
	set_root(root);
	for (uint64_t series = 1;; series += 2) {
		while (load(&current) != series) pause();
		part *play = target_part;
		if (!play) break;
		if (hart != target_hart) play = others_busy ? compute : wake_up;
		__atomic_add_fetch(&playing, 1, __ATOMIC_ACQ_REL);
		play(series);
		__atomic_sub_fetch(&playing, 1, __ATOMIC_ACQ_REL);
	}
	set_root(0);
}

/* ---- what is measured: each returns ticks ---- */

static void wait_ticks(uint64_t count)
{
	for (uint64_t start = ticks(); ticks() - start < count;) {}
}

static uint64_t await_arrival(uint64_t before)
{
	while (load(&arrivals) == before) pause();
	return arrived;
}

static uint64_t measure_ipi(void)
{
	uint64_t before = load(&arrivals), start = ticks();
	sbi_call(SBI_IPI, 0, 1, target_hart, 0, 0, 0);
	return await_arrival(before) - start;
}

static uint64_t measure_timer(void) { return await_arrival(load(&arrivals)); }

static uint64_t measure_call(long mask, long base, uint64_t gva, uint64_t bytes)
{
	uint64_t start = ticks();
	struct sbi_result result = sbi_call(SBI_RFENCE, RFENCE_SFENCE_VMA, mask, base, (long)gva, (long)bytes, 0);
	uint64_t end = ticks();
	if (result.error) {
		print("FAIL a remote fence: SBI error %d", (int64_t)result.error);
		finish_with(2);
	}
	return end - start;
}

static uint64_t measure_fence(void) { return measure_call(1, target_hart, SHARED, PAGE_BYTES); }
static uint64_t measure_fences(void) { return measure_call(0, -1, SHARED, PAGE_BYTES); }
static uint64_t measure_flush(void) { return measure_call(1, target_hart, 0, -1UL); }

static const struct series {
	const char *name;
	enum task task;
	part *target;
	uint64_t (*sample)(void);
	bool target_sleeps;
} all_series[] = {
	{"ipi-busy", PAIR, compute_and_take, measure_ipi, false},
	{"ipi-idle", PAIR, wait_and_take, measure_ipi, true},
	{"wake-idle", PAIR, wake_up, measure_ipi, true},
	{"timer-idle", PAIR, wait_for_timers, measure_timer, true},
	{"fence-busy", PAIR, compute, measure_fence, false},
	{"fence-idle", PAIR, wake_up, measure_fence, true},
	{"flush-busy", PAIR, compute, measure_flush, false},
	{"flush-idle", PAIR, wake_up, measure_flush, true},
	{"ipi-crowd-busy", CROWD, compute_and_take, measure_ipi, false},
	{"ipi-crowd-idle", CROWD, wait_and_take, measure_ipi, true},
	{"wake-crowd-idle", CROWD, wake_up, measure_ipi, true},
	{"timer-crowd-idle", CROWD, wait_for_timers, measure_timer, true},
	{"fence-crowd-busy", CROWD, compute, measure_fence, false},
	{"fence-crowd-idle", CROWD, wake_up, measure_fence, true},
	{"fences-crowd-busy", CROWD, compute, measure_fences, false},
	{"flush-crowd-busy", CROWD, compute, measure_flush, false},
	{0, 0, 0, 0, false},
};

static void begin_series(part *target)
{
	target_part = target;
	store(&current, current + 1);
}

static void end_series(void)
{
	store(&current, current + 1);
	while (load(&playing)) {
		sbi_call(SBI_IPI, 0, 0, -1, 0, 0, 0); /* who sleeps looks again */
		wait_ticks(IDLE_GAP);
		clear_csr(sip, SSIP); /* this hart's own */
	}
}

static void measure(const struct series *series)
{
	static uint64_t state = 3;
	uint64_t gap = series->target_sleeps ? IDLE_GAP : BUSY_GAP;
	uint64_t spread = series->target_sleeps ? IDLE_SPREAD : BUSY_SPREAD, taken = 0;
	begin_series(series->target);
	while (load(&playing) < (uint64_t)hart_count() - 1) pause();
	uint64_t start = ticks();
	for (uint64_t i = 0; taken < sample_count; i++) {
		/* The target itself lets time pass before a timer. */
		if (series->sample != measure_timer) wait_ticks(gap + next_random(&state) % spread);
		uint64_t value = series->sample(), elapsed = ticks() - start;
		if (i >= WARM_UP || (limit && elapsed > limit / 4)) samples[taken++] = (uint32_t)value;
		if (limit && elapsed > limit) break;
	}
	end_series();
	for (uint64_t i = 0; i < taken; i++) print("latency %s %u ticks", series->name, (uint64_t)samples[i]);
}

static void run_pairs_or_crowd(enum task task)
{
	others_busy = task == CROWD;
	set_root(root);
	for (const struct series *each = all_series; each->name; each++)
		if (each->task == task) measure(each);
	set_root(0);
	begin_series(0);
}

/* ---- tasks ---- */

static enum task task;
static int first_hart;

static void run(int hart)
{
	enum { FOR_EVER = 0 }; /* a series that does not end */
	if (task == PAIR || task == CROWD) {
		if (hart == first_hart) run_pairs_or_crowd(task);
		else serve(hart);
		return;
	}
	set_root(root);
	if (task == STAY_BUSY) compute(FOR_EVER);
	else wait(FOR_EVER);
}

int main(int boot_hart)
{
	task = (enum task)parameter(0, PAIR);
	sample_count = parameter(1, FEW_SAMPLES);
	if (sample_count > MOST_SAMPLES) sample_count = MOST_SAMPLES;
	limit = parameter(2, 0);
	first_hart = boot_hart;
	target_hart = (boot_hart + 1) % hart_count();
	map_pages();
	print("latency: %u harts", (uint64_t)hart_count());
	on_all_harts(run);
	finish("latency");
}
