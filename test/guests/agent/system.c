#include "system.h"

// The kernel starts a program with argc, argv and the environment on its stack.
__asm__(".section .text.start\n"
	".globl _start\n"
	"_start:\n"
	"	mv a0, sp\n"
	"	andi sp, sp, -16\n"
	"	call agent_start\n");

void *memcpy(void *to, const void *from, size_t bytes) {
	char *target = to;
	const char *source = from;
	if (!(((uintptr_t)target | (uintptr_t)source) & 7))
		for (; bytes >= 8; bytes -= 8, target += 8, source += 8) *(uint64_t *)target = *(const uint64_t *)source;
	while (bytes--) *target++ = *source++;
	return to;
}

// Only towards lower addresses, which is what the agent needs.
void *memmove(void *to, const void *from, size_t bytes) { return memcpy(to, from, bytes); }

void *memset(void *to, int value, size_t bytes) {
	char *target = to;
	while (bytes--) *target++ = (char)value;
	return to;
}

size_t strlen(const char *text) {
	size_t length = 0;
	while (text[length]) length++;
	return length;
}

int is_same(const char *one, const char *other) {
	for (; *one == *other; one++, other++)
		if (!*one) return 1;
	return 0;
}

int join(char *to, size_t room, const char *const *parts) {
	size_t length = 0;
	for (; *parts; parts++) {
		size_t part = strlen(*parts);
		if (length + part >= room) return 0;
		memcpy(to + length, *parts, part);
		length += part;
	}
	to[length] = 0;
	return 1;
}

char *decimal(char *to, uint32_t value) {
	char digits[12];
	int count = 0;
	do digits[count++] = (char)('0' + value % 10);
	while (value /= 10);
	for (int at = 0; at < count; at++) to[at] = digits[count - 1 - at];
	to[count] = 0;
	return to;
}

void write_all(int descriptor, const void *bytes, size_t length) {
	const char *at = bytes;
	while (length > 0) {
		long written = CALL(__NR_write, descriptor, at, length);
		if (written == -EINTR) continue;
		if (written <= 0) return;
		at += written;
		length -= (size_t)written;
	}
}

void say(const char *text) {
	int log = (int)open_file("/dev/kmsg", O_WRONLY);
	char line[512];
	// One write is one line.
	if (join(line, sizeof line, (const char *const[]){"manyhart agent: ", text, "\n", NULL}))
		write_all(log >= 0 ? log : 2, line, strlen(line));
	close_file(&log);
}

void sleep_milliseconds(long milliseconds) {
	struct {
		long seconds, nanoseconds;
	} time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
	CALL(__NR_nanosleep, &time, NULL);
}
