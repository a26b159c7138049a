/* A byte to another process and back through two pipes, 100 times a round: system calls and context switches. */
#include "system.h"
#include <unistd.h>

enum { EXCHANGES = 100 };

static void answer(int from, int to)
{
	uint8_t byte;
	while (read(from, &byte, 1) == 1) {
		byte++;
		must(write(to, &byte, 1), "write");
	}
	_exit(0);
}

uint64_t pipe_run(uint64_t rounds)
{
	int there[2], back[2];
	must(pipe(there), "pipe");
	must(pipe(back), "pipe");
	int child = (int)must(fork(), "fork");
	if (!child) {
		close(there[1]);
		answer(there[0], back[1]);
	}
	uint64_t sum = 0;
	uint8_t byte = 0;
	for (uint64_t i = 0; i < rounds * EXCHANGES; i++) {
		must(write(there[1], &byte, 1), "write");
		if (must(read(back[0], &byte, 1), "read") != 1) fail("the other process ended");
		sum = mixed(sum, byte);
	}
	close(there[1]);
	join_child(child);
	return sum;
}
