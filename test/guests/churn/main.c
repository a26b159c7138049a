/*
 * Programs that are written, run, and overwritten, over and over, at places that overlap: each computes what the same
 * steps compute in C. Parameters: how many (0: for ever), and the turns that each runs for.
 */
#include "../runtime/parameters.h"
#include "../runtime/runtime.h"

enum { DEFAULT_PROGRAMS = 300, DEFAULT_TURNS = 100 };
enum { CODE_BYTES = 256 * PAGE_BYTES, PLACE_BYTES = 64, SHORTEST = 4, LONGEST = 40, LONGEST_BYTES = 8 * LONGEST + 12 };
enum { TABLE_WORDS = 256, IMMEDIATES = 2048, VALUE = 10, TURNS, TEMPORARY, TABLE, RETURN_ADDRESS = 1 };

enum step_kind { ADD, XOR, SHIFT_LEFT, SHIFT_RIGHT, LOAD, STORE, STEP_KINDS };
struct step {
	enum step_kind kind;
	uint32_t number;
};
typedef uint64_t program(uint64_t value, uint64_t turns, uint64_t unused, uint64_t *table);

static uint8_t code[CODE_BYTES] __attribute__((aligned(PAGE_BYTES)));
static uint64_t table[TABLE_WORDS], same_table[TABLE_WORDS];
static uint64_t random_state = 0x9e3779b97f4a7c15;

static uint32_t below(uint32_t limit) { return (uint32_t)(next_random(&random_state) >> 33) % limit; }

/* Formats of the base instruction set. */
static uint32_t with_immediate(uint32_t opcode, uint32_t rd, uint32_t rs1, uint32_t immediate)
{
	return immediate << 20 | rs1 << 15 | rd << 7 | opcode;
}
static uint32_t with_register(uint32_t opcode, uint32_t rd, uint32_t rs1, uint32_t rs2)
{
	return rs2 << 20 | rs1 << 15 | rd << 7 | opcode;
}
/* Opcodes with their funct3. */
enum { ADDI = 0x13, SLLI = 0x1013, XORI = 0x4013, SRLI = 0x5013, RR_ADD = 0x33, RR_XOR = 0x4033, LD = 0x3003, SD = 0x3023, BNE = 0x1063, JALR = 0x67 };

static uint32_t *write_step(uint32_t *at, struct step step)
{
	uint32_t n = step.number;
	switch (step.kind) {
	case ADD: *at++ = with_immediate(ADDI, VALUE, VALUE, n); break;
	case XOR: *at++ = with_immediate(XORI, VALUE, VALUE, n); break;
	case SHIFT_LEFT:
		*at++ = with_immediate(SLLI, TEMPORARY, VALUE, n % 64);
		*at++ = with_register(RR_ADD, VALUE, VALUE, TEMPORARY);
		break;
	case SHIFT_RIGHT:
		*at++ = with_immediate(SRLI, TEMPORARY, VALUE, n % 64);
		*at++ = with_register(RR_XOR, VALUE, VALUE, TEMPORARY);
		break;
	case LOAD:
		*at++ = with_immediate(LD, TEMPORARY, TABLE, n % TABLE_WORDS * 8);
		*at++ = with_register(RR_XOR, VALUE, VALUE, TEMPORARY);
		break;
	default: {
		uint32_t offset = n % TABLE_WORDS * 8;
		*at++ = with_register(SD, offset & 31, TABLE, VALUE) | offset >> 5 << 25;
	}
	}
	return at;
}

static uint64_t do_step(uint64_t value, struct step step)
{
	uint32_t n = step.number;
	switch (step.kind) {
	case ADD: return value + n;
	case XOR: return value ^ n;
	case SHIFT_LEFT: return value + (value << n % 64);
	case SHIFT_RIGHT: return value ^ value >> n % 64;
	case LOAD: return value ^ same_table[n % TABLE_WORDS];
	default: return same_table[n % TABLE_WORDS] = value;
	}
}

/* do {steps} while (--turns); return value */
static program *write_program(const struct step *steps, uint32_t count)
{
	uint32_t *start = (uint32_t *)(code + below((CODE_BYTES - LONGEST_BYTES) / PLACE_BYTES) * PLACE_BYTES);
	uint32_t *at = start;
	for (uint32_t i = 0; i < count; i++) at = write_step(at, steps[i]);
	*at++ = with_immediate(ADDI, TURNS, TURNS, 0xfff);
	uint32_t back = (uint32_t)((start - at) * 4);
	*at = with_register(BNE, (back >> 11 & 1) | (back & 0x1e), TURNS, 0) | (back >> 5 & 0x3f) << 25 | (back >> 12 & 1) << 31;
	*++at = with_immediate(JALR, 0, RETURN_ADDRESS, 0);
	fence_i();
	return (program *)start;
}

static bool next_program(uint64_t turns)
{
	struct step steps[LONGEST];
	uint32_t count = SHORTEST + below(LONGEST - SHORTEST + 1);
	for (uint32_t i = 0; i < count; i++) steps[i] = (struct step){below(STEP_KINDS), below(IMMEDIATES)};
	uint64_t value = next_random(&random_state), expected = value;
	uint64_t got = write_program(steps, count)(value, turns, 0, table);
	for (uint64_t turn = 0; turn < turns; turn++)
		for (uint32_t i = 0; i < count; i++) expected = do_step(expected, steps[i]);
	return got == expected;
}

int main(int boot_hart)
{
	(void)boot_hart;
	uint64_t programs = parameter(0, DEFAULT_PROGRAMS), turns = parameter(1, DEFAULT_TURNS);
	for (uint64_t n = 1; programs == 0 || n <= programs; n++) {
		if (next_program(turns)) continue;
		print("FAIL program %u computes something else", n);
		finish_with(1);
	}
	print("PASS %u programs, each written over others, compute what they should", programs);
	finish("churn");
}
