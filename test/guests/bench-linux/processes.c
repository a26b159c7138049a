/*
 * A ring of processes hands a token on through pipes, 120 hops a round. Each hop is a switch to another address space, to the
 * one that was left longest ago: 12 or 24 are more than a TLB, or an emulator of one, may keep.
 */
#include "system.h"
#include <unistd.h>

enum { HOPS = 120, MOST = 24, PAGE = 4096, PAGES = 16 };
/* Each process has its own after the first store, and reads all of it at each hop. */
static volatile uint64_t memory[PAGES][PAGE / sizeof(uint64_t)];

static uint64_t hand_on(int from, int to, uint64_t number)
{
	uint64_t token = 0;
	while (must(read(from, &token, sizeof token), "read") == sizeof token) {
		for (int i = 0; i < PAGES; i++) token = mixed(token, memory[i][number]);
		must(write(to, &token, sizeof token), "write");
	}
	return token;
}

static void own_memory(uint64_t number)
{
	for (uint64_t i = 0; i < PAGES; i++) memory[i][number] = number * PAGES + i;
}

/* This process is number 0; closing its pipe ends the next one, and so on. */
static uint64_t ring(uint64_t count, uint64_t rounds)
{
	int first[2], from = -1, children[MOST];
	must(pipe(first), "pipe");
	int in = first[0];
	for (uint64_t number = 1; number < count; number++) {
		int next[2];
		must(pipe(next), "pipe");
		children[number] = (int)must(fork(), "fork");
		if (!children[number]) {
			close(first[1]);
			close(next[0]);
			own_memory(number);
			hand_on(in, next[1], number);
			_exit(0);
		}
		close(in);
		close(next[1]);
		in = from = next[0];
	}
	own_memory(0);
	uint64_t token = count;
	for (uint64_t turn = 0; turn < rounds * HOPS / count; turn++) {
		for (int i = 0; i < PAGES; i++) token = mixed(token, memory[i][0]);
		must(write(first[1], &token, sizeof token), "write");
		if (must(read(from, &token, sizeof token), "read") != sizeof token) fail("the token is lost");
	}
	close(first[1]);
	for (uint64_t number = 1; number < count; number++) join_child(children[number]);
	return token;
}

uint64_t processes_12_run(uint64_t rounds) { return ring(12, rounds); }
uint64_t processes_24_run(uint64_t rounds) { return ring(24, rounds); }
