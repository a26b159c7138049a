/* A byte to another process and back through two pipes, 100 times a round: system calls and context switches. */
#include "../linux/ping-pong.h"
#include "system.h"

enum { EXCHANGES = 100 };

uint64_t pipe_run(uint64_t rounds)
{
	struct ping_pong pair;
	open_ping_pong(&pair, ANY_HART);
	uint64_t sum = 0;
	for (uint64_t i = 0; i < rounds * EXCHANGES; i++) sum = mixed(sum, ping(&pair));
	close_ping_pong(&pair);
	return sum;
}
