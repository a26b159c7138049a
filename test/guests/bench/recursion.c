/* Fibonacci, Ackermann and Takeuchi: calls and returns, with little between. */
#include "bench.h"

#define CALLED __attribute__((noinline, noclone, optimize("no-optimize-sibling-calls")))

static CALLED uint64_t fibonacci(uint64_t n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

static CALLED uint64_t ackermann(uint64_t m, uint64_t n)
{
	if (m == 0) return n + 1;
	return ackermann(m - 1, n == 0 ? 1 : ackermann(m, n - 1));
}

static CALLED int64_t takeuchi(int64_t x, int64_t y, int64_t z)
{
	return y >= x ? z : takeuchi(takeuchi(x - 1, y, z), takeuchi(y - 1, z, x), takeuchi(z - 1, x, y));
}

uint64_t recursion_run(uint64_t rounds)
{
	uint64_t sum = 0;
	for (; rounds; rounds--) {
		sum = mixed(sum, fibonacci(20 + rounds % 2));
		sum = mixed(sum, ackermann(2, 60 + rounds % 2));
		sum = mixed(sum, (uint64_t)takeuchi(12, 8, (int64_t)(rounds % 2)));
	}
	return sum;
}
