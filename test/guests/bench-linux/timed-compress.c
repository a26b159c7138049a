/*
 * As sixteen gzips at once: an operation is sixteen processes, each of which compresses 48 KiB of text as LZ77 does (three
 * bytes are looked up in a hash table, the last places are chained), decompresses it, and compares.
 */
#include "timed.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PROCESSES = 16, BYTES = 48 << 10, BUCKETS = 4096, PLACES_TRIED = 8, SHORTEST = 3, LONGEST_MATCH = 255 };
enum { NOWHERE = -1 };
static uint8_t text[BYTES], packed[2 * BYTES], unpacked[BYTES];

static void write_text(uint64_t seed)
{
	size_t at = 0;
	while (at < BYTES) {
		uint64_t word = random_word(&seed) % 600, letters = 2 + word % 7;
		for (uint64_t i = 0; i < letters && at < BYTES; i++) text[at++] = (uint8_t)('a' + (word * (i + 3) + i) % 26);
		if (at < BYTES) text[at++] = ' ';
	}
}

static unsigned bucket_of(const uint8_t *at) { return (at[0] * 2654435761u ^ at[1] * 40503u ^ at[2] * 2246822519u) % BUCKETS; }

/* A zero and a byte, or a length and a distance of two bytes. Returns how many bytes it wrote. */
static size_t compress(void)
{
	static int latest[BUCKETS], before[BYTES];
	for (int i = 0; i < BUCKETS; i++) latest[i] = NOWHERE;
	size_t out = 0;
	for (int at = 0; at < BYTES;) {
		int length = 0, distance = 0;
		if (at + SHORTEST <= BYTES) {
			int place = latest[bucket_of(text + at)];
			for (int tries = 0; place != NOWHERE && tries < PLACES_TRIED; tries++, place = before[place]) {
				int same = 0;
				while (at + same < BYTES && same < LONGEST_MATCH && text[place + same] == text[at + same]) same++;
				if (same > length) length = same, distance = at - place;
			}
		}
		if (length < SHORTEST) length = 1, packed[out++] = 0, packed[out++] = text[at];
		else packed[out++] = (uint8_t)length, packed[out++] = (uint8_t)distance, packed[out++] = (uint8_t)(distance >> 8);
		for (; length; length--, at++) {
			if (at + SHORTEST > BYTES) continue;
			unsigned bucket = bucket_of(text + at);
			before[at] = latest[bucket];
			latest[bucket] = at;
		}
	}
	return out;
}

static void decompress(size_t bytes)
{
	size_t at = 0;
	for (size_t in = 0; in < bytes;) {
		size_t length = packed[in++];
		if (!length) {
			unpacked[at++] = packed[in++];
			continue;
		}
		size_t distance = packed[in] | (size_t)packed[in + 1] << 8;
		in += 2;
		for (; length; length--, at++) unpacked[at] = unpacked[at - distance];
	}
	if (at != BYTES) fail("decompressed to another size");
}

static void compress_in_processes(void)
{
	int children[PROCESSES];
	for (int i = 0; i < PROCESSES; i++) {
		children[i] = (int)must(fork(), "fork");
		if (children[i]) continue;
		write_text((uint64_t)i + 1);
		decompress(compress());
		if (memcmp(text, unpacked, BYTES)) fail("decompressed to another text");
		_exit(0);
	}
	for (int i = 0; i < PROCESSES; i++) join_child(children[i]);
}

void timed_compress(void) { time_operation("compress-16", 2, compress_in_processes); }
