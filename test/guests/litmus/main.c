/*
 * Runs litmus programs. Their code and this table come with the parameters (test/litmus/image.ts): per program and hart a
 * function that gets the addresses of four variables, makes the hart's accesses, and returns what it saw, in bits of its own.
 * A batch has many slots, each with variables of its own; harts go through the slots side by side. Outcomes are counted.
 */
#include "../runtime/parameters.h"
#include "../runtime/sleep.h"

enum { HARTS = 4, VARIABLES = 4, SLOTS = 4096, SLOT_BYTES = 512, KEYS = 4096, VALUE_MASK = 3 };
#define AREA_BYTES ((uint64_t)SLOTS * SLOT_BYTES + 64)

typedef uint64_t snippet(uint64_t *x, uint64_t *y, uint64_t *z, uint64_t *w);
struct program {
	uint64_t final_count;
	/* Variables whose value at the end counts, and where it goes in the outcome. */
	struct {
		uint32_t variable, shift;
	} finals[VARIABLES];
	snippet *snippets[HARTS];
};
struct image {
	uint64_t magic, programs, batches, slots, looks, ticks, seed;
	struct program program[];
};
static const struct image *const image = (const struct image *)PARAMETERS;

/* The program has had its time; hart 0 decides. */
static volatile bool over;
static uint8_t area[VARIABLES * AREA_BYTES] __attribute__((aligned(PAGE_BYTES)));
static uint64_t seen[HARTS][SLOTS];
static uint64_t histogram[HARTS][KEYS];
static struct {
	volatile uint64_t slots;
} __attribute__((aligned(128))) progress[HARTS];

/* From variable to variable: the same line, the next one, another pair of lines, another page. */
static const uint64_t strides[] = {8, 64, 128, AREA_BYTES};
static const uint64_t delays[] = {0, 3, 15, 63};
struct batch {
	const struct program *program;
	uint64_t stride, delay_mask, first;
};

static uint64_t *variable(const struct batch *batch, uint64_t slot, uint64_t number)
{
	return (uint64_t *)(area + slot * SLOT_BYTES + number * batch->stride);
}

/* Not for ever: the others may have no core of the host just now. `looks` are left in this batch. */
static void wait_for_others(int hart, int harts, uint64_t slots, uint64_t *looks)
{
	progress[hart].slots = slots;
	for (int other = 0; other < harts; other++)
		while (progress[other].slots < slots && *looks) --*looks;
}

static void run_batch(int hart, int harts, const struct batch *batch, uint64_t *random)
{
	snippet *run = batch->program->snippets[hart];
	uint64_t looks = image->looks;
	for (uint64_t slot = 0; slot < image->slots; slot++) {
		uint64_t *x = variable(batch, slot, 0), *y = variable(batch, slot, 1);
		uint64_t *z = variable(batch, slot, 2), *w = variable(batch, slot, 3);
		wait_for_others(hart, harts, batch->first + slot + 1, &looks);
		for (uint64_t wait = next_random(random) & batch->delay_mask; wait; wait--) __asm__ volatile("");
		seen[hart][slot] = run(x, y, z, w);
	}
}

/* Each hart counts its share of the slots, and clears their variables. */
static void count_batch(int hart, int harts, const struct batch *batch)
{
	for (uint64_t slot = (uint64_t)hart; slot < image->slots; slot += (uint64_t)harts) {
		uint64_t key = 0;
		for (int each = 0; each < harts; each++) key |= seen[each][slot];
		for (uint64_t i = 0; i < batch->program->final_count; i++)
			key |= (*variable(batch, slot, batch->program->finals[i].variable) & VALUE_MASK)
			       << batch->program->finals[i].shift;
		histogram[hart][key % KEYS]++;
		for (uint64_t i = 0; i < VARIABLES; i++) *variable(batch, slot, i) = 0;
	}
}

static void print_histogram(uint64_t program, int harts)
{
	print("program %u", program);
	for (uint64_t key = 0; key < KEYS; key++) {
		uint64_t count = 0;
		for (int hart = 0; hart < harts; hart++) {
			count += histogram[hart][key];
			histogram[hart][key] = 0;
		}
		if (count) print("outcome %u: %u", key, count);
	}
}

static void run_programs(int hart)
{
	int harts = hart_count();
	/* The same numbers on all harts, and numbers of this hart's own. */
	uint64_t common = image->seed, own = image->seed + 0x9e3779b97f4a7c15 * (uint64_t)(hart + 1), done = 0;
	for (uint64_t number = 0; number < image->programs; number++) {
		struct batch batch = {.program = &image->program[number]};
		uint64_t start = ticks();
		for (uint64_t i = 0; i < image->batches; i++) {
			uint64_t random = next_random(&common) >> 32;
			batch.stride = strides[random % 4];
			batch.delay_mask = delays[random / 4 % 4];
			batch.first = done;
			meet_asleep();
			run_batch(hart, harts, &batch, &own);
			done += image->slots;
			if (hart == 0) over = image->ticks && ticks() - start > image->ticks;
			meet_asleep();
			count_batch(hart, harts, &batch);
			if (over) break;
		}
		meet_asleep();
		if (hart == 0) print_histogram(number, harts);
		meet_asleep();
	}
}

int main(int boot_hart)
{
	(void)boot_hart;
	if (parameter(0, 0)) {
		fence_i();
		on_all_harts(run_programs);
	} else
		print("no litmus programs");
	finish("litmus");
}
