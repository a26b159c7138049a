/* A byte to another process and back, through two pipes. */
#ifndef PING_PONG_H
#define PING_PONG_H
#include <stdint.h>

enum { ANY_HART = -1 };
struct ping_pong {
	int there, back, partner;
	uint8_t sent;
};

/* Starts the partner, pinned to a hart or not. */
void open_ping_pong(struct ping_pong *pair, int hart);
/* Sends a byte, and checks that the next one comes back; returns it. */
uint8_t ping(struct ping_pong *pair);
/* Ends the partner. */
void close_ping_pong(struct ping_pong *pair);
#endif
