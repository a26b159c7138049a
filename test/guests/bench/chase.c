/* Pointers followed through a ring of all cache lines of some memory: each load waits for the one before it. */
#include "bench.h"

enum { LINE_BYTES = 64, STEPS = 65000 };
static uint8_t *ring;

/* An additive congruential generator with a full period orders the lines: one ring, made in one pass. */
static void link_lines(uint64_t bytes)
{
	uint64_t lines = bytes / LINE_BYTES;
	ring = memory_for(bytes);
	for (uint64_t i = 0; i < lines; i++)
		*(uint8_t **)(ring + i * LINE_BYTES) = ring + (i * 1664525 + 1013904223) % lines * LINE_BYTES;
}

void chase_4k_prepare(void) { link_lines(4 << 10); }
void chase_16k_prepare(void) { link_lines(16 << 10); }
void chase_64k_prepare(void) { link_lines(64 << 10); }
void chase_256k_prepare(void) { link_lines(256 << 10); }
void chase_1m_prepare(void) { link_lines(1 << 20); }
void chase_4m_prepare(void) { link_lines(4 << 20); }
void chase_16m_prepare(void) { link_lines(16 << 20); }
void chase_64m_prepare(void) { link_lines(64 << 20); }
void chase_256m_prepare(void) { link_lines(256 << 20); }

uint64_t chase_run(uint64_t rounds)
{
	uint64_t sum = 0;
	uint8_t *at = ring;
	for (; rounds; rounds--) {
		for (int step = 0; step < STEPS; step += 8) {
#define FOLLOW at = *(uint8_t **)at
			FOLLOW, FOLLOW, FOLLOW, FOLLOW, FOLLOW, FOLLOW, FOLLOW, FOLLOW;
		}
		sum = mixed(sum, (uint64_t)(at - ring));
	}
	return sum;
}
