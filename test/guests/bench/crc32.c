/* CRC-32 (IEEE 802.3) of 256 KiB, a byte at a time: a load that depends on the last one. */
#include "bench.h"

enum { BYTES = 1 << 18 };
static uint8_t message[BYTES];
static uint32_t table[256];

void crc32_prepare(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;
		for (int bit = 0; bit < 8; bit++) c = c & 1 ? c >> 1 ^ 0xedb88320 : c >> 1;
		table[i] = c;
	}
	for (int i = 0; i < BYTES; i++) message[i] = (uint8_t)(i * 7 + (i >> 8));
}

uint64_t crc32_run(uint64_t rounds)
{
	uint32_t c = 0xffffffff;
	for (; rounds; rounds--)
		for (int i = 0; i < BYTES; i++) c = table[(c ^ message[i]) & 0xff] ^ c >> 8;
	return c ^ 0xffffffff;
}
