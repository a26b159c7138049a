/* A byte to another process and back, through two pipes. */
#define _GNU_SOURCE
#include "ping-pong.h"
#include "process.h"
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Ends the partner: other partners may have inherited the pipe, so that closing it would not. */
enum { END = 255 };

static uint8_t after(uint8_t byte) { return (uint8_t)((byte + 1) % END); }

static void answer(int from, int to)
{
	for (uint8_t byte; must(read(from, &byte, 1), "read") == 1 && byte != END;) {
		byte = after(byte);
		must(write(to, &byte, 1), "write");
	}
	_exit(0);
}

void open_ping_pong(struct ping_pong *pair, int hart)
{
	int there[2], back[2];
	must(pipe(there), "pipe");
	must(pipe(back), "pipe");
	*pair = (struct ping_pong){.there = there[1], .back = back[0], .partner = (int)must(fork(), "fork")};
	if (!pair->partner) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* whoever fails leaves nobody behind */
		if (hart != ANY_HART) pin(hart);
		close(there[1]);
		answer(there[0], back[1]);
	}
	close(there[0]);
	close(back[1]);
}

uint8_t ping(struct ping_pong *pair)
{
	uint8_t byte = pair->sent;
	must(write(pair->there, &byte, 1), "write");
	if (must(read(pair->back, &byte, 1), "read") != 1) fail("the other process ended");
	if (byte != after(pair->sent)) fail("another byte came back");
	return pair->sent = byte;
}

void close_ping_pong(struct ping_pong *pair)
{
	uint8_t byte = END;
	must(write(pair->there, &byte, 1), "write");
	join_child(pair->partner);
	close(pair->there);
	close(pair->back);
}
