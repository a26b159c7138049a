/* All harts change the same words; nothing may be lost. Unprivileged spec, "A" extension. */
#include "../runtime/runtime.h"

enum { ROUNDS = 20000 };
static struct {
	uint32_t added, counted, taken_and_put;
	uint64_t added_long, counted_long, largest, bits;
} shared;
static uint64_t plain;
static struct lock lock;
static uint64_t exchanged[MAXIMUM_HARTS], slot;

static void count_by_reservation(uint32_t *word)
{
	uint32_t old, failed;
	__asm__ volatile("1: lr.w %0, (%2)\n addiw %0, %0, 1\n sc.w %1, %0, (%2)\n bnez %1, 1b"
			 : "=&r"(old), "=&r"(failed) : "r"(word) : "memory");
}

static void count_long_by_reservation(uint64_t *word)
{
	uint64_t old, failed;
	__asm__ volatile("1: lr.d.aq %0, (%2)\n addi %0, %0, 1\n sc.d.rl %1, %0, (%2)\n bnez %1, 1b"
			 : "=&r"(old), "=&r"(failed) : "r"(word) : "memory");
}

static void work(int hart)
{
	uint64_t sum = 0;
	meet();
	for (uint64_t i = 1; i <= ROUNDS; i++) {
		__asm__ volatile("amoadd.w zero, %1, (%0)" ::"r"(&shared.added), "r"(1L) : "memory");
		__asm__ volatile("amoadd.d.aqrl zero, %1, (%0)" ::"r"(&shared.added_long), "r"(0x100000001L) : "memory");
		count_by_reservation(&shared.counted);
		count_long_by_reservation(&shared.counted_long);
		__asm__ volatile("amomaxu.d zero, %1, (%0)" ::"r"(&shared.largest), "r"(i * MAXIMUM_HARTS + (uint64_t)hart) : "memory");
		__asm__ volatile("amoxor.d zero, %1, (%0)" ::"r"(&shared.bits), "r"(1UL << hart) : "memory");
		/* Each value put in is taken out exactly once: by someone, or it is still there at the end. */
		uint64_t taken;
		__asm__ volatile("amoswap.d %0, %2, (%1)" : "=r"(taken) : "r"(&slot), "r"(i) : "memory");
		sum += taken;
		acquire(&lock);
		plain++;
		release(&lock);
	}
	exchanged[hart] = sum;
}

/* One store by this hart to the reserved word's neighbours and the word itself, all seen by sc. */
static void check_reservation(void)
{
	static uint64_t word __attribute__((aligned(64)));
	uint64_t failed, old;
	__asm__ volatile("lr.d %0, (%2)\n sc.d %1, %3, (%2)" : "=&r"(old), "=&r"(failed) : "r"(&word), "r"(5L) : "memory");
	check(!failed && word == 5, "sc.d stores after its lr.d");
	__asm__ volatile("sc.d %0, %2, (%1)" : "=&r"(failed) : "r"(&word), "r"(6L) : "memory");
	check(failed == 1 && word == 5, "sc.d without a reservation fails with 1 and stores nothing");
	uint32_t narrow;
	__asm__ volatile("lr.w %0, (%2)\n sc.w %1, %3, (%2)" : "=&r"(narrow), "=&r"(failed) : "r"(&word), "r"(-1L) : "memory");
	check(!failed && word == 0xffffffff, "sc.w stores 32 bits");
	int64_t extended;
	__asm__ volatile("amoswap.w %0, %2, (%1)" : "=&r"(extended) : "r"(&word), "r"(1L) : "memory");
	check(extended == -1, "amoswap.w sign-extends what it read");
	word = 0x80000000;
	__asm__ volatile("amomin.w zero, %1, (%0)" ::"r"(&word), "r"(7L) : "memory");
	check_equal(word, 0x80000000, "amomin.w compares signed");
	__asm__ volatile("amominu.w zero, %1, (%0)" ::"r"(&word), "r"(7L) : "memory");
	check_equal(word, 7, "amominu.w compares unsigned");
}

int main(int boot_hart)
{
	(void)boot_hart;
	check_reservation();
	on_all_harts(work);
	uint64_t harts = (uint64_t)hart_count(), sum = slot;
	for (uint64_t hart = 0; hart < harts; hart++) sum += exchanged[hart];
	check_equal(shared.added, harts * ROUNDS, "amoadd.w loses no update");
	check_equal(shared.added_long, harts * ROUNDS * 0x100000001, "amoadd.d loses no update");
	check_equal(shared.counted, harts * ROUNDS, "lr.w and sc.w lose no update");
	check_equal(shared.counted_long, harts * ROUNDS, "lr.d and sc.d lose no update");
	check_equal(shared.largest, ROUNDS * MAXIMUM_HARTS + harts - 1, "amomaxu.d keeps the largest");
	check_equal(shared.bits, 0, "amoxor.d an even number of times leaves nothing");
	check_equal(sum, harts * (ROUNDS * (ROUNDS + 1UL) / 2), "amoswap.d hands each value on once");
	check_equal(plain, harts * ROUNDS, "a lock of amoswap.w protects a plain counter");
	finish("atomics");
}
