/* Atomic instructions that nobody else wants the words of: what a lock or a count costs that is free. */
#include "bench.h"

enum { STEPS = 20000, WORDS = 8 };
static uint64_t words[WORDS];
static uint32_t halves[WORDS];

#define RELAXED __ATOMIC_RELAXED
#define ALL __ATOMIC_ACQ_REL

/* Counts, flags and an exchange, by AMOs of both widths. */
uint64_t amo_run(uint64_t rounds)
{
	uint64_t sum = 0;
	for (; rounds; rounds--) {
		for (uint64_t i = 0; i < STEPS; i++) {
			uint64_t *word = &words[i % WORDS];
			sum += __atomic_fetch_add(word, i, RELAXED);
			sum ^= __atomic_fetch_add(&halves[i % WORDS], (uint32_t)i, ALL);
			sum += __atomic_exchange_n(&words[(i + 3) % WORDS], sum, ALL);
			sum ^= __atomic_fetch_or(&halves[(i + 5) % WORDS], 1u << i % 32, RELAXED);
		}
		sum = mixed(sum, words[0] + halves[1]);
	}
	return sum;
}

static inline uint64_t doubled_plus(uint64_t *word, uint64_t value)
{
	uint64_t old, new;
	long failed;
	__asm__ volatile("1: lr.d.aq %0, (%3)\n slli %1, %0, 1\n add %1, %1, %4\n sc.d.rl %2, %1, (%3)\n bnez %2, 1b"
			 : "=&r"(old), "=&r"(new), "=&r"(failed)
			 : "r"(word), "r"(value)
			 : "memory");
	return old;
}

/* What no AMO does, by LR and SC; and compare-exchange as compilers write it, which takes and frees a lock. */
uint64_t lr_sc_run(uint64_t rounds)
{
	uint64_t sum = 0;
	for (; rounds; rounds--) {
		for (uint64_t i = 0; i < STEPS; i++) {
			uint32_t unlocked = 0;
			sum += doubled_plus(&words[i % WORDS], i);
			if (__atomic_compare_exchange_n(&halves[0], &unlocked, 1, 0, __ATOMIC_ACQUIRE, RELAXED)) words[1] += sum;
			__atomic_store_n(&halves[0], 0, __ATOMIC_RELEASE);
		}
		sum = mixed(sum, words[2]);
	}
	return sum;
}
