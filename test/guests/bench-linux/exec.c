/* A child that becomes another program, this one anew, and the wait for it. */
#include "system.h"
#include <unistd.h>

uint64_t exec_run(uint64_t rounds)
{
	for (uint64_t i = 0; i < rounds; i++) {
		int child = (int)must(fork(), "fork");
		if (!child) become_nothing();
		join_child(child);
	}
	return rounds;
}
