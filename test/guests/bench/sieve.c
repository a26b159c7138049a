/* Primes below 2^20, by Eratosthenes: byte stores with growing strides. */
#include "bench.h"

enum { SIZE = 1 << 20 };
static uint8_t composite[SIZE];

uint64_t sieve_run(uint64_t rounds)
{
	uint64_t primes = 0;
	for (; rounds; rounds--) {
		for (int i = 0; i < SIZE; i++) composite[i] = 0;
		for (int i = 2; i < SIZE; i++) {
			if (composite[i]) continue;
			primes++;
			for (int j = 2 * i; j < SIZE; j += i) composite[j] = 1;
		}
	}
	return primes;
}
