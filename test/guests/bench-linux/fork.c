/* A child that ends at once, and the wait for it, over 1 MiB of memory of one's own. */
#include "system.h"
#include <unistd.h>

enum { BYTES = 1 << 20, PAGE = 4096 };
static uint8_t memory[BYTES];

uint64_t fork_run(uint64_t rounds)
{
	for (int i = 0; i < BYTES; i += PAGE) memory[i] = 1;
	for (uint64_t i = 0; i < rounds; i++) {
		int child = (int)must(fork(), "fork");
		if (!child) _exit(0);
		join_child(child);
	}
	return rounds;
}
