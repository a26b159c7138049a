/*
 * The workloads on bare metal, harts as workers; they print the same lines as scale-linux. Parameters: how the amount is meant (0: in
 * all, 1: for each worker, 2: milliseconds), the amount, the number of workers (0: all harts), then the names, with spaces between.
 * A name may be followed by an amount of its own, in all or for each worker, and the milliseconds that it may take at most:
 * "bare/ring:strong:9000:2000" and "ring:weak:9000:2000", where what is before a slash is only repeated. Around such a workload are
 * the marks that tell manyhart scale where it begins and ends. Without parameters all run a little. Needs 256 MiB of RAM.
 */
#include "../runtime/parameters.h"
#include "bare.h"

enum { NANOSECONDS_PER_TICK = 100, ENTRIES = 512, LITTLE = 16, STIE = 1 << 5, LONGEST_NAME = 64 };
#define RAM 0x80000000UL
#define TABLES 0x87000000UL /* behind the parameters */
#define FREE 0x88000000UL
#define FREE_END 0x90000000UL
#define TIMER_INTERRUPT (1UL << 63 | 5)

static page_table root, gigabyte;
static uint64_t next_free = FREE;
static int workers; /* 0: all harts */

static void map_pages(void)
{
	uint64_t *leaves = (uint64_t *)TABLES;
	map_identity(root);
	for (uint64_t i = 0; i < (FREE_END - RAM) / PAGE_BYTES; i++)
		leaves[i] = pte_to((void *)(RAM + i * PAGE_BYTES), PTE_RW_SET | PTE_X);
	for (uint64_t i = 0; i < (FREE_END - RAM) / PAGE_BYTES / ENTRIES; i++)
		gigabyte[i] = pte_to(leaves + i * ENTRIES, PTE_V);
	root[RAM >> 30] = pte_to(gigabyte, PTE_V);
}

volatile uint64_t *pte_of(const volatile void *page) { return (uint64_t *)TABLES + ((uint64_t)page - RAM) / PAGE_BYTES; }

/* ---- what scale.h asks for ---- */

void *shared_memory(size_t bytes)
{
	void *memory = (void *)next_free;
	next_free += (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
	if (next_free > FREE_END) {
		print("scale: out of memory");
		finish_with(1);
	}
	/* What an earlier workload has left. */
	for (uint64_t *word = memory; word < (uint64_t *)next_free; word++) *word = 0;
	return memory;
}

uint64_t now(void) { return ticks() * NANOSECONDS_PER_TICK; }

static void stop(struct trap_frame *frame)
{
	if (frame->cause != TIMER_INTERRUPT) {
		print("scale: unexpected trap: scause 0x%x, sepc 0x%x, stval 0x%x", frame->cause, frame->pc, frame->value);
		finish_with(2);
	}
	sbi_call(SBI_TIME, 0, -1, 0, 0, 0, 0);
	__atomic_store_n(&run->stopping, true, __ATOMIC_RELAXED);
}

void stop_after(uint64_t nanoseconds)
{
	set_trap_handler(stop);
	sbi_call(SBI_TIME, 0, nanoseconds ? (long)(ticks() + nanoseconds / NANOSECONDS_PER_TICK) : -1, 0, 0, 0, 0);
	set_csr(sie, STIE);
	set_csr(sstatus, SSTATUS_SIE);
}

void yield_hart(void) {}

void tell(const char *what) { print("scale: measured part %s.", what); }

struct cost cost_so_far(void) { return (struct cost){0, 0, 0}; }

void broken(const char *what)
{
	print("scale: %s: %s", run->workload->name, what);
	finish_with(1);
}

/* ---- workers ---- */

static void be_hart(int hart)
{
	set_root(root);
	if (hart < run->threads) be_worker(hart);
}

static void run_workload(const struct workload *workload, enum amount kind, uint64_t amount, uint64_t limit)
{
	static const char digits[] = "0123456789abcdef";
	int most = hart_count() < MOST_WORKERS ? hart_count() : MOST_WORKERS;
	char checksum[17] = "-";
	next_free = FREE;
	prepare_run(workload, workers && workers < most ? workers : most, kind, amount, limit);
	on_all_harts(be_hart);
	for (int i = 0; all_done() && i < 16; i++) checksum[i] = digits[run->checksum >> (60 - 4 * i) & 15];
	print("scale %s threads %d operations %u ns %u checksum %s", workload->name, (int64_t)run->threads, run->operations,
	      run->nanoseconds, checksum);
}

/* Copies what is before a space or a colon, and returns what follows; 0 at the end. */
static const char *next_word(const char *from, char *word)
{
	size_t length = 0;
	while (*from == ' ' || *from == ':') from++;
	if (!*from) return 0;
	for (; *from && *from != ' ' && *from != ':'; from++)
		if (length < LONGEST_NAME - 1) word[length++] = *from;
	word[length] = 0;
	return from;
}

static uint64_t number_in(const char *digits)
{
	uint64_t number = 0;
	for (; *digits >= '0' && *digits <= '9'; digits++) number = 10 * number + (uint64_t)(*digits - '0');
	return number;
}

static const char *without_folder(const char *name)
{
	for (const char *at = name; *at; at++)
		if (*at == '/') name = at + 1;
	return name;
}

/* Returns what follows. */
static const char *run_named(const char *name, const char *from, enum amount kind, uint64_t amount)
{
	char scaling[LONGEST_NAME], work[LONGEST_NAME], time[LONGEST_NAME];
	const struct workload *workload = find_workload(without_folder(name));
	if (!workload) {
		print("scale: no workload %s", name);
		finish_with(2);
	}
	if (*from != ':') {
		run_workload(workload, kind, amount, 0);
		return from;
	}
	from = next_word(from, scaling);
	from = from ? next_word(from, work) : 0;
	from = from ? next_word(from, time) : 0;
	if (!from) {
		print("scale: no amount, or no time for %s", name);
		finish_with(2);
	}
	print("scale: begin %s %s.", name, scaling);
	run_workload(workload, scaling[0] == 'w' ? PER_WORKER : IN_ALL, number_in(work), number_in(time));
	print("scale: end %s %s 0.", name, scaling);
	return from;
}

int main(int boot_hart)
{
	(void)boot_hart;
	enum amount kind = (enum amount)parameter(0, IN_ALL);
	uint64_t amount = parameter(1, LITTLE);
	const char *names = (const char *)(PARAMETERS + 32);
	char name[LONGEST_NAME];
	workers = (int)parameter(2, 0);
	map_pages();
	set_root(root);
	if (parameter(1, 0) == 0)
		for (const struct workload *each = workloads; each->name; each++) run_workload(each, kind, amount, 0);
	else
		while ((names = next_word(names, name))) names = run_named(name, names, kind, amount);
	finish("scale");
}
