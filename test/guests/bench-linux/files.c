/* 64 KiB written to a file in memory, and read back, 16 times a round. */
#include "system.h"
#include <fcntl.h>
#include <unistd.h>

enum { BYTES = 64 << 10, PIECES = 16 };
static uint8_t written[BYTES], got[BYTES];

uint64_t files_run(uint64_t rounds)
{
	uint64_t sum = 0;
	int file = (int)must(open(SCRATCH "/file", O_RDWR | O_CREAT, 0600), "open");
	for (uint64_t i = 0; i < rounds * PIECES; i++) {
		off_t at = (off_t)(i % PIECES * BYTES);
		for (size_t byte = i % 64; byte < BYTES; byte += 4096) written[byte] = (uint8_t)(i + byte / 4096);
		if (must(pwrite(file, written, BYTES, at), "pwrite") != BYTES) fail("the file is full");
		if (must(pread(file, got, BYTES, at), "pread") != BYTES) fail("the file is too short");
		for (size_t byte = i % 64; byte < BYTES; byte += 4096) sum = mixed(sum, got[byte]);
	}
	must(unlink(SCRATCH "/file"), "unlink");
	must(close(file), "close");
	return sum;
}
