/* Division of 64 bits, signed and unsigned: greatest common divisors, digits, powers modulo a prime. */
#include "bench.h"

enum { NUMBERS = 4096 };

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

static uint64_t digits(int64_t value, int64_t base)
{
	uint64_t sum = 0;
	for (; value; value /= base) sum = sum * 31 + (uint64_t)(value % base);
	return sum;
}

static uint64_t power(uint64_t base, uint64_t exponent, uint64_t modulus)
{
	uint64_t product = 1;
	for (base %= modulus; exponent; exponent >>= 1) {
		if (exponent & 1) product = product * base % modulus;
		base = base * base % modulus;
	}
	return product;
}

uint64_t division_run(uint64_t rounds)
{
	uint64_t state = 99, sum = 0;
	for (; rounds; rounds--)
		for (int i = 0; i < NUMBERS; i++) {
			uint64_t one = random_word(&state), other = random_word(&state);
			sum = mixed(sum, common_divisor(one, other));
			sum = mixed(sum, digits((int64_t)one >> 20, 2 + (int64_t)(other & 31)));
			sum = mixed(sum, power(one >> 33, other >> 50, 2147483647));
		}
	return sum;
}
