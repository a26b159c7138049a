/* A text of 32 KiB, made shorter by references to what came before, and long again: LZ77 with chains of hashes. */
#include "bench.h"

enum { BYTES = 1 << 15, HASHES = 1 << 12, SHORTEST = 4, LONGEST = 255 + SHORTEST, TRIES = 16 };
static uint8_t plain[BYTES], packed[2 * BYTES], unpacked[BYTES];
static int32_t newest[HASHES], before[BYTES];

static uint32_t hash_of(const uint8_t *at)
{
	uint32_t word = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
	return word * 2654435761u >> 20;
}

static int same_bytes(const uint8_t *one, const uint8_t *other, const uint8_t *end)
{
	int same = 0;
	while (same < LONGEST && other + same < end && one[same] == other[same]) same++;
	return same;
}

static void note(int at)
{
	uint32_t hash = hash_of(plain + at);
	before[at] = newest[hash];
	newest[hash] = at;
}

/* A flag per item, eight to a byte: a byte as it is, or a length and a distance. */
static int pack(void)
{
	int out = 0, flags = 0, items = 0;
	for (int i = 0; i < HASHES; i++) newest[i] = -1;
	for (int at = 0; at < BYTES;) {
		int best = SHORTEST - 1, distance = 0, step = 1;
		if (items % 8 == 0) packed[flags = out++] = 0;
		if (at + SHORTEST <= BYTES)
			for (int tried = 0, from = newest[hash_of(plain + at)]; from >= 0 && tried < TRIES; tried++, from = before[from]) {
				int same = same_bytes(plain + from, plain + at, plain + BYTES);
				if (same > best) best = same, distance = at - from;
			}
		if (distance) {
			packed[flags] |= (uint8_t)(1 << items % 8);
			packed[out++] = (uint8_t)(best - SHORTEST);
			packed[out++] = (uint8_t)distance;
			packed[out++] = (uint8_t)(distance >> 8);
			step = best;
		} else
			packed[out++] = plain[at];
		for (; step; step--, at++)
			if (at + SHORTEST <= BYTES) note(at);
		items++;
	}
	return out;
}

static void unpack(void)
{
	const uint8_t *in = packed;
	int flags = 0;
	for (int at = 0, items = 0; at < BYTES; items++) {
		if (items % 8 == 0) flags = *in++;
		if (flags >> items % 8 & 1) {
			int length = in[0] + SHORTEST, distance = in[1] | in[2] << 8;
			in += 3;
			for (; length; length--, at++) unpacked[at] = unpacked[at - distance];
		} else
			unpacked[at++] = *in++;
	}
}

void compress_prepare(void)
{
	uint64_t state = 17;
	for (int at = 0; at < BYTES;) {
		uint64_t word = random_word(&state) % 400, length = 2 + word % 9;
		for (uint64_t i = 0; i < length && at < BYTES; i++) plain[at++] = (uint8_t)('a' + (word * (i + 3) >> 3) % 26);
		if (at < BYTES) plain[at++] = ' ';
	}
}

uint64_t compress_run(uint64_t rounds)
{
	uint64_t sum = 0;
	for (; rounds; rounds--) {
		plain[rounds * 977 % BYTES] ^= (uint8_t)rounds;
		sum = mixed(sum, (uint64_t)pack());
		unpack();
		for (int i = 0; i < BYTES; i++)
			if (plain[i] != unpacked[i]) return 0;
	}
	return sum;
}
