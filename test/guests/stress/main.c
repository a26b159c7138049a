/*
 * Fences of translations under stress. Every hart uses pages of several address spaces, remaps pages of its own, and fences all harts;
 * all at the same time, until a time or a number of rounds is over. A page has one of two frames in turn, and a generation, which its
 * frame holds. Once a fence is complete, no hart may read an older generation, and no store may come into the frame that the page had.
 * Among these steps come others, if they are wanted: atomics on shared words, code that is rewritten under other harts, and devices.
 *
 * Parameters: the seed; milliseconds and rounds of each hart, 0 for no limit; milliseconds between two lines of progress; kinds of steps;
 * 1 if the host remaps pages of its own, too (the 7th), which it finds by the line "host ADDRESS"; the 6th is
 * 1 for few pages and one mix of steps, which the seed draws: so harts meet in short runs, and all kinds of mixes come in many. Without
 * it such phases take turns with others in which all pages are used.
 * Prints "progress ACCESSES FENCES SWITCHES", "# …" for the console's sake, and "VIOLATION …" with the last events of each hart, for
 * which it exits with 1.
 */
#include "../runtime/parameters.h"
#include "../runtime/random.h"
#include "../runtime/sleep.h"
#include "../runtime/user.h"

enum { SPACES = 6, SLOTS = 32, GLOBALS = 16, MEGAPAGES = SPACES, PAGES = SPACES * SLOTS + GLOBALS, ENTRIES = 512 };
enum { DEFAULT_ROUNDS = 2000, TICKS_PER_MILLISECOND = 10000, STIE = 1 << 5, MOST_PAGES = 12, CHURNED = 8, EVENTS = 16 };
enum { ILLEGAL_INSTRUCTION = 2, LOAD_ACCESS_FAULT = 5, HSM_STOPPED = 1, ASIDS_OF_HART = 3, FIRST_OWN_ASID = 1000 };
enum { LOOKS_BEFORE_NAP = 100, NAP_TICKS = 200, ROUNDS_OF_PHASE = 1024 };
#define FIRST_MEGAFRAME 0x88000000UL
#define MEGAPAGE_BYTES 0x200000UL
#define ASID_SHIFT 44
#define FREE (0xf4eeUL << 48)
#define load_acquire(place) __atomic_load_n(&(place), __ATOMIC_ACQUIRE)
#define store_release(place, value) __atomic_store_n(&(place), value, __ATOMIC_RELEASE)

enum kinds { FLUSHES = 1, ATOMICS = 2, CODE = 4, DEVICES = 8 };
static uint64_t seed, most_rounds, last_tick, progress_ticks, kinds;
static int hart_total; /* hart_count() asks the SBI each time. */
static bool has_one_mix, has_host;
static uint64_t phase; /* of all harts; counted by hart 0 */
static bool is_over;
static volatile bool has_svinval = true;

/* Which pages harts use, and which steps they take more often. */
struct mix {
	int spaces, slots, globals;
	uint64_t remaps, bursts, sweeps;
	int scope; /* of fences; -1: any */
	bool only_sbi, revisits;
};

/* ---- events, for the description of a violation ---- */

enum event_kind { REMAP, FENCED, VISIT, ENTER, CHURN, SLEEP, STOP, SERVE };
static const char *const event_names[] = {"remaps", "has fenced", "uses", "enters", "churns", "sleeps", "stops", "fences for others"};
static struct event {
	uint64_t round;
	enum event_kind kind;
	uint64_t what, how;
} events[MAXIMUM_HARTS][EVENTS];

static struct hart {
	uint64_t random, rounds, accesses, fences, switches, event_count;
	int space; /* or -1: one of its own */
	uint64_t phase;
	struct mix mix;
	int last_page, last_way; /* of a visit in this space; -1: none */
	bool present, faulted;
	volatile bool expects_fault;
	/* Fences that others asked this hart for, and those that it has made. */
	uint64_t asked, answered;
} __attribute__((aligned(128))) harts[MAXIMUM_HARTS];

static uint64_t below(struct hart *hart, uint64_t limit) { return next_random(&hart->random) % limit; }

static void note(int number, enum event_kind kind, uint64_t what, uint64_t how)
{
	struct hart *hart = &harts[number];
	events[number][hart->event_count++ % EVENTS] = (struct event){hart->rounds, kind, what, how};
}

static void end_with_violation(void)
{
	for (int number = 0; number < hart_total; number++) {
		uint64_t end = harts[number].event_count;
		for (uint64_t i = end > EVENTS ? end - EVENTS : 0; i < end; i++) {
			struct event *event = &events[number][i % EVENTS];
			print("event hart %d, step %u: %s 0x%x, 0x%x", (int64_t)number, event->round, event_names[event->kind],
			      event->what, event->how);
		}
	}
	finish_with(1);
}

/* One hart describes its violation; others wait for the end. */
static void begin_violation(int number)
{
	static struct lock first;
	acquire(&first);
	print("VIOLATION seed %u, hart %d, step %u, satp 0x%x", seed, (int64_t)number, harts[number].rounds, read_csr(satp));
}

/* ---- frames ---- */

struct frame {
	volatile uint64_t number;		  /* page << 32 | generation, or FREE */
	uint32_t code[2];			  /* returns a stamp; to be run in U-mode */
	volatile uint64_t written[MAXIMUM_HARTS]; /* by each hart, or FREE */
} __attribute__((aligned(PAGE_BYTES)));
static struct frame frames[2 * PAGES];
/* Frames of spaces that one hart makes for itself. */
static struct frame own_frames[MAXIMUM_HARTS][CHURNED];
static uint32_t reader[2] __attribute__((aligned(PAGE_BYTES))) = {0x53503, 0x73}; /* ld a0, (a0); ecall */
static const uint32_t ecall = 0x73;

/* Of each page: the latest one, stored before its PTE; and the least that may be read, stored after its fence. */
static uint64_t generations[PAGES + MEGAPAGES], least[PAGES + MEGAPAGES];
/* Of the frames, 11 bits, and of the latest generations of a page. */
enum { STAMPS = 1 << 11, HISTORY = 16, BURST = 300, HOST_BURST = 30 };
static uint16_t frame_stamps[2 * PAGES], stamps[PAGES][HISTORY];

static struct frame *frame_of(int page, uint64_t generation) { return &frames[2 * page + (generation & 1)]; }
static uint64_t number_of(int page, uint64_t generation) { return (uint64_t)page << 32 | generation; }

static const int sampled[] = {0, 7, ENTRIES - 1};
static volatile uint64_t *megaframe_word(int megapage, uint64_t generation, int sample)
{
	uint64_t megaframe = 2 * (uint64_t)megapage + (generation & 1);
	return (uint64_t *)(FIRST_MEGAFRAME + megaframe * MEGAPAGE_BYTES + (uint64_t)sampled[sample] * PAGE_BYTES);
}

/* ---- spaces ---- */

/* Gigabytes of each space: its own pages and the global ones, in each once for S-mode and once for U-mode. */
enum window { OWN = 64, GLOBAL = 66 };
enum mode { SUPERVISOR, USER, MODES };
static const uint64_t leaf_flags[MODES] = {PTE_RW_SET | PTE_X, PTE_RW_SET | PTE_X | PTE_U};
enum { READER_SLOT = ENTRIES - 1 };

struct space {
	page_table root, middle[MODES], leaves[MODES];
};
static struct space spaces[SPACES], own_spaces[MAXIMUM_HARTS];
static page_table global_middle[MODES], global_leaves[MODES];

static bool is_global(int page) { return page >= SPACES * SLOTS; }
static int space_of(int page) { return page / SLOTS; }
static int slot_of(int page) { return is_global(page) ? page - SPACES * SLOTS : page % SLOTS; }
static uint64_t asid_of(int space) { return (uint64_t)space + 1; }
static uint64_t address_of(int page, enum mode mode)
{
	return ((uint64_t)(is_global(page) ? GLOBAL : OWN) + mode) << 30 | (uint64_t)slot_of(page) * PAGE_BYTES;
}
static uint64_t megapage_address(int sample)
{
	return ((uint64_t)OWN << 30) + MEGAPAGE_BYTES + (uint64_t)sampled[sample] * PAGE_BYTES;
}

static void show(int page, uint64_t generation)
{
	__atomic_thread_fence(__ATOMIC_RELEASE); /* what is in the frame, before the PTE */
	for (enum mode mode = 0; mode < MODES; mode++) {
		page_table *leaves = is_global(page) ? &global_leaves[mode] : &spaces[space_of(page)].leaves[mode];
		(*leaves)[slot_of(page)] = pte_to(frame_of(page, generation), leaf_flags[mode] | (is_global(page) ? PTE_G : 0));
	}
}

static void show_megapage(int megapage, uint64_t generation)
{
	__atomic_thread_fence(__ATOMIC_RELEASE);
	spaces[megapage].middle[SUPERVISOR][1] = pte_to((void *)megaframe_word(megapage, generation, 0), leaf_flags[SUPERVISOR]);
}

/* ---- pages that the host remaps: one of each space, and a global one ---- */

enum { HOST_SLOT = 64, HOST_PAGES = SPACES + 1 };
/* src/stress/host-remapper.ts has the same. */
static struct {
	uint64_t count;
	struct host_page {
		uint64_t least, pte, frames[2], address, asid;
	} pages[HOST_PAGES];
} host_area;
static struct {
	volatile uint64_t number;
} __attribute__((aligned(PAGE_BYTES))) host_frames[2 * HOST_PAGES];

static void make_host_pages(void)
{
	for (int page = 0; page < HOST_PAGES; page++) {
		bool of_all = page == SPACES;
		uint64_t *pte = of_all ? &global_leaves[SUPERVISOR][HOST_SLOT] : &spaces[page].leaves[SUPERVISOR][HOST_SLOT];
		struct host_page *of_host = &host_area.pages[page];
		for (int i = 0; i < 2; i++) of_host->frames[i] = (uint64_t)&host_frames[2 * page + i];
		of_host->pte = (uint64_t)pte;
		of_host->address = (uint64_t)(of_all ? GLOBAL : OWN) << 30 | HOST_SLOT * PAGE_BYTES;
		of_host->asid = of_all ? 0 : asid_of(page);
		host_frames[2 * page].number = (uint64_t)page << 32;
		host_frames[2 * page + 1].number = FREE;
		*pte = pte_to((void *)&host_frames[2 * page], leaf_flags[SUPERVISOR] | (of_all ? PTE_G : 0));
	}
	host_area.count = HOST_PAGES;
}

static void make_space(struct space *space)
{
	map_identity(space->root);
	for (int gigabyte = 0; gigabyte < 4; gigabyte++) space->root[gigabyte] |= PTE_G;
	for (enum mode mode = 0; mode < MODES; mode++) {
		space->root[OWN + mode] = pte_to(space->middle[mode], PTE_V);
		space->middle[mode][0] = pte_to(space->leaves[mode], PTE_V);
		space->root[GLOBAL + mode] = pte_to(global_middle[mode], PTE_V | PTE_G);
	}
	space->leaves[USER][READER_SLOT] = pte_to(reader, leaf_flags[USER]);
}

static void stamp_frame(struct frame *frame, uint16_t stamp)
{
	frame_stamps[frame - frames] = stamp;
	frame->code[0] = (uint32_t)stamp << 20 | 0x513; /* addi a0, zero, stamp */
	frame->code[1] = ecall;
}

static void free_frame(struct frame *frame)
{
	frame->number = FREE;
	for (int hart = 0; hart < MAXIMUM_HARTS; hart++) frame->written[hart] = FREE;
}

static void make_spaces(void)
{
	for (uint32_t i = 0; i < 2 * PAGES; i++) {
		stamp_frame(&frames[i], (uint16_t)(i % STAMPS));
		free_frame(&frames[i]);
	}
	for (enum mode mode = 0; mode < MODES; mode++) global_middle[mode][0] = pte_to(global_leaves[mode], PTE_V);
	for (int i = 0; i < SPACES; i++) make_space(&spaces[i]);
	for (int i = 0; i < hart_total; i++) make_space(&own_spaces[i]);
	for (int page = 0; page < PAGES; page++) {
		frame_of(page, 0)->number = number_of(page, 0);
		stamps[page][0] = frame_stamps[frame_of(page, 0) - frames];
		show(page, 0);
	}
	for (int megapage = 0; megapage < MEGAPAGES; megapage++) {
		for (int sample = 0; sample < 3; sample++)
			*megaframe_word(megapage, 0, sample) = number_of(PAGES + megapage, 0);
		show_megapage(megapage, 0);
	}
	make_host_pages();
	fence_i();
	fence_all();
}

static void write_satp(const struct space *space, uint64_t asid)
{
	write_csr(satp, 8UL << 60 | asid << ASID_SHIFT | (uint64_t)space->root >> 12);
}

static void enter(int number, int space)
{
	harts[number].space = space;
	harts[number].last_page = -1;
	harts[number].switches++;
	write_satp(&spaces[space], asid_of(space));
}

/* ---- fences ---- */

enum scope { EVERYTHING, ASID, RANGE, RANGE_OF_ASID, SCOPES };

/* Pages that follow each other, or samples of a megapage. */
struct change {
	uint64_t start, count, asid;
	enum scope scope;
	bool is_mega;
};

static enum scope scope_by_lot(struct hart *hart)
{
	return (enum scope)(hart->mix.scope >= 0 ? (uint64_t)hart->mix.scope : below(hart, SCOPES));
}

/* On this hart, by sfence.vma or Svinval. Zeroes are x0: every page, every ASID. */
static void fence_here(struct hart *hart, const struct change *change)
{
	bool has_address = change->scope == RANGE || change->scope == RANGE_OF_ASID;
	bool has_asid = change->scope == ASID || change->scope == RANGE_OF_ASID;
	bool batches = below(hart, 2) && has_svinval;
	uint64_t asid = change->asid;
	if (batches) __asm__ volatile(".word 0x18000073" ::: "memory"); /* sfence.w.inval */
	for (enum mode mode = 0; mode < MODES; mode++)
		for (uint64_t i = 0; i < (has_address ? change->count : 1); i++) {
			uint64_t gva = change->start + ((uint64_t)mode << 30) + i * PAGE_BYTES;
#define FENCE(rs1, rs2) do { \
		if (batches) __asm__ volatile(".insn r 0x73, 0, 0x0b, zero, " rs1 ", " rs2 ::"r"(gva), "r"(asid) : "memory"); \
		else __asm__ volatile("sfence.vma " rs1 ", " rs2 ::"r"(gva), "r"(asid) : "memory"); \
	} while (0)
			if (has_address && has_asid) FENCE("%0", "%1");
			else if (has_address) FENCE("%0", "zero");
			else if (has_asid) FENCE("zero", "%1");
			else FENCE("zero", "zero");
		}
	if (batches) __asm__ volatile(".word 0x18100073" ::: "memory"); /* sfence.inval.ir */
}

static void fence_by_sbi(const struct change *change)
{
	bool has_address = change->scope == RANGE || change->scope == RANGE_OF_ASID;
	bool has_asid = change->scope == ASID || change->scope == RANGE_OF_ASID;
	for (enum mode mode = 0; mode < (has_address && !change->is_mega ? MODES : 1); mode++) {
		uint64_t start = has_address ? change->start + ((uint64_t)mode << 30) : 0;
		long bytes = has_address ? (long)(change->count * PAGE_BYTES) : -1;
		long function = has_asid ? RFENCE_SFENCE_VMA_ASID : RFENCE_SFENCE_VMA;
		struct sbi_result result = sbi_call(SBI_RFENCE, function, 0, -1, (long)start, bytes, (long)change->asid);
		if (result.error) {
			print("FAIL SBI error %d", (int64_t)result.error);
			finish_with(2);
		}
	}
}

/* Between two looks at what another hart is to do: that may need this hart's core. */
static void relax(int look)
{
	if (look < LOOKS_BEFORE_NAP) return pause();
	sbi_call(SBI_TIME, 0, (long)(ticks() + NAP_TICKS), 0, 0, 0, 0);
	__asm__ volatile("wfi" ::: "memory");
	clear_csr(sip, SSIP);
	sbi_call(SBI_TIME, 0, -1, 0, 0, 0, 0);
}

/* What a hart asks all others for, as kernels do by interrupts. One at a time. */
static struct lock asking;
static struct change asked_for;

static void serve(int number)
{
	struct hart *hart = &harts[number];
	uint64_t asked = load_acquire(hart->asked);
	if (asked == hart->answered) return;
	note(number, SERVE, asked_for.start, asked_for.scope);
	fence_here(hart, &asked_for);
	store_release(hart->answered, asked);
}

static void fence_by_asking(int number, const struct change *change)
{
	fence_here(&harts[number], change);
	for (int look = 0; __atomic_exchange_n(&asking.held, 1, __ATOMIC_ACQUIRE); look++) serve(number), relax(look);
	asked_for = *change;
	/* The PTEs before the look at who is present. Pairs with become_present(). */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	uint64_t mask = 0;
	for (int other = 0; other < hart_total; other++)
		if (other != number && load_acquire(harts[other].present)) {
			store_release(harts[other].asked, harts[other].asked + 1);
			mask |= 1UL << other;
		}
	if (mask) sbi_call(SBI_IPI, 0, (long)mask, 0, 0, 0, 0);
	for (int other = 0; other < hart_total; other++) {
		struct hart *target = &harts[other];
		if (!(mask >> other & 1)) continue;
		for (int look = 0; load_acquire(target->answered) != target->asked && load_acquire(target->present); look++) relax(look);
	}
	release(&asking);
}

/* From here on this hart is asked. It sees the PTEs of all that have not asked it. */
static void become_present(int number)
{
	store_release(harts[number].answered, load_acquire(harts[number].asked));
	__atomic_store_n(&harts[number].present, true, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	fence_all();
}

static void fence(int number, const struct change *change)
{
	if (below(&harts[number], 4) || harts[number].mix.only_sbi) fence_by_sbi(change);
	else fence_by_asking(number, change);
	harts[number].fences++;
	note(number, FENCED, change->start, change->scope);
}

/* ---- phases ---- */

static const struct mix all_pages = {.spaces = SPACES, .slots = SLOTS, .globals = GLOBALS, .scope = -1};

static struct mix draw_mix(uint64_t number)
{
	uint64_t state = (number + 1) * 0x9e3779b97f4a7c15UL, bits = next_random(&state) >> 16;
	bool has_all_slots = !has_one_mix && (bits >> 17 & 1);
	int slots = has_all_slots || hart_total > SLOTS ? SLOTS : hart_total < 4 ? 4 : hart_total;
	return (struct mix){
		.spaces = 1 + (int)(bits & 1) + (int)(bits >> 1 & 1),
		.slots = slots,
		.globals = bits >> 2 & 1 ? slots < GLOBALS ? slots : GLOBALS : 0,
		.remaps = 60 + 80 * (bits >> 3 & 3),
		.scope = bits >> 6 & 1 ? (int)(bits >> 7 & 3) : -1,
		.bursts = 60 * (bits >> 10 & 3),
		.sweeps = 40 * (bits >> 12 & 3),
		.only_sbi = bits >> 14 & 1,
		.revisits = bits >> 15 & 3,
	};
}

static void begin_phase(struct hart *hart, uint64_t number)
{
	hart->phase = number;
	hart->mix = has_one_mix ? draw_mix(seed) : number % 2 ? all_pages : draw_mix(seed + number);
}

/* ---- remapping ---- */

static void expect_free(int number, int page, struct frame *frame)
{
	for (int hart = 0; hart < hart_total; hart++) {
		if (frame->written[hart] == FREE) continue;
		begin_violation(number);
		print("a store came into a frame whose page was remapped and fenced: page %d, hart %d stored 0x%x", (int64_t)page,
		      (int64_t)hart, frame->written[hart]);
		end_with_violation();
	}
}

/* New code, which each hart has fenced before it can run. */
static void write_code(struct frame *frame)
{
	stamp_frame(frame, (uint16_t)((frame_stamps[frame - frames] + 2) % STAMPS));
	fence_i();
	sbi_call(SBI_RFENCE, RFENCE_FENCE_I, 0, -1, 0, 0, 0);
}

/* Pages of this hart that follow each other in a window; others' may lie between them. */
static void remap(int number)
{
	struct hart *hart = &harts[number];
	uint64_t count = (uint64_t)hart_total;
	const struct mix *mix = &hart->mix;
	uint64_t of_spaces = (uint64_t)(mix->spaces * mix->slots);
	bool of_all = below(hart, of_spaces + (uint64_t)mix->globals) >= of_spaces;
	int base = of_all ? SPACES * SLOTS : (int)below(hart, (uint64_t)mix->spaces) * SLOTS;
	int end = base + (of_all ? mix->globals : mix->slots);
	int first = base + (int)below(hart, (uint64_t)(end - base));
	first += (number - first % hart_total + hart_total) % hart_total;
	if (first >= end) return;
	uint64_t span = below(hart, 4) ? 1 : 1 + below(hart, MOST_PAGES);
	if (first + (int)span < end) end = first + (int)span;
	for (int page = first; page < end; page += (int)count) {
		uint64_t generation = generations[page] + 1;
		struct frame *frame = frame_of(page, generation);
		expect_free(number, page, frame);
		for (int other = 0; other < hart_total; other++) frame->written[other] = 0;
		frame->number = number_of(page, generation);
		if (!below(hart, 4)) write_code(frame);
		stamps[page][generation % HISTORY] = frame_stamps[frame - frames];
		store_release(generations[page], generation);
		show(page, generation);
		note(number, REMAP, (uint64_t)page, generation);
	}
	struct change change = {.start = address_of(first, SUPERVISOR), .count = (uint64_t)(end - first)};
	change.scope = is_global(first) ? (below(hart, 2) ? EVERYTHING : RANGE) : scope_by_lot(hart);
	change.asid = is_global(first) ? 0 : asid_of(space_of(first));
	fence(number, &change);
	for (int page = first; page < end; page += (int)count) {
		store_release(least[page], generations[page]);
		free_frame(frame_of(page, generations[page] + 1));
	}
}

static void remap_megapage(int number)
{
	struct hart *hart = &harts[number];
	int megapage = (int)below(hart, (uint64_t)hart->mix.spaces);
	if (megapage % hart_total != number) return;
	int page = PAGES + megapage;
	uint64_t generation = generations[page] + 1;
	for (int sample = 0; sample < 3; sample++) *megaframe_word(megapage, generation, sample) = number_of(page, generation);
	store_release(generations[page], generation);
	show_megapage(megapage, generation);
	note(number, REMAP, (uint64_t)page, generation);
	struct change change = {.start = megapage_address((int)below(hart, 3)), .count = 1, .is_mega = true};
	change.scope = scope_by_lot(hart);
	change.asid = asid_of(megapage);
	fence(number, &change);
	store_release(least[page], generation);
	for (int sample = 0; sample < 3; sample++) *megaframe_word(megapage, generation + 1, sample) = FREE;
}

/* ---- using pages ---- */

enum way { LOAD, LOAD_BY_GP, LOAD_USER_PAGE, LOAD_AS_USER, FETCH_AS_USER, STORE, WAYS, LOADS = WAYS };
static const char *const way_names[] = {"a load", "a load by gp", "a load of a user page", "a load in user mode", "a fetch in user mode", "a store"};

static void on_trap(struct trap_frame *trap)
{
	struct hart *hart = &harts[this_hart()];
	if (ends_user(trap)) return;
	if (trap->cause == ILLEGAL_INSTRUCTION && trap->value == 0x18000073) {
		has_svinval = false;
		trap->pc += 4;
	} else if ((int64_t)trap->cause < 0) {
		/* In user mode. Each step looks at what was asked for. */
		clear_csr(sip, SSIP);
		sbi_call(SBI_TIME, 0, -1, 0, 0, 0, 0);
	} else if (trap->cause == LOAD_ACCESS_FAULT && hart->expects_fault) {
		hart->faulted = true;
		trap->pc += 4;
	} else {
		begin_violation(this_hart());
		print("an exception: scause 0x%x, sepc 0x%x, stval 0x%x", trap->cause, trap->pc, trap->value);
		end_with_violation();
	}
}

static uint64_t look(struct hart *hart, enum way way, int page)
{
	struct frame *supervisors = (struct frame *)address_of(page, SUPERVISOR), *users = (struct frame *)address_of(page, USER);
	switch (way) {
	case LOAD: return supervisors->number;
	case LOAD_BY_GP: { /* which nothing else here uses: its last page stays */
		uint64_t number;
		__asm__ volatile("mv gp, %1\n ld %0, (gp)" : "=r"(number) : "r"(&supervisors->number) : "gp", "memory");
		return number;
	}
	case LOAD_USER_PAGE: {
		set_csr(sstatus, SSTATUS_SUM);
		uint64_t number = users->number;
		clear_csr(sstatus, SSTATUS_SUM);
		return number;
	}
	case LOAD_AS_USER: return as_user(((OWN + USER) * 1UL << 30) + READER_SLOT * PAGE_BYTES, (uint64_t)users);
	case FETCH_AS_USER: return as_user((uint64_t)users->code, 0);
	default: {
		int number = this_hart();
		struct frame *to = hart->rounds & 1 ? supervisors : users;
		set_csr(sstatus, SSTATUS_SUM);
		to->written[number] = hart->rounds;
		clear_csr(sstatus, SSTATUS_SUM);
		return 0;
	}
	}
}

static void expect(int number, enum way way, int page, uint64_t at_least, uint64_t got)
{
	bool is_right = got >> 32 == (uint64_t)page && (uint32_t)got >= at_least;
	if (way == FETCH_AS_USER) {
		uint64_t now = load_acquire(generations[page]);
		/* A hart that was away for long cannot tell. */
		is_right = now - at_least >= HISTORY - 1;
		for (uint64_t generation = at_least; !is_right && generation <= now; generation++)
			is_right = got == stamps[page][generation % HISTORY];
	}
	if (is_right) return;
	begin_violation(number);
	print("%s got 0x%x from page 0x%x at 0x%x: want generation %u or later, now %u", way_names[way], got, (uint64_t)page,
	      page < PAGES ? address_of(page, way <= LOAD_BY_GP ? SUPERVISOR : USER) : megapage_address(0), at_least,
	      load_acquire(generations[page]));
	end_with_violation();
}

static void visit(int number)
{
	struct hart *hart = &harts[number];
	const struct mix *mix = &hart->mix;
	int page = !mix->globals || below(hart, 8) ? hart->space * SLOTS + (int)below(hart, (uint64_t)mix->slots)
						   : SPACES * SLOTS + (int)below(hart, (uint64_t)mix->globals);
	enum way way = (enum way)below(hart, WAYS);
	/* One page of each space, so that gp's last page is often the one that is looked for. */
	if (way == LOAD_BY_GP) page = hart->space * SLOTS + 7 * number % mix->slots;
	if (mix->revisits && hart->last_page >= 0 && below(hart, 4)) page = hart->last_page, way = (enum way)hart->last_way;
	hart->last_page = page, hart->last_way = way;
	note(number, VISIT, (uint64_t)page, way);
	hart->accesses++;
	/* Before the access. Pairs with the store after the fence. */
	uint64_t at_least = load_acquire(least[page]), got = look(hart, way, page);
	if (way != STORE) expect(number, way, page, at_least, got);
}

/* Many loads in a row, in code that looks at no bell meanwhile. */
static void visit_often(int number)
{
	struct hart *hart = &harts[number];
	int page = hart->space * SLOTS + (int)below(hart, (uint64_t)hart->mix.slots);
	volatile uint64_t *word = &((struct frame *)address_of(page, SUPERVISOR))->number;
	uint64_t *from = &least[page];
	note(number, VISIT, (uint64_t)page, LOADS);
	for (int i = 0; i < BURST; i++) {
		uint64_t at_least = load_acquire(*from), got = *word;
		if (got >> 32 != (uint64_t)page || (uint32_t)got < at_least) expect(number, LOAD, page, at_least, got);
	}
	hart->accesses += BURST;
}

/* Many pages in a row, in code that looks at no bell meanwhile. */
static void sweep(int number)
{
	struct hart *hart = &harts[number];
	int first = hart->space * SLOTS;
	note(number, VISIT, (uint64_t)first, LOADS);
	for (int i = 0; i < BURST; i++) {
		int page = first + i % hart->mix.slots;
		uint64_t at_least = load_acquire(least[page]);
		uint64_t got = *(volatile uint64_t *)(((uint64_t)OWN << 30) + (uint64_t)(i % hart->mix.slots) * PAGE_BYTES);
		if (got >> 32 != (uint64_t)page || (uint32_t)got < at_least) expect(number, LOAD, page, at_least, got);
	}
	hart->accesses += BURST;
}

static void visit_megapage(int number)
{
	struct hart *hart = &harts[number];
	int page = PAGES + hart->space;
	uint64_t at_least = load_acquire(least[page]);
	hart->accesses++;
	expect(number, LOAD, page, at_least, *(volatile uint64_t *)megapage_address((int)below(hart, 3)));
}

/* Many loads, so that some are at the time of a fence. */
static void visit_host_page(int number)
{
	struct hart *hart = &harts[number];
	int page = below(hart, 4) ? hart->space : SPACES;
	struct host_page *of_host = &host_area.pages[page];
	volatile uint64_t *word = (volatile uint64_t *)of_host->address;
	note(number, VISIT, HOST_SLOT, (uint64_t)page);
	for (int i = 0; i < HOST_BURST; i++) {
		uint64_t at_least = load_acquire(of_host->least), got = *word;
		if (got >> 32 == (uint64_t)page && (uint32_t)got >= at_least) continue;
		begin_violation(number);
		print("a load got 0x%x from page %d of the host at 0x%x: want generation %u or later, now %u", got, (int64_t)page,
		      of_host->address, at_least, load_acquire(of_host->least));
		end_with_violation();
	}
	hart->accesses += HOST_BURST;
}

/* Nothing is mapped to anything at address 0: a table that has just been emptied must not match it. */
static void visit_nothing(int number)
{
	struct hart *hart = &harts[number];
	uint64_t got = 0;
	if (below(hart, 2)) fence_all();
	hart->faulted = false;
	hart->expects_fault = true;
	__asm__ volatile(".option push\n .option norvc\n ld %0, (zero)\n .option pop" : "+r"(got)::"memory");
	hart->expects_fault = false;
	if (hart->faulted) return;
	begin_violation(number);
	print("a load of address 0, where nothing is, did not fault, and got 0x%x", got);
	end_with_violation();
}

/* A space that lives shortly, as after fork and exec: an ASID that others had, fenced on this hart only. */
static void churn(int number)
{
	struct hart *hart = &harts[number];
	struct space *space = &own_spaces[number];
	uint64_t asid = FIRST_OWN_ASID + (uint64_t)number * ASIDS_OF_HART + below(hart, ASIDS_OF_HART);
	struct frame *shown[CHURNED];
	note(number, CHURN, asid, 0);
	for (int slot = 0; slot < CHURNED; slot++) {
		shown[slot] = &own_frames[number][below(hart, CHURNED)];
		shown[slot]->number = (uint64_t)(shown[slot] - own_frames[number]) + FREE + 1;
		for (enum mode mode = 0; mode < MODES; mode++) space->leaves[mode][slot] = pte_to(shown[slot], leaf_flags[mode]);
	}
	bool is_before = below(hart, 2);
	struct change change = {.asid = asid, .scope = below(hart, 4) ? ASID : EVERYTHING, .count = 1};
	if (is_before) fence_here(hart, &change);
	write_satp(space, asid);
	if (!is_before) fence_here(hart, &change);
	for (int i = 0; i < CHURNED; i++) {
		int slot = (int)below(hart, CHURNED);
		enum way way = (enum way)below(hart, FETCH_AS_USER);
		uint64_t got = look(hart, way, slot); /* of space 0: the same addresses */
		hart->accesses++;
		if (got == shown[slot]->number) continue;
		begin_violation(number);
		print("%s in a new address space, slot %d: got 0x%x, want 0x%x", way_names[way], (int64_t)slot, got, shown[slot]->number);
		end_with_violation();
	}
	enter(number, (int)below(hart, (uint64_t)hart->mix.spaces));
}

/* ---- atomics: each hart knows what it has done to the words ---- */

static struct {
	uint64_t tickets, counter; /* by AMOs, and by LR and SC */
	uint32_t tickets32, counter32;
	uint64_t bits, parity, greatest, token[MAXIMUM_HARTS];
	struct lock lock;
	volatile uint64_t one, other; /* equal outside the lock */
} __attribute__((aligned(PAGE_BYTES))) shared;
static struct tally {
	uint64_t tickets, counter, tickets32, counter32, parity, locked, last_ticket, token;
	bool bit;
} __attribute__((aligned(128))) tallies[MAXIMUM_HARTS];

static void expect_word(int number, bool is_right, const char *what, uint64_t got, uint64_t want)
{
	if (is_right) return;
	begin_violation(number);
	print("%s: got 0x%x, want 0x%x", what, got, want);
	end_with_violation();
}

static void use_atomics(int number)
{
	struct hart *hart = &harts[number];
	struct tally *tally = &tallies[number];
	uint64_t value = next_random(&hart->random), bit = 1UL << number;
	hart->accesses++;
	switch (below(hart, 8)) {
	case 0: {
		uint64_t got = __atomic_fetch_add(&shared.tickets, 1, __ATOMIC_RELAXED);
		expect_word(number, !tally->tickets || got > tally->last_ticket, "amoadd.d gave a ticket that is not later than the last one", got,
			    tally->last_ticket + 1);
		tally->last_ticket = got;
		tally->tickets++;
		break;
	}
	case 1:
		__atomic_fetch_add(&shared.tickets32, (uint32_t)value, __ATOMIC_ACQ_REL);
		tally->tickets32 += (uint32_t)value;
		break;
	case 2: {
		uint64_t old, failed;
		__asm__ volatile("1: lr.d %0, (%2)\n addi %0, %0, 1\n sc.d %1, %0, (%2)\n bnez %1, 1b"
				 : "=&r"(old), "=&r"(failed) : "r"(&shared.counter) : "memory");
		tally->counter++;
		break;
	}
	case 3: {
		uint64_t old, failed;
		__asm__ volatile("1: lr.w.aq %0, (%2)\n add %0, %0, %3\n sc.w.rl %1, %0, (%2)\n bnez %1, 1b"
				 : "=&r"(old), "=&r"(failed) : "r"(&shared.counter32), "r"(value) : "memory");
		tally->counter32 += (uint32_t)value;
		break;
	}
	case 4: { /* Only this hart changes its bit. */
		uint64_t old = tally->bit ? __atomic_fetch_and(&shared.bits, ~bit, __ATOMIC_RELAXED)
					  : __atomic_fetch_or(&shared.bits, bit, __ATOMIC_RELAXED);
		expect_word(number, !(old & bit) == !tally->bit, "amoor.d or amoand.d lost this hart's bit", old & bit, tally->bit ? bit : 0);
		tally->bit = !tally->bit;
		break;
	}
	case 5:
		__atomic_fetch_xor(&shared.parity, value, __ATOMIC_RELAXED);
		tally->parity ^= value;
		break;
	case 6: {
		uint64_t ignored;
		__asm__ volatile("amomaxu.d %0, %1, (%2)" : "=r"(ignored) : "r"(value), "r"(&shared.greatest) : "memory");
		uint64_t now = __atomic_load_n(&shared.greatest, __ATOMIC_RELAXED);
		expect_word(number, now >= value, "amomaxu.d left less than its operand", now, value);
		/* Tokens go round; none is lost or doubled. */
		tally->token = __atomic_exchange_n(&shared.token[below(hart, (uint64_t)hart_total)], tally->token, __ATOMIC_ACQ_REL);
		break;
	}
	default:
		acquire(&shared.lock);
		expect_word(number, shared.one == shared.other, "words behind a lock differ", shared.one, shared.other);
		shared.one++;
		if (!below(hart, 16)) relax(LOOKS_BEFORE_NAP);
		shared.other++;
		release(&shared.lock);
		tally->locked++;
	}
}

static void begin_atomics(void)
{
	for (int number = 0; number < hart_total; number++) {
		tallies[number].token = (uint64_t)number + 1;
		shared.token[number] = (uint64_t)(hart_total + number) + 1;
	}
}

/* When all harts have done their steps. */
static void check_atomics(void)
{
	struct tally sum = {0};
	uint64_t tokens = 0, squares = 0, all = 2 * (uint64_t)hart_total;
	for (int number = 0; number < hart_total; number++) {
		struct tally *tally = &tallies[number];
		sum.tickets += tally->tickets, sum.tickets32 += tally->tickets32, sum.counter += tally->counter;
		sum.counter32 += tally->counter32, sum.parity ^= tally->parity, sum.locked += tally->locked;
		tokens += tally->token + shared.token[number];
		squares += tally->token * tally->token + shared.token[number] * shared.token[number];
	}
	expect_word(0, shared.tickets == sum.tickets, "amoadd.d lost an addition", shared.tickets, sum.tickets);
	expect_word(0, shared.tickets32 == (uint32_t)sum.tickets32, "amoadd.w lost an addition", shared.tickets32, (uint32_t)sum.tickets32);
	expect_word(0, shared.counter == sum.counter, "lr.d and sc.d lost an addition", shared.counter, sum.counter);
	expect_word(0, shared.counter32 == (uint32_t)sum.counter32, "lr.w and sc.w lost an addition", shared.counter32,
		    (uint32_t)sum.counter32);
	expect_word(0, shared.parity == sum.parity, "amoxor.d lost an operand", shared.parity, sum.parity);
	expect_word(0, shared.one == sum.locked, "a lock was held by two", shared.one, sum.locked);
	expect_word(0, tokens == all * (all + 1) / 2 && squares == all * (all + 1) * (2 * all + 1) / 6, "amoswap.d lost or doubled a token",
		    tokens, all * (all + 1) / 2);
}

/* ---- code that is rewritten under other harts ---- */

enum { FUNCTIONS = 64, FUNCTION_WORDS = 16, NUMBERS = 1 << 11 };
static uint32_t functions[FUNCTIONS][FUNCTION_WORDS] __attribute__((aligned(PAGE_BYTES)));
/* What each returns: the latest one, stored before its code, and the least that may be returned, stored after the fence. */
static uint64_t latest_number[FUNCTIONS], least_number[FUNCTIONS];

static void write_function(int function, uint64_t number)
{
	__atomic_store_n(&functions[function][0], (uint32_t)(number % NUMBERS) << 20 | 0x513, __ATOMIC_RELAXED); /* addi a0, zero, number */
}

static void make_functions(void)
{
	for (int function = 0; function < FUNCTIONS; function++) {
		write_function(function, 0);
		functions[function][1] = 0x01400293; /* li t0, 20 */
		functions[function][2] = 0xfff28293; /* addi t0, t0, -1 */
		functions[function][3] = 0xfe029ee3; /* bnez t0, -4 */
		functions[function][4] = 0x00008067; /* ret */
	}
	fence_i();
}

static void use_code(int number)
{
	struct hart *hart = &harts[number];
	int function = (int)below(hart, FUNCTIONS);
	if (function % hart_total == number && !below(hart, 4)) {
		uint64_t now = latest_number[function] + 1;
		store_release(latest_number[function], now);
		write_function(function, now);
		fence_i();
		sbi_call(SBI_RFENCE, RFENCE_FENCE_I, 0, -1, 0, 0, 0);
		hart->fences++;
		store_release(least_number[function], now);
		return;
	}
	hart->accesses++;
	uint64_t at_least = load_acquire(least_number[function]);
	register uint64_t a0 __asm__("a0");
	__asm__ volatile("jalr %1" : "=r"(a0) : "r"(functions[function]) : "ra", "t0", "memory");
	uint64_t got = a0, now = load_acquire(latest_number[function]);
	bool is_right = (got - at_least) % NUMBERS <= (now - at_least) % NUMBERS;
	expect_word(number, is_right, "a function returned what its code was before a fence", got, at_least % NUMBERS);
}

/* ---- devices ---- */

static void use_timer(int number)
{
	uint64_t deadline = ticks() + below(&harts[number], 500);
	sbi_call(SBI_TIME, 0, (long)deadline, 0, 0, 0, 0);
	while (!(read_csr(sip) & STIE)) {
		serve(number);
		__asm__ volatile("wfi" ::: "memory");
		clear_csr(sip, SSIP);
	}
	uint64_t now = ticks();
	sbi_call(SBI_TIME, 0, -1, 0, 0, 0, 0);
	expect_word(number, now >= deadline, "a timer interrupt came before its time", now, deadline);
}

static void use_random(int number)
{
	static struct lock lock;
	static volatile uint8_t bytes[3] = {0xa5, 0, 0x5a};
	if (!random_device || __atomic_exchange_n(&lock.held, 1, __ATOMIC_ACQUIRE)) return;
	read_random((uint8_t *)&bytes[1]);
	bool is_right = bytes[0] == 0xa5 && bytes[2] == 0x5a;
	release(&lock);
	expect_word(number, is_right, "a device wrote beside its buffer", (uint64_t)bytes[0] << 8 | bytes[2], 0xa55a);
}

static void use_devices(int number)
{
	struct hart *hart = &harts[number];
	hart->accesses++;
	switch (below(hart, 16)) {
	case 0: return use_timer(number);
	case 1: if (!below(hart, 64)) print("# hart %d 0123456789abcdefghijklmnopqrstuvwxyz", (int64_t)number); return;
	case 2: sbi_call(SBI_IPI, 0, 1, (long)below(hart, (uint64_t)hart_total), 0, 0, 0); return;
	default: return use_random(number);
	}
}

/* ---- harts that come and go ---- */

static void sleep_a_little(int number)
{
	note(number, SLEEP, 0, 0);
	sbi_call(SBI_TIME, 0, (long)(ticks() + below(&harts[number], 2000)), 0, 0, 0, 0);
	__asm__ volatile("wfi" ::: "memory");
	clear_csr(sip, SSIP);
	sbi_call(SBI_TIME, 0, -1, 0, 0, 0, 0);
}

extern void secondary_start(void);
static void stress(int number);

static void restart_stopped(void)
{
	for (int other = 1; other < hart_total; other++)
		if (sbi_call(SBI_HSM, 2, other, 0, 0, 0, 0).value == HSM_STOPPED)
			sbi_call(SBI_HSM, 0, other, (long)secondary_start, (long)stress, 0, 0);
}

static void stop(int number)
{
	note(number, STOP, 0, 0);
	serve(number);
	store_release(harts[number].present, false);
	write_csr(satp, 0);
	sbi_call(SBI_HSM, 1, 0, 0, 0, 0, 0);
}

static void report(void)
{
	uint64_t accesses = 0, fences = 0, switches = 0;
	for (int i = 0; i < hart_total; i++)
		accesses += harts[i].accesses, fences += harts[i].fences, switches += harts[i].switches;
	print("progress %u %u %u", accesses, fences, switches);
}

static void lead(void)
{
	static uint64_t next_report, turns;
	uint64_t now = ticks();
	if (++turns % 64 == 0) restart_stopped();
	if (turns % ROUNDS_OF_PHASE == 0) store_release(phase, phase + 1);
	if (progress_ticks && now >= next_report) {
		report();
		next_report = now + progress_ticks;
	}
	if (last_tick && now >= last_tick) store_release(is_over, true);
}

/* ---- all harts ---- */

static void use_translations(int number)
{
	struct hart *hart = &harts[number];
	uint64_t next = below(hart, 1024);
	if (next < 64 || (next >= 600 && next < 600 + hart->mix.remaps)) remap(number);
	else if (next < 80) remap_megapage(number);
	else if (next < 240) enter(number, (int)below(hart, (uint64_t)hart->mix.spaces));
	else if (next < 260) churn(number);
	else if (next < 300) visit_megapage(number);
	else if (next < 304) visit_nothing(number);
	else if (next < 360 || (next >= 410 && next < 410 + hart->mix.bursts)) visit_often(number);
	else if (next < 400 || (next >= 900 && next < 900 + hart->mix.sweeps)) sweep(number);
	else if (next < 402) sleep_a_little(number);
	else if (has_host && next >= 860 && next < 900) visit_host_page(number);
	else if (next == 402 && number > 0 && !below(hart, 16)) stop(number);
	else visit(number);
}

static void step(int number)
{
	enum kinds kind;
	do kind = 1 << below(&harts[number], 4);
	while (!(kinds & kind));
	if (kind == FLUSHES) use_translations(number);
	else if (kind == ATOMICS) use_atomics(number);
	else if (kind == CODE) use_code(number);
	else use_devices(number);
}

static void stress(int number)
{
	static int arrived;
	struct hart *hart = &harts[number];
	set_trap_handler(on_trap);
	write_csr(sie, SSIP | STIE); /* They end wfi, and are taken in user mode only. */
	if (!hart->random) hart->random = (seed + 1) * 0x9e3779b97f4a7c15UL + (uint64_t)number * 0x2545f4914f6cdd1dUL;
	begin_phase(hart, load_acquire(phase));
	enter(number, (int)below(hart, (uint64_t)hart->mix.spaces));
	become_present(number);
	for (; !load_acquire(is_over) && (!most_rounds || hart->rounds < most_rounds); hart->rounds++) {
		if (hart->phase != load_acquire(phase)) begin_phase(hart, load_acquire(phase));
		step(number);
		serve(number);
		if (number == 0) lead();
	}
	serve(number);
	store_release(hart->present, false);
	__atomic_add_fetch(&arrived, 1, __ATOMIC_ACQ_REL);
	/* Harts that stopped do their rounds, too. */
	while (number == 0 && load_acquire(arrived) < hart_total) restart_stopped();
	write_csr(satp, 0);
	fence_all();
}

int main(int boot_hart)
{
	(void)boot_hart;
	hart_total = hart_count();
	seed = parameter(0, 1);
	uint64_t milliseconds = parameter(1, 0);
	most_rounds = parameter(2, milliseconds ? 0 : DEFAULT_ROUNDS);
	progress_ticks = parameter(3, 0) * TICKS_PER_MILLISECOND;
	kinds = parameter(4, FLUSHES | ATOMICS);
	has_one_mix = parameter(5, 0);
	if (milliseconds) last_tick = ticks() + milliseconds * TICKS_PER_MILLISECOND;
	set_trap_handler(on_trap);
	__asm__ volatile(".word 0x18000073" ::: "memory"); /* sfence.w.inval: illegal without Svinval */
	make_spaces();
	has_host = parameter(6, 0);
	if (has_host) print("host 0x%x", &host_area);
	make_functions();
	begin_atomics();
	if (kinds & DEVICES) open_random();
	on_all_harts(stress);
	report();
	check_atomics();
	finish("stress");
}
