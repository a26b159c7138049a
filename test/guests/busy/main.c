/* Every hart runs the same long integer loop, by itself; prints the time it took on each. */
#include "../runtime/runtime.h"

enum { ROUNDS = 20000000 };
static struct { uint64_t took, sum; } results[MAXIMUM_HARTS];

static void loop(int hart)
{
	meet();
	uint64_t start = ticks(), state = 88172645463325252, sum = 0;
	for (int i = 0; i < ROUNDS; i++) sum += next_random(&state);
	results[hart].took = ticks() - start;
	results[hart].sum = sum;
}

int main(int boot_hart)
{
	(void)boot_hart;
	on_all_harts(loop);
	for (int hart = 0; hart < hart_count(); hart++)
		print("hart %d: %u ticks, sum 0x%x", (int64_t)hart, results[hart].took, results[hart].sum);
	finish("busy");
}
