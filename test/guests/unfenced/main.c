/*
 * Code that is written while it runs, without fence.i: the hart that writes sees it at once, others soon. The manual promises
 * neither; hardware with coherent fetch and QEMU do it, and programs rely on it. Parameter 0: rounds of each check.
 */
#include "../runtime/sleep.h"
#include "../runtime/random.h"

enum { DEFAULT_ROUNDS = 200, HOT_CALLS = 2000, LARGEST_IMMEDIATE = 2047, MOST_LOOKS = 100000 };
/* Manyhart gives a page up as code at the last of so many stores to it (docs/architecture.md, "Stores to code"). */
enum { STORES_UNTIL_DATA = 257, DATA_PAGES = 100 };
#define ROUNDS ((uint32_t)parameter(0, DEFAULT_ROUNDS))
/* Harts wait for each other in loops, and may be more than cores. */
#define SHARED_ROUNDS (ROUNDS / 10)
typedef uint64_t function(void);
static uint32_t code[2][2048] __attribute__((aligned(PAGE_BYTES)));
static page_table root, other_root, level1, level0;
static uint32_t data_pages[DATA_PAGES][1024] __attribute__((aligned(PAGE_BYTES)));
static volatile uint32_t written, seen, wrong;
/* Of each hart: waits that it has begun, times LOOKS, plus its looks in the last one, or LOOKS - 1 when that is over. */
static const uint64_t LOOKS = 1UL << 32;
static uint64_t progress[MAXIMUM_HARTS];
/* Out of the reach of map_identity: a second name for a page of code. */
static const uint64_t alias = 64UL << 30;

static uint32_t load_immediate(uint32_t n) { return n << 20 | 0x513; } /* addi a0, zero, n */
static uint32_t small(uint32_t n) { return n & LARGEST_IMMEDIATE; }
static const uint32_t returns = 0x8067; /* jalr zero, 0(ra) */
static const uint32_t wfi = 0x10500073;
static bool returns_value(const void *at, uint32_t n) { return ((function *)at)() == n; }
#define barrier() __asm__ volatile("" ::: "memory")

/* The hart takes note of what others have told it, and has told them what it wrote. */
static void call_firmware(void) { sbi_call(SBI_BASE, 0, 0, 0, 0, 0, 0); }

/* Ends the program. The first hart that comes says why. */
static void fail(const void *at, uint64_t got, uint64_t want)
{
	static uint32_t failed;
	while (__atomic_exchange_n(&failed, 1, __ATOMIC_RELAXED)) __asm__ volatile("wfi");
	print("FAIL hart %d calls 0x%x: got %d, expected %d", (int64_t)this_hart(), (uint64_t)at, got, want);
	finish_with(1);
}

static bool all_have_come_to(uint64_t place)
{
	for (int hart = 0; hart < hart_count(); hart++)
		if (__atomic_load_n(&progress[hart], __ATOMIC_ACQUIRE) < place) return false;
	return true;
}

/*
 * All harts wait until the code there returns a value. A hart fails when it has looked in vain many times after all harts have
 * either done so or seen the value: none is still about to tell it of a store. Thus no clock, and no hart that the host does not
 * run, makes it fail.
 */
static void await(const void *at, uint64_t want)
{
	uint64_t *own = &progress[this_hart()];
	uint64_t now = (*own | (LOOKS - 1)) + 1;
	__atomic_store_n(own, now, __ATOMIC_RELEASE);
	uint32_t in_vain = 0;
	for (uint64_t got; (got = ((function *)at)()) != want; pause()) {
		__atomic_store_n(own, *own + 1, __ATOMIC_RELEASE);
		if (all_have_come_to(now + MOST_LOOKS) && ++in_vain == MOST_LOOKS) fail(at, got, want);
	}
	call_firmware();
	__atomic_store_n(own, now + LOOKS - 1, __ATOMIC_RELEASE);
}

static void write_code(uint32_t *at, uint32_t n)
{
	at[0] = load_immediate(n);
	at[1] = returns;
	barrier();
}

static void write_parcels(uint16_t *at, uint32_t n)
{
	uint32_t words[2] = {load_immediate(n), returns};
	for (int i = 0; i < 4; i++) at[i] = (uint16_t)(words[i / 2] >> 16 * (i % 2));
	barrier();
}

static void rewrite_locally(void)
{
	bool right = true;
	for (uint32_t n = 0; n < ROUNDS; n++) {
		write_code(code[0], small(n));
		right &= returns_value(code[0], small(n));
	}
	check(right, "rewritten code runs at once");
	right = true;
	for (uint32_t n = 0; n < ROUNDS / 10; n++) {
		write_code(code[0], small(n));
		for (int call = 0; call < HOT_CALLS; call++) right &= returns_value(code[0], small(n));
	}
	check(right, "rewritten code that was hot runs at once");
	right = true;
	for (uint32_t n = 0; n < ROUNDS; n++) {
		write_code(&code[0][1023], small(n));
		right &= returns_value(&code[0][1023], small(n));
		write_parcels((uint16_t *)code[0] + 2047, small(n));
		right &= returns_value((uint16_t *)code[0] + 2047, small(n));
	}
	check(right, "code that is rewritten at the border of two pages, and across it, runs at once");
	right = true;
	for (uint32_t n = 0; n < ROUNDS; n++) {
		__atomic_exchange_n(&code[1][0], load_immediate(small(n)), __ATOMIC_RELAXED);
		__atomic_exchange_n(&code[1][1], returns, __ATOMIC_RELAXED);
		right &= returns_value(code[1], small(n));
	}
	check(right, "code that is rewritten by atomic instructions runs at once");
	/* Code is appended to a page, and each piece runs as soon as it is there. */
	right = true;
	for (uint32_t n = 0; n < ROUNDS; n++) {
		write_code(&code[1][2 * (n % 500)], small(n));
		right &= returns_value(&code[1][2 * (n % 500)], small(n));
	}
	check(right, "code that is appended to a page runs at once");
}

/* A frame is given to one program after the other, as a small kernel does it. */
static void reuse_frame(void)
{
	map_identity(root);
	map_identity(other_root);
	root[64] = other_root[64] = pte_to(level1, PTE_V);
	level1[0] = pte_to(level0, PTE_V);
	level0[0] = pte_to(code[0], PTE_V | PTE_R | PTE_X | PTE_A);
	set_root(root);
	bool right = true;
	for (uint32_t n = 0; n < ROUNDS; n++) {
		write_code(code[0], small(n));
		fence_all();
		for (int call = 0; call < 3; call++) right &= returns_value((void *)alias, small(n));
	}
	check(right, "a page that is reused runs its new code after sfence.vma");
	right = true;
	for (uint32_t n = 0; n < ROUNDS; n++) {
		write_code(code[0], small(n));
		set_root(n & 1 ? other_root : root);
		for (int call = 0; call < 3; call++) right &= returns_value((void *)alias, small(n));
	}
	check(right, "a page that is reused runs its new code in another address space");
	right = true;
	for (uint32_t n = 0; n < ROUNDS; n++) {
		write_code(code[0], small(n));
		right &= returns_value((void *)alias, small(n));
	}
	check(right, "code written under one address runs under another at once");
	set_root(0);
}

/* The harts write in turn; each calls the code until it is the new one. */
static void see_others(int hart)
{
	for (uint32_t n = 1; n <= SHARED_ROUNDS; n++) {
		meet_asleep();
		if (n % (uint32_t)hart_count() == (uint32_t)hart) {
			write_code(code[0], small(n));
			write_parcels((uint16_t *)code[1] + 2047, small(n + 1));
		}
		await(code[0], small(n));
		await((uint16_t *)code[1] + 2047, small(n + 1));
	}
}

/* One hart patches an aligned instruction while others run it in a loop: all see the last one. */
static void see_last(int hart)
{
	for (uint32_t n = 1; n <= SHARED_ROUNDS; n++) {
		meet_asleep();
		if (hart == 0) {
			for (uint32_t turn = 0; turn < 300; turn++)
				*(volatile uint32_t *)code[0] = load_immediate(small(turn));
			*(volatile uint32_t *)code[0] = load_immediate(small(1000 + n));
		}
		await(code[0], small(1000 + n));
	}
}

/* A page is code, then data, then code again, for all harts. */
static void change_use(int hart)
{
	for (uint32_t n = 1; n <= SHARED_ROUNDS; n++) {
		meet_asleep();
		if (n % (uint32_t)hart_count() == (uint32_t)hart) {
			for (int time = 0; time < 3; time++) {
				for (int i = 0; i < 1024; i++) ((volatile uint32_t *)code[0])[i] = n;
			}
			write_code(&code[0][8], small(n));
			written = n;
		}
		while (written != n) pause();
		await(&code[0][8], small(n));
	}
}

/* Nothing is left that harts would tell each other of earlier stores: that comes in two steps. */
static void tell_the_rest(void)
{
	for (int step = 0; step < 2; step++) {
		meet_asleep();
		call_firmware();
	}
}

/* Hart 0 stores to a page of code; before any hart executes what is there, another one stores to other code of the page. */
static void write_in_turn(int hart)
{
	for (uint32_t n = 1; n <= SHARED_ROUNDS; n++) {
		tell_the_rest();
		if (hart == 0) {
			for (int i = 0; i < 1024; i += 512) {
				write_code(&code[0][i], small(n));
				if (!returns_value(&code[0][i], small(n))) wrong = 1;
			}
		}
		tell_the_rest();
		if (hart == 0) {
			write_code(&code[0][512], small(n + 1));
			call_firmware();
		}
		meet_asleep();
		if (hart == hart_count() - 1) {
			write_code(code[0], small(n + 2));
			call_firmware();
		}
		meet_asleep();
		if (hart == 0) {
			call_firmware();
			if (!returns_value(code[0], small(n + 2)) || !returns_value(&code[0][512], small(n + 1))) wrong = 1;
		}
	}
}

/* wfi, which goes on as its interrupt is pending, before the code: translators leave it and what follows it to the interpreter. */
static bool returns_after_wfi(const uint32_t *at, uint32_t n)
{
	set_csr(sie, SSIP);
	set_csr(sip, SSIP);
	bool right = returns_value(at, n);
	clear_csr(sip, SSIP);
	return right;
}

/* Hart 0 stores to a page of code until it is data; then another hart, of whose stores nobody is told, writes the code. */
static void write_data(int hart)
{
	for (uint32_t n = 0; n < SHARED_ROUNDS && n < DATA_PAGES; n++) {
		uint32_t *page = data_pages[n];
		tell_the_rest();
		if (hart == 0) {
			page[0] = wfi;
			write_code(&page[1], small(n));
			if (!returns_after_wfi(page, small(n))) wrong = 1;
			for (uint32_t store = 0; store < STORES_UNTIL_DATA - 2 + n % 5; store++)
				((volatile uint32_t *)page)[512] = store;
		}
		meet_asleep();
		if (hart == hart_count() - 1) {
			write_code(&page[1], small(n + 1));
			call_firmware();
		}
		meet_asleep();
		if (hart == 0) {
			call_firmware();
			if (!returns_after_wfi(page, small(n + 1))) wrong = 1;
		}
	}
}

/* The upper eight bits of an immediate, from the random number device. */
static void see_device(int hart)
{
	for (uint32_t n = 1; n <= SHARED_ROUNDS; n++) {
		meet_asleep();
		if (hart == 0) {
			write_code(code[0], 0);
			if (!returns_value(code[0], 0)) wrong = 1;
			read_random((uint8_t *)code[0] + 3);
			if (code[0][0] != load_immediate(0)) seen++;
			written = n;
		}
		meet_asleep();
		await(code[0], (uint64_t)((int32_t)code[0][0] >> 20));
	}
}

int main(int boot_hart)
{
	(void)boot_hart;
	rewrite_locally();
	reuse_frame();
	write_parcels((uint16_t *)code[1] + 2047, 0);
	on_all_harts(see_others);
	check(true, "code that any hart rewrites runs on all harts soon");
	write_code(code[0], 0);
	on_all_harts(see_last);
	check(true, "of code that changes often all harts run the last version soon");
	written = 0;
	/* Harts may run what is not there yet: returns wait at the start. */
	for (int i = 0; i < 1024; i++) code[0][i] = returns;
	on_all_harts(change_use);
	check(true, "a page that is code and data by turns runs on all harts");
	on_all_harts(write_in_turn);
	check(!wrong, "code that one hart writes after another runs on the hart that wrote first");
	wrong = 0;
	on_all_harts(write_data);
	check(!wrong, "code in a page that has become data, and that another hart writes then, runs as it is");
	wrong = 0;
	check(open_random(), "there is a random number device");
	on_all_harts(see_device);
	check(seen > 0 && !wrong, "code that a device writes runs on all harts soon");
	finish("unfenced");
}
