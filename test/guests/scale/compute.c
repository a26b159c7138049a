/* Computing that shares nothing: an operation is 10,000 steps of integers, or 1,000 of floating point. */
#include "scale.h"

enum { INTEGER_STEPS = 10000, WORDS = 64, PAGE_WORDS = 512, FLOAT_STEPS = 1000 };

/* Never 0, and other for each unit. */
static uint64_t seed_of(uint64_t unit) { return (2 * unit + 1) * 0x9e3779b97f4a7c15; }

/* Each worker has two pages, and its table half in each: where it lies makes a difference to an emulator, and is to make none among
   workers. */
static uint64_t (*pages)[2 * PAGE_WORDS];

void prepare_integer(void) { pages = shared_memory((size_t)run->threads * sizeof *pages); }

/* A random number generator, with a load, a multiplication and a store each step. */
void compute_integer(struct worker *worker)
{
	uint64_t *words = pages[worker->number] + PAGE_WORDS - WORDS / 2;
	for (uint64_t unit; next_unit(worker, &unit);) {
		uint64_t state = seed_of(unit), sum = unit;
		for (int i = 0; i < WORDS; i++) words[i] = 0;
		for (int i = 0; i < INTEGER_STEPS; i++) {
			uint64_t *word = &words[random_word(&state) % WORDS];
			*word = mixed(*word, state);
		}
		for (int i = 0; i < WORDS; i++) sum = mixed(sum, words[i]);
		worker->sum += sum;
	}
}

/* Lorenz's equations, by steps of 1/1024; a step has 10 products, 10 sums and a quotient. */
void compute_float(struct worker *worker)
{
	const double step = 1.0 / 1024;
	for (uint64_t unit; next_unit(worker, &unit);) {
		double x = 1 + (double)(unit % 1000) / 1000, y = 1, z = 20;
		for (int i = 0; i < FLOAT_STEPS; i++) {
			double dx = rounded(10 * (y - x)), dy = rounded(x * (28 - z)) - y;
			double dz = rounded(x * y) - rounded(8 * z) / 3;
			x += rounded(step * dx);
			y += rounded(step * dy);
			z += rounded(step * dz);
		}
		worker->sum += mixed(mixed(mixed(unit, bits_of(x)), bits_of(y)), bits_of(z));
	}
}
