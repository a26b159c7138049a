/* Integer programs, timed by the time CSR: "bench NAME TICKS ticks, check 0xSUM". */
#include "../runtime/runtime.h"
#include "../shared/quicksort.h"

enum { SIEVE = 1 << 20, SORT = 1 << 17, CRC_BYTES = 1 << 20, SIDE = 96, STEPS = 3000000 };
static uint8_t composite[SIEVE];
static uint32_t numbers[SORT];
static uint8_t message[CRC_BYTES];
static uint32_t crc_table[256];
static uint32_t left[SIDE][SIDE], right[SIDE][SIDE], product[SIDE][SIDE];

static uint64_t sieve(void)
{
	uint64_t primes = 0;
	for (int round = 0; round < 12; round++) {
		for (int i = 0; i < SIEVE; i++) composite[i] = 0;
		for (int i = 2; i < SIEVE; i++) {
			if (composite[i]) continue;
			primes++;
			for (int j = 2 * i; j < SIEVE; j += i) composite[j] = 1;
		}
	}
	return primes;
}

static uint64_t sort(void)
{
	uint64_t state = 1234567, sum = 0;
	for (int round = 0; round < 4; round++) {
		for (int i = 0; i < SORT; i++) numbers[i] = (uint32_t)next_random(&state);
		quicksort(numbers, SORT);
		for (int i = 0; i < SORT; i++) sum = sum * 31 + numbers[i];
		for (int i = 1; i < SORT; i++)
			if (numbers[i - 1] > numbers[i]) return 0;
	}
	return sum;
}

static uint64_t crc(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;
		for (int bit = 0; bit < 8; bit++) c = c & 1 ? c >> 1 ^ 0xedb88320 : c >> 1;
		crc_table[i] = c;
	}
	uint32_t c = 0xffffffff;
	for (int i = 0; i < CRC_BYTES; i++) message[i] = (uint8_t)(i * 7);
	for (int round = 0; round < 8; round++)
		for (int i = 0; i < CRC_BYTES; i++) c = crc_table[(c ^ message[i]) & 0xff] ^ c >> 8;
	return c ^ 0xffffffff;
}

static uint64_t matrix(void)
{
	uint64_t sum = 0;
	for (int i = 0; i < SIDE; i++)
		for (int j = 0; j < SIDE; j++) {
			left[i][j] = (uint32_t)(i * j + 1);
			right[i][j] = (uint32_t)(i - j);
		}
	for (int round = 0; round < 30; round++)
		for (int i = 0; i < SIDE; i++)
			for (int j = 0; j < SIDE; j++) {
				uint32_t cell = 0;
				for (int k = 0; k < SIDE; k++) cell += left[i][k] * right[k][j];
				product[i][j] = cell;
				sum += cell;
			}
	return sum;
}

/* A byte-code machine: indirect jumps and hard-to-guess branches. */
static uint64_t interpreter(void)
{
	enum { ADD, MULTIPLY, XOR, SHIFT, SWAP, COUNT, BRANCH, END };
	static const uint8_t code[] = {ADD, MULTIPLY, XOR, SHIFT, SWAP, COUNT, XOR, ADD, SWAP, BRANCH, SHIFT, MULTIPLY, END};
	uint64_t a = 1, b = 0x9e3779b97f4a7c15, count = 0;
	for (int step = 0, at = 0; step < STEPS; step++) {
		switch (((volatile const uint8_t *)code)[at++]) {
		case ADD: a += b; break;
		case MULTIPLY: a *= 6364136223846793005; break;
		case XOR: a ^= a >> 29; break;
		case SHIFT: b = b << 7 | b >> 57; break;
		case SWAP: {
			uint64_t t = a;
			a = b;
			b = t;
			break;
		}
		case COUNT: count++; break;
		case BRANCH:
			if (a & 1) at = 3;
			break;
		case END: at = 0; break;
		}
	}
	return a ^ b ^ count;
}

static const struct {
	const char *name;
	uint64_t (*run)(void);
} programs[] = {{"sieve", sieve}, {"sort", sort}, {"crc", crc}, {"matrix", matrix}, {"interpreter", interpreter}};

int main(int boot_hart)
{
	(void)boot_hart;
	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
		uint64_t start = ticks();
		uint64_t sum = programs[i].run();
		print("bench %s %u ticks, check 0x%x", programs[i].name, ticks() - start, sum);
	}
	finish("integer-bench");
}
