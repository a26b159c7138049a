/*
 * Rings of 256 places between producers and consumers: each worker sends to the next one, and receives from the one before; with
 * one worker, to itself. An operation is an item that arrives.
 */
#include "scale.h"

enum { PLACES = 256 };
/* The last item: how many came before it. Units are smaller. */
#define END (1UL << 63)

struct ring {
	_Alignas(LINE) uint64_t sent;	  /* written by the sender */
	_Alignas(LINE) uint64_t received; /* written by the receiver */
	_Alignas(LINE) uint64_t items[PLACES];
};
static struct ring *rings; /* by the sender's number */

void prepare_ring(void) { rings = shared_memory(MOST_WORKERS * sizeof *rings); }

void begin_ring(void)
{
	for (int i = 0; i < run->threads; i++) rings[i].sent = rings[i].received = 0;
}

/* Sends until the ring is full. Returns whether there is more. */
static bool send(struct worker *worker, struct ring *ring)
{
	/* Acquire: the receiver has read a place before it is written again. Pairs with the release in receive(). */
	uint64_t free = PLACES - (ring->sent - __atomic_load_n(&ring->received, __ATOMIC_ACQUIRE));
	for (; free; free--) {
		uint64_t unit;
		bool more = next_unit(worker, &unit);
		ring->items[ring->sent % PLACES] = more ? unit : END | worker->operations;
		/* Release: the item is there before it counts. Pairs with the acquire in receive(). */
		__atomic_store_n(&ring->sent, ring->sent + 1, __ATOMIC_RELEASE);
		if (!more) return false;
	}
	return true;
}

/* Receives until the ring is empty; checks the order. Returns whether there is more. */
static bool receive(struct worker *worker, struct ring *ring, uint64_t first)
{
	uint64_t there = __atomic_load_n(&ring->sent, __ATOMIC_ACQUIRE) - ring->received;
	for (; there; there--) {
		uint64_t number = ring->received, item = ring->items[number % PLACES];
		if (item & END) {
			if ((item ^ END) != number) broken("a ring lost an item");
			return false;
		}
		if (item != first + number * worker->stride) broken("a ring gave an item twice, or out of order");
		worker->sum += mixed(mixed(0, item), item);
		__atomic_store_n(&ring->received, number + 1, __ATOMIC_RELEASE);
	}
	return true;
}

void work_ring(struct worker *worker)
{
	int before = (worker->number + run->threads - 1) % run->threads;
	struct ring *out = &rings[worker->number], *in = &rings[before];
	uint64_t first = run->units == UINT64_MAX ? (uint64_t)before : first_part(&run->workers[before], run->units);
	bool sends = true, receives = true;
	for (uint32_t looks = 0; sends || receives; looks++) {
		uint64_t progress = out->sent + in->received;
		if (sends) sends = send(worker, out);
		if (receives) receives = receive(worker, in, first);
		if (out->sent + in->received == progress) wait_a_little(looks);
	}
}
