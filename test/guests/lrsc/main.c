/* Contention: no update is lost, nobody waits for ever, and no aligned access tears. Parameter 0: increments per primitive. */
#include "../runtime/parameters.h"
#include "../runtime/sleep.h"

enum { DEFAULT_INCREMENTS = 20000, READS_PER_FENCE = 64, ROUNDS = 50 };
static uint64_t increments(void) { return parameter(0, DEFAULT_INCREMENTS); }

typedef uint64_t increment(uint64_t *counter);

/* Each returns how many times it had to start again. */
static uint64_t by_reserved_word(uint64_t *counter)
{
	uint64_t old, failed, retries = (uint64_t)-1;
	__asm__ volatile("1: addi %2, %2, 1\n lr.w %0, (%3)\n addiw %0, %0, 1\n sc.w %1, %0, (%3)\n bnez %1, 1b"
			 : "=&r"(old), "=&r"(failed), "+&r"(retries) : "r"(counter) : "memory");
	return retries;
}

static uint64_t by_reserved_doubleword(uint64_t *counter)
{
	uint64_t old, failed, retries = (uint64_t)-1;
	__asm__ volatile("1: addi %2, %2, 1\n lr.d.aq %0, (%3)\n addi %0, %0, 1\n sc.d.rl %1, %0, (%3)\n bnez %1, 1b"
			 : "=&r"(old), "=&r"(failed), "+&r"(retries) : "r"(counter) : "memory");
	return retries;
}

static uint64_t by_addition_of_words(uint64_t *counter)
{
	__asm__ volatile("amoadd.w zero, %1, (%0)" ::"r"(counter), "r"(1L) : "memory");
	return 0;
}

static uint64_t by_addition_of_doublewords(uint64_t *counter)
{
	__asm__ volatile("amoadd.d.aqrl zero, %1, (%0)" ::"r"(counter), "r"(1L) : "memory");
	return 0;
}

/* A lock of amoswap around a plain increment: acquire and release order it. */
static uint64_t under_lock(uint64_t *counter)
{
	static uint32_t lock __attribute__((aligned(128)));
	uint64_t taken, retries = (uint64_t)-1;
	do {
		__asm__ volatile("amoswap.w.aq %0, %2, (%1)" : "=r"(taken) : "r"(&lock), "r"(1L) : "memory");
		retries++;
	} while (taken);
	*(volatile uint64_t *)counter += 1;
	__asm__ volatile("amoswap.w.rl zero, zero, (%0)" ::"r"(&lock) : "memory");
	return retries;
}

static const struct {
	increment *function;
	const char *name;
} primitives[] = {
	{by_reserved_word, "lr.w and sc.w lose no increment"},
	{by_reserved_doubleword, "lr.d.aq and sc.d.rl lose no increment"},
	{by_addition_of_words, "amoadd.w loses no increment"},
	{by_addition_of_doublewords, "amoadd.d.aqrl loses no increment"},
	{under_lock, "a plain counter under a lock of amoswap.w.aq and .rl loses no increment"},
};
static increment *primitive;
static uint64_t counter __attribute__((aligned(128)));
static volatile uint64_t most_retries[MAXIMUM_HARTS];
static uint64_t counting, third_party_writes;

static void count(int hart)
{
	uint64_t harts = (uint64_t)hart_count(), most = 0;
	/* In rounds, since the host may not run all harts at once: those that come out of meet_asleep() together do. */
	for (uint64_t round = 0; round < ROUNDS; round++) {
		meet_asleep();
		for (uint64_t i = round * harts + (uint64_t)hart; i < increments(); i += ROUNDS * harts) {
			uint64_t retries = primitive(&counter);
			if (retries > most) most = retries;
		}
	}
	most_retries[hart] = most;
}

/* Hart 0 writes the value that is there, by every kind of atomic; the others' sc may fail, or not, but loses nothing. */
static void write_the_same_value(void)
{
	uint64_t writes = 0;
	while (__atomic_load_n(&counting, __ATOMIC_ACQUIRE)) {
		uint64_t old, failed;
		__asm__ volatile("amoadd.d zero, zero, (%0)" ::"r"(&counter) : "memory");
		__asm__ volatile("amoor.w zero, zero, (%0)" ::"r"(&counter) : "memory");
		__asm__ volatile("amomaxu.d zero, zero, (%0)" ::"r"(&counter) : "memory");
		__asm__ volatile("lr.d %0, (%2)\n sc.d %1, %0, (%2)" : "=&r"(old), "=&r"(failed) : "r"(&counter) : "memory");
		writes += 3 + !failed;
	}
	third_party_writes = writes;
}

static void count_with_third_party(int hart)
{
	meet_asleep();
	if (hart == 0) return write_the_same_value();
	for (uint64_t i = (uint64_t)hart; i <= increments(); i += (uint64_t)hart_count() - 1) primitive(&counter);
	__atomic_sub_fetch(&counting, 1, __ATOMIC_RELEASE);
}

/* ---- tearing ---- */
static union {
	volatile uint64_t doublewords[16];
	volatile uint32_t words[32];
	volatile uint16_t halfwords[64];
	volatile double doubles[16];
} torn __attribute__((aligned(PAGE_BYTES)));
static page_table root;
static uint64_t torn_values;
static uint64_t reads_done;

static bool is_whole(uint64_t value, uint64_t all) { return value == 0 || value == all; }

/* Hart 0 and every second one write all zeros and all ones; the others must see nothing else. A fence now and then makes
   accesses take the long way, past the TLB. */
static void tear(int hart)
{
	set_root(root);
	meet_asleep();
	if (hart % 2 == 0) {
		for (uint64_t i = 0; __atomic_load_n(&reads_done, __ATOMIC_ACQUIRE) < (uint64_t)hart_count() / 2; i++) {
			torn.doublewords[i % 4 * 2] = i & 4 ? 0 : ~0UL;
			torn.words[16 + i % 4] = i & 4 ? 0 : ~0U;
			torn.halfwords[48 + i % 4] = (uint16_t)(i & 4 ? 0 : ~0U);
			uint64_t ones = i & 4 ? 0 : ~0UL;
			__asm__ volatile("fmv.d.x ft0, %1\n fsd ft0, (%0)" ::"r"(&torn.doubles[7]), "r"(ones) : "ft0", "memory");
			if (i % READS_PER_FENCE == 0) fence_all();
		}
	} else {
		uint64_t bad = 0;
		for (uint64_t i = 0; i < increments(); i++) {
			uint64_t loaded;
			bad += !is_whole(torn.doublewords[i % 4 * 2], ~0UL);
			bad += !is_whole(torn.words[16 + i % 4], ~0U);
			bad += !is_whole(torn.halfwords[48 + i % 4], 0xffff);
			__asm__ volatile("fld ft0, (%1)\n fmv.x.d %0, ft0" : "=r"(loaded) : "r"(&torn.doubles[7]) : "ft0", "memory");
			bad += !is_whole(loaded, ~0UL);
			if (i % READS_PER_FENCE == 0) fence_all();
		}
		__atomic_add_fetch(&torn_values, bad, __ATOMIC_RELAXED);
		__atomic_add_fetch(&reads_done, 1, __ATOMIC_RELEASE);
	}
	meet_asleep();
	set_root(0);
}

int main(int boot_hart)
{
	(void)boot_hart;
	for (unsigned i = 0; i < sizeof primitives / sizeof *primitives; i++) {
		primitive = primitives[i].function;
		counter = 0;
		on_all_harts(count);
		check_equal(counter, increments(), primitives[i].name);
		uint64_t most = 0;
		for (int hart = 0; hart < hart_count(); hart++)
			if (most_retries[hart] > most) most = most_retries[hart];
		print("     most retries of one increment: %u", most);
	}
	for (unsigned i = 0; i < 2; i++) {
		primitive = primitives[i].function;
		counter = 0;
		counting = (uint64_t)hart_count() - 1;
		on_all_harts(count_with_third_party);
		check_equal(counter, increments(), i ? "lr.d and sc.d lose no increment to writes of the same value"
						     : "lr.w and sc.w lose no increment to writes of the same value");
		print("     writes of the same value: %u", third_party_writes);
	}
	map_identity(root);
	on_all_harts(tear);
	check_equal(torn_values, 0, "no aligned load of 2, 4 or 8 bytes sees half a store");
	finish("lrsc");
}
