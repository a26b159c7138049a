/*
 * Address spaces with ASIDs, as kernels use them: a fence is left out wherever the manual lets it. Every page holds its frame's
 * number, and each check reads it in five ways, so that it sees which frame the hart takes the page for. Privileged spec, "Supervisor
 * Memory-Management Fence Instruction" and "Supervisor Address Translation and Protection (satp) Register"; SBI spec, "RFENCE
 * Extension". Parameter 0: rounds of each part.
 */
#include "../runtime/parameters.h"
#include "../runtime/sleep.h"
#include "../runtime/user.h"

enum { DEFAULT_ROUNDS = 300, SPACES = 20, SLOTS = 8, FRAMES = 2 * SPACES * SLOTS, MEGAFRAMES = 4, ENTRIES = 512 };
#define ROUNDS ((uint64_t)parameter(0, DEFAULT_ROUNDS))
/* Behind this program and before its parameters. */
#define FIRST_MEGAFRAME 0x84400000UL
#define MEGAPAGE_BYTES 0x200000UL
#define ASID_SHIFT 44
#define ALL_ASIDS 0xffffUL
enum { ILLEGAL_INSTRUCTION = 2 };

/* ---- frames ---- */

struct frame {
	volatile uint64_t number;
	uint32_t code[2];			/* returns the number; to be run in U-mode */
	volatile uint64_t written[MAXIMUM_HARTS]; /* by each hart */
} __attribute__((aligned(PAGE_BYTES)));
/* A page of a space has one of two, and a global page, too. */
static struct frame frames[FRAMES], global_frames[2 * SLOTS];
static uint32_t reader[2] __attribute__((aligned(PAGE_BYTES))) = {0x53503, 0x73}; /* ld a0, (a0); ecall */
static const uint32_t ecall = 0x73;

static void number_frame(struct frame *frame, uint32_t number)
{
	frame->number = number;
	frame->code[0] = number << 20 | 0x513; /* addi a0, zero, number */
	frame->code[1] = ecall;
}

static struct frame *megaframe_page(int megaframe, int page)
{
	return (struct frame *)(FIRST_MEGAFRAME + (uint64_t)megaframe * MEGAPAGE_BYTES + (uint64_t)page * PAGE_BYTES);
}

/* ---- spaces ---- */

/* Gigabytes of each space: its own pages and the global ones, in each once for S-mode and once for U-mode. */
enum window { OWN = 64, GLOBAL = 66 };
enum mode { SUPERVISOR, USER, MODES };
static const uint64_t leaf_flags[MODES] = {PTE_RW_SET | PTE_X, PTE_RW_SET | PTE_X | PTE_U};
/* The offset of a page in its window. The first 2 MiB are pages; the next is a megapage, or pages, too. */
static uint64_t at_slot(int slot) { return (uint64_t)slot * PAGE_BYTES; }
static uint64_t at_megapage(int page) { return MEGAPAGE_BYTES + (uint64_t)page * PAGE_BYTES; }
enum { READER_SLOT = ENTRIES - 1 };

static struct space {
	page_table root, middle[MODES], leaves[MODES];
	struct frame *shown[SLOTS];
} spaces[SPACES];
static page_table global_middle[MODES], global_leaves[MODES], split_megapage[MODES];

/* The frame that the page does not have. */
static struct frame *other_frame(struct frame *of, struct frame *first) { return first + ((of - first) ^ 1); }

static void put_leaf(page_table leaves[MODES], int slot, const void *frame, uint64_t flags)
{
	for (enum mode mode = 0; mode < MODES; mode++) leaves[mode][slot] = pte_to(frame, leaf_flags[mode] | flags);
}

static void show(struct space *space, int slot, struct frame *frame)
{
	space->shown[slot] = frame;
	__atomic_thread_fence(__ATOMIC_RELEASE); /* what is in the frame, before the PTE */
	put_leaf(space->leaves, slot, frame, 0);
}

static void show_other(struct space *space, int slot) { show(space, slot, other_frame(space->shown[slot], frames)); }

static void show_megaframe(struct space *space, int megaframe)
{
	put_leaf(space->middle, 1, megaframe_page(megaframe, 0), 0);
}

static void make_spaces(void)
{
	for (uint32_t i = 0; i < FRAMES; i++) number_frame(&frames[i], 1 + i);
	for (uint32_t i = 0; i < 2 * SLOTS; i++) number_frame(&global_frames[i], 1 + FRAMES + i);
	for (int megaframe = 0; megaframe < MEGAFRAMES; megaframe++)
		for (int page = 0; page < ENTRIES; page++)
			number_frame(megaframe_page(megaframe, page), (uint32_t)(1000 + 100 * megaframe + page % 100));
	for (int page = 0; page < ENTRIES; page++) put_leaf(split_megapage, page, megaframe_page(MEGAFRAMES - 1, page), 0);
	for (int slot = 0; slot < SLOTS; slot++) put_leaf(global_leaves, slot, &global_frames[2 * slot], PTE_G);
	for (int i = 0; i < SPACES; i++) {
		struct space *space = &spaces[i];
		map_identity(space->root);
		for (int gigabyte = 0; gigabyte < 4; gigabyte++) space->root[gigabyte] |= PTE_G;
		for (enum mode mode = 0; mode < MODES; mode++) {
			space->root[OWN + mode] = pte_to(space->middle[mode], PTE_V);
			space->middle[mode][0] = pte_to(space->leaves[mode], PTE_V);
			space->root[GLOBAL + mode] = pte_to(global_middle[mode], PTE_V | PTE_G);
			global_middle[mode][0] = pte_to(global_leaves[mode], PTE_V);
		}
		for (int slot = 0; slot < SLOTS; slot++) show(space, slot, &frames[2 * (i * SLOTS + slot)]);
		space->leaves[USER][READER_SLOT] = pte_to(reader, leaf_flags[USER]);
		show_megaframe(space, 0);
	}
	fence_i();
	fence_all();
}

static void enter(const struct space *space, uint64_t asid)
{
	write_csr(satp, 8UL << 60 | asid << ASID_SHIFT | (uint64_t)space->root >> 12);
}

/* ---- reading ---- */

enum way { LOAD, LOAD_USER_PAGE, LOAD_AS_USER, FETCH_AS_USER, STORE, WAYS };
static volatile bool has_svinval = true;

static void on_trap(struct trap_frame *trap)
{
	if (ends_user(trap)) return;
	if (trap->cause == ILLEGAL_INSTRUCTION && has_svinval) {
		has_svinval = false;
		trap->pc += 4;
	} else {
		print("FAIL hart %d: scause 0x%x, sepc 0x%x, stval 0x%x, satp 0x%x", (int64_t)this_hart(), trap->cause,
		      trap->pc, trap->value, read_csr(satp));
		finish_with(2);
	}
}

/* Stores through the page, and looks where it went. Only the right frame is looked at. */
static uint64_t number_after_store(struct frame *page, struct frame *frame)
{
	static uint64_t last[MAXIMUM_HARTS];
	int hart = this_hart();
	uint64_t value = ++last[hart] * MAXIMUM_HARTS + (uint64_t)hart;
	set_csr(sstatus, SSTATUS_SUM);
	page->written[hart] = value;
	clear_csr(sstatus, SSTATUS_SUM);
	return frame->written[hart] == value ? frame->number : 0;
}

/* The number of the frame that the page at this offset of a window has, if not this frame's, then another one. */
static uint64_t look(enum way way, enum window window, uint64_t offset, struct frame *frame)
{
	struct frame *page = (struct frame *)((((uint64_t)window + (way == LOAD ? SUPERVISOR : USER)) << 30) + offset);
	switch (way) {
	case LOAD: return page->number;
	case LOAD_USER_PAGE: {
		set_csr(sstatus, SSTATUS_SUM);
		uint64_t number = page->number;
		clear_csr(sstatus, SSTATUS_SUM);
		return number;
	}
	case LOAD_AS_USER:
		write_csr(sie, 0); /* no interrupt ends it */
		return as_user(((OWN + USER) * 1UL << 30) + at_slot(READER_SLOT), (uint64_t)page);
	case FETCH_AS_USER:
		write_csr(sie, 0);
		return as_user((uint64_t)page->code, 0);
	default: return number_after_store(page, frame);
	}
}

static bool wrong;
/* The first mistake of a part is described. */
static void expect(enum way way, enum window window, uint64_t offset, struct frame *frame)
{
	uint64_t got = look(way, window, offset, frame);
	if (got == frame->number || wrong) return;
	wrong = true;
	print("     satp 0x%x, offset 0x%x, way %d: got %u, want %u", read_csr(satp), offset, (int64_t)way, got, frame->number);
}

static void expect_in_all_ways(enum window window, uint64_t offset, struct frame *frame)
{
	for (enum way way = 0; way < WAYS; way++) expect(way, window, offset, frame);
}

static void expect_slot(const struct space *space, int slot) { expect_in_all_ways(OWN, at_slot(slot), space->shown[slot]); }

static void end_part(const char *what)
{
	check(!wrong, what);
	wrong = false;
	for (int i = 0; i < SPACES; i++)
		for (int slot = 0; slot < SLOTS; slot++) show(&spaces[i], slot, &frames[2 * (i * SLOTS + slot)]);
	fence_all();
}

static uint64_t seed;
static int random_below(int limit) { return (int)(next_random(&seed) % (uint64_t)limit); }
/* Mostly of a few that come back often, sometimes of many. */
static int random_space(void) { return random_below(random_below(4) ? 6 : SPACES); }

/* ---- fences of this hart ---- */

enum fence { EVERYTHING, ASID, PAGE, PAGE_OF_ASID, FENCES };

/* One of sfence.vma and sinval.vma. Zeroes are x0: every page, every ASID. */
static void fence_once(uint64_t gva, bool is_page, uint64_t asid, bool is_asid)
{
	/* sinval.vma rs1, rs2 between sfence.w.inval and sfence.inval.ir; assemblers may not know them. */
#define FENCE(rs1, rs2) do { \
		if (has_svinval && random_below(2)) \
			__asm__ volatile(".word 0x18000073\n .insn r 0x73, 0, 0x0b, zero, " rs1 ", " rs2 "\n .word 0x18100073" \
					 ::"r"(gva), "r"(asid) : "memory"); \
		else \
			__asm__ volatile("sfence.vma " rs1 ", " rs2 ::"r"(gva), "r"(asid) : "memory"); \
	} while (0)
	if (is_page && is_asid) FENCE("%0", "%1");
	else if (is_page) FENCE("%0", "zero");
	else if (is_asid) FENCE("zero", "%1");
	else FENCE("zero", "zero");
}

/* The page in both modes. */
static void fence_pages(enum fence fence, enum window window, uint64_t offset, uint64_t asid)
{
	bool is_page = fence == PAGE || fence == PAGE_OF_ASID, is_asid = fence == ASID || fence == PAGE_OF_ASID;
	for (enum mode mode = 0; mode < MODES; mode++)
		fence_once((((uint64_t)window + mode) << 30) + offset, is_page, asid, is_asid);
}

/* ---- parts for one hart ---- */

static uint64_t asid_of(int space) { return (uint64_t)space + 1; }
static void enter_own(int space) { enter(&spaces[space], asid_of(space)); }

/* Goes through some spaces and looks at them, as the work of others. */
static void stray(int most)
{
	for (int i = random_below(most + 1); i > 0; i--) {
		int space = random_space();
		enter_own(space);
		expect_slot(&spaces[space], random_below(SLOTS));
	}
}

static void probe_bits(void)
{
	enter(&spaces[0], ALL_ASIDS);
	uint64_t bits = read_csr(satp) >> ASID_SHIFT & ALL_ASIDS;
	enter_own(0);
	fence_all();
	check_equal(bits, ALL_ASIDS, "satp keeps 16 bits of an ASID");
}

static void keep_apart(void)
{
	for (uint64_t n = 0; n < ROUNDS; n++) stray(3);
	end_part("spaces that have an ASID each keep their pages without any fence");
}

/* Three ASIDs for all spaces: one that goes to another space is fenced, just after the write of satp or before it. */
static void hand_asids_on(void)
{
	int owner[4] = {-1, -1, -1, -1};
	for (uint64_t n = 0; n < ROUNDS; n++) {
		uint64_t asid = 1 + (uint64_t)random_below(3);
		int space = random_below(3) || owner[asid] < 0 ? random_space() : owner[asid];
		bool is_other = space != owner[asid], is_before = random_below(2) && (read_csr(satp) >> ASID_SHIFT & ALL_ASIDS) != asid;
		if (is_other && is_before) fence_once(0, false, asid, true);
		enter(&spaces[space], asid);
		if (is_other && !is_before) fence_once(0, false, asid, true);
		owner[asid] = space;
		expect_slot(&spaces[space], random_below(SLOTS));
	}
	end_part("an ASID that is fenced can be given to other page tables");
}

/* A page is changed and fenced from its own space or from another one. */
static void change_pages(void)
{
	for (uint64_t n = 0; n < ROUNDS; n++) {
		int target = random_space(), slot = random_below(SLOTS);
		enter_own(target);
		expect_slot(&spaces[target], slot);
		stray(2);
		show_other(&spaces[target], slot);
		fence_pages((enum fence)random_below(FENCES), OWN, at_slot(slot), asid_of(target));
		enter_own(target);
		expect_slot(&spaces[target], slot);
		expect_slot(&spaces[target], random_below(SLOTS));
	}
	end_part("a fence of a page, of an ASID or of both is enough in whatever space it is executed");
}

/* Megapages change for others, which a fence by any of their addresses tells; or for pages. */
static void change_megapages(void)
{
	static const int pages[] = {0, 7, ENTRIES - 1};
	static int shown[SPACES];
	for (uint64_t n = 0; n < ROUNDS; n++) {
		int target = random_space(), before = shown[target], now = random_below(MEGAFRAMES);
		enter_own(target);
		for (int i = 0; i < 3; i++) expect_in_all_ways(OWN, at_megapage(pages[i]), megaframe_page(before, pages[i]));
		stray(2);
		bool is_split = now == MEGAFRAMES - 1, was_split = before == MEGAFRAMES - 1;
		if (is_split)
			for (enum mode mode = 0; mode < MODES; mode++)
				spaces[target].middle[mode][1] = pte_to(split_megapage[mode], PTE_V);
		else
			show_megaframe(&spaces[target], now);
		/* An entry that is no leaf is not fenced by an address. */
		enum fence fence = is_split || was_split ? ASID : random_below(2) ? PAGE : PAGE_OF_ASID;
		fence_pages(fence, OWN, at_megapage(pages[random_below(3)]), asid_of(target));
		shown[target] = now;
		enter_own(target);
		for (int i = 0; i < 3; i++) expect_in_all_ways(OWN, at_megapage(pages[i]), megaframe_page(now, pages[i]));
	}
	end_part("a fence of any address of a superpage is one of the superpage");
}

/* Global pages stay over writes of satp and over fences of an ASID; a fence of all ASIDs changes them in all spaces. */
static void change_global_pages(void)
{
	struct frame *shown[SLOTS];
	for (int slot = 0; slot < SLOTS; slot++) shown[slot] = &global_frames[2 * slot];
	for (uint64_t n = 0; n < ROUNDS; n++) {
		int slot = random_below(SLOTS);
		for (int visit = 0; visit < 3; visit++) {
			int space = random_space(), own = random_below(SLOTS);
			enter_own(space);
			expect_in_all_ways(GLOBAL, at_slot(slot), shown[slot]);
			/* S-mode sees global pages only, for most of the time. */
			for (enum way way = n % 16 ? LOAD_USER_PAGE : LOAD; way < WAYS; way++)
				expect(way, OWN, at_slot(own), spaces[space].shown[own]);
			if (!random_below(4)) fence_once(0, false, asid_of(random_space()), true);
		}
		shown[slot] = other_frame(shown[slot], global_frames);
		put_leaf(global_leaves, slot, shown[slot], PTE_G);
		fence_pages(random_below(4) ? PAGE : EVERYTHING, GLOBAL, at_slot(slot), 0);
		expect_in_all_ways(GLOBAL, at_slot(slot), shown[slot]);
	}
	end_part("global pages are the same in all spaces, and change in all");
}

/* The entries of one ASID are not those of another, even if both have the same page tables. */
static void share_root(void)
{
	struct space *shared = &spaces[SPACES - 1];
	const uint64_t asids[] = {100, 101};
	for (uint64_t n = 0; n < ROUNDS; n++) {
		int slot = random_below(SLOTS);
		for (int i = 0; i < 2; i++) {
			enter(shared, asids[i]);
			expect_slot(shared, slot);
		}
		stray(1);
		show_other(shared, slot);
		for (int i = 0; i < 2; i++) {
			fence_pages(random_below(2) ? ASID : PAGE_OF_ASID, OWN, at_slot(slot), asids[i]);
			enter(shared, asids[i]);
			expect_slot(shared, slot);
		}
	}
	end_part("two ASIDs of the same page tables are fenced each by itself");
}

/*
 * Without ASIDs a write of satp flushes, as long as its value is another one. The manual promises that only to harts that have no
 * ASIDs; kernels without them rely on it under QEMU, whose hart has 16 bits.
 */
static void do_without_asids(void)
{
	for (uint64_t n = 0; n < ROUNDS; n++) {
		int space = random_space(), other = (space + 1 + random_below(SPACES - 1)) % SPACES, slot = random_below(SLOTS);
		enter(&spaces[space], 0);
		expect_slot(&spaces[space], slot);
		if (random_below(2)) enter(&spaces[other], 0);
		else if (random_below(2)) enter(&spaces[other], 200);
		else write_csr(satp, 0);
		show_other(&spaces[space], slot);
		enter(&spaces[space], 0);
		expect_slot(&spaces[space], slot);
		/* ASID 200 has had other page tables. */
		fence_once(0, false, 200, true);
	}
	end_part("with ASID 0 a write of satp is fence enough, as under QEMU");
}

/* ---- Linux's allocator of ASIDs: arch/riscv/mm/context.c ---- */

enum { ASIDS = 8 };
/* Under the lock. A context is a version, in multiples of ASIDS, and an ASID; 0 is none. */
static struct {
	struct lock lock;
	uint64_t version, context[SPACES], active[MAXIMUM_HARTS], reserved[MAXIMUM_HARTS];
	bool is_used[ASIDS], is_flush_due[MAXIMUM_HARTS];
	uint64_t rollovers;
} allocator = {.version = ASIDS};

/* All ASIDs are free again but those that harts have now. Each hart flushes before it uses a new one. */
static void roll_over(void)
{
	allocator.version += ASIDS;
	allocator.rollovers++;
	for (int asid = 0; asid < ASIDS; asid++) allocator.is_used[asid] = asid == 0;
	for (int hart = 0; hart < hart_count(); hart++) {
		if (allocator.active[hart]) allocator.reserved[hart] = allocator.active[hart];
		allocator.active[hart] = 0;
		allocator.is_used[allocator.reserved[hart] % ASIDS] = true;
		allocator.is_flush_due[hart] = true;
	}
}

static bool keeps_reserved(uint64_t context, uint64_t renewed)
{
	bool is_reserved = false;
	for (int hart = 0; hart < hart_count(); hart++)
		if (allocator.reserved[hart] == context) {
			allocator.reserved[hart] = renewed;
			is_reserved = true;
		}
	return is_reserved;
}

static uint64_t new_context(int space)
{
	uint64_t context = allocator.context[space], asid = context % ASIDS;
	if (context) {
		if (keeps_reserved(context, allocator.version + asid)) return allocator.version + asid;
		if (!allocator.is_used[asid]) {
			allocator.is_used[asid] = true;
			return allocator.version + asid;
		}
	}
	for (int turn = 0; turn < 2; turn++) {
		for (asid = 1; asid < ASIDS; asid++)
			if (!allocator.is_used[asid]) {
				allocator.is_used[asid] = true;
				return allocator.version + asid;
			}
		roll_over();
	}
	print("FAIL no ASID is free");
	finish_with(2);
}

static void switch_to(int space)
{
	int hart = this_hart();
	acquire(&allocator.lock);
	if (allocator.context[space] / ASIDS != allocator.version / ASIDS) allocator.context[space] = new_context(space);
	uint64_t context = allocator.active[hart] = allocator.context[space];
	bool is_flush_due = allocator.is_flush_due[hart];
	allocator.is_flush_due[hart] = false;
	release(&allocator.lock);
	enter(&spaces[space], context % ASIDS);
	if (is_flush_due) fence_all();
}

static void schedule(int hart)
{
	uint64_t random = (uint64_t)hart + 7;
	set_trap_handler(on_trap);
	write_csr(satp, 8UL << 60 | (uint64_t)spaces[0].root >> 12);
	fence_all();
	meet_asleep();
	for (uint64_t n = 0; n < 3 * ROUNDS; n++) {
		int space = (int)(next_random(&random) % SPACES);
		switch_to(space);
		for (int i = 0; i < 2; i++) expect_slot(&spaces[space], (int)(next_random(&random) % SLOTS));
	}
	meet_asleep();
	write_csr(satp, 0);
	fence_all();
}

/* ---- remote fences ---- */

/* For the pages at these slots, in both modes, on some hart or on all (-1). */
static void fence_remotely(enum fence fence, int first, int count, uint64_t asid, int hart)
{
	bool is_page = fence == PAGE || fence == PAGE_OF_ASID, is_asid = fence == ASID || fence == PAGE_OF_ASID;
	for (enum mode mode = 0; mode < MODES; mode++) {
		long start = is_page ? (long)((((uint64_t)OWN + mode) << 30) + at_slot(first)) : 0;
		long bytes = is_page ? count * PAGE_BYTES : first % 2 ? -1 : 0;
		struct sbi_result result = sbi_call(SBI_RFENCE, is_asid ? RFENCE_SFENCE_VMA_ASID : RFENCE_SFENCE_VMA,
						    hart < 0 ? 0 : 1, hart < 0 ? -1 : hart, start, bytes, (long)asid);
		if (result.error) {
			print("FAIL SBI error %d", (int64_t)result.error);
			finish_with(2);
		}
	}
}

/* The last hart changes pages of a space that hart 0 has used and is in or has left, and fences them there. */
static void fence_in_turn(int hart)
{
	int writer = hart_count() - 1;
	set_trap_handler(on_trap);
	for (uint64_t n = 0; n < ROUNDS; n++) {
		uint64_t random = n + 1; /* the same on all harts */
		int target = (int)(next_random(&random) % SPACES), first = (int)(next_random(&random) % SLOTS);
		int count = 1 + (int)(next_random(&random) % (uint64_t)(SLOTS - first));
		enum fence fence = (enum fence)(next_random(&random) % FENCES);
		if (hart == 0) {
			enter_own(target);
			for (int slot = first; slot < first + count; slot++) expect_slot(&spaces[target], slot);
			stray(2);
		}
		meet_asleep();
		if (hart == writer) {
			for (int slot = first; slot < first + count; slot++) show_other(&spaces[target], slot);
			fence_remotely(fence, first, count, asid_of(target), n % 2 ? 0 : -1);
		}
		meet_asleep();
		if (hart == 0) {
			enter_own(target);
			for (int slot = first; slot < first + count; slot++) expect_slot(&spaces[target], slot);
		}
		meet_asleep();
	}
	write_csr(satp, 0);
	fence_all();
}

static uint64_t visits;
static bool is_over;

/* The two frames of a page have its numbers, and 0 while they are free. */
static void visit(uint64_t *random)
{
	int space = (int)(next_random(random) % SPACES), slot = (int)(next_random(random) % SLOTS);
	uint64_t number = (uint64_t)(2 * (space * SLOTS + slot) + 1);
	enter_own(space);
	for (enum way way = LOAD; way <= LOAD_AS_USER; way++) {
		uint64_t got = look(way, OWN, at_slot(slot), 0);
		if ((got == number || got == number + 1) || wrong) continue;
		wrong = true;
		print("     satp 0x%x, slot %d, way %d: got %u, want %u or the next", read_csr(satp), (int64_t)slot, (int64_t)way,
		      got, number);
	}
	__atomic_store_n(&visits, visits + 1, __ATOMIC_RELEASE);
}

static void replace(uint64_t *random)
{
	int space = (int)(next_random(random) % SPACES), slot = (int)(next_random(random) % SLOTS);
	struct frame *before = spaces[space].shown[slot], *now = other_frame(before, frames);
	now->number = (uint64_t)(now - frames) + 1;
	show(&spaces[space], slot, now);
	fence_remotely((enum fence)(next_random(random) % FENCES), slot, 1, asid_of(space), -1);
	before->number = 0;
}

/* The last hart frees frames once it has fenced their pages; hart 0 uses the pages all the time. */
static void free_frames(int hart)
{
	uint64_t random = (uint64_t)hart + 5;
	set_trap_handler(on_trap);
	enter_own(0);
	fence_all();
	if (hart == hart_count() - 1)
		for (int i = 1; i < FRAMES; i += 2) frames[i].number = 0;
	meet_asleep();
	if (hart_count() == 1)
		for (uint64_t n = 0; n < ROUNDS; n++) replace(&random), visit(&random);
	else if (hart == 0)
		while (!__atomic_load_n(&is_over, __ATOMIC_ACQUIRE)) visit(&random);
	else if (hart == hart_count() - 1) {
		for (uint64_t n = 0; n < ROUNDS; n++) {
			uint64_t before = __atomic_load_n(&visits, __ATOMIC_ACQUIRE);
			replace(&random);
			while (__atomic_load_n(&visits, __ATOMIC_ACQUIRE) == before) pause();
		}
		__atomic_store_n(&is_over, true, __ATOMIC_RELEASE);
	}
	meet_asleep();
	write_csr(satp, 0);
	fence_all();
}

int main(int boot_hart)
{
	(void)boot_hart;
	set_trap_handler(on_trap);
	seed = 1;
	make_spaces();
	enter_own(0);
	__asm__ volatile(".word 0x18000073" ::: "memory"); /* sfence.w.inval: illegal without Svinval */
	probe_bits();
	keep_apart();
	hand_asids_on();
	change_pages();
	change_megapages();
	change_global_pages();
	share_root();
	do_without_asids();
	write_csr(satp, 0);
	fence_all();
	on_all_harts(schedule);
	check(allocator.rollovers > ROUNDS / 10, "ASIDs run out often");
	end_part("an allocator of ASIDs that runs out flushes and begins anew");
	on_all_harts(fence_in_turn);
	end_part("a remote fence of pages, of an ASID or of both changes a space that the hart is in or has left");
	on_all_harts(free_frames);
	end_part("no hart uses a frame after its page was fenced remotely");
	finish("asids");
}
