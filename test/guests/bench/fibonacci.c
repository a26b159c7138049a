/* Fibonacci's numbers by recursion, as a compiler likes: it puts some levels of calls into one long function. */
#include "bench.h"

static __attribute__((noinline)) uint64_t fibonacci(uint64_t n)
{
	return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

uint64_t fibonacci_run(uint64_t rounds)
{
	uint64_t sum = 0;
	for (; rounds; rounds--) sum = mixed(sum, fibonacci(24 + rounds % 2));
	return sum;
}
