/* Length, comparison, search and copies of strings, byte by byte, as small C libraries do it. */
#include "bench.h"

#define CALLED __attribute__((noinline, noclone))

enum { STRINGS = 512, LONGEST = 96 };
static char text[STRINGS][LONGEST], copy[LONGEST];

static CALLED size_t length_of(const char *string)
{
	const char *end = string;
	while (*end) end++;
	return (size_t)(end - string);
}

static CALLED int compare(const char *one, const char *other)
{
	while (*one && *one == *other) one++, other++;
	return (unsigned char)*one - (unsigned char)*other;
}

static CALLED const void *find_byte(const void *memory, int wanted, size_t bytes)
{
	for (const unsigned char *at = memory; bytes; at++, bytes--)
		if (*at == (unsigned char)wanted) return at;
	return 0;
}

static CALLED char *copy_string(char *to, const char *from)
{
	char *start = to;
	while ((*to++ = *from++)) {}
	return start;
}

void strings_prepare(void)
{
	uint64_t state = 31;
	for (int i = 0; i < STRINGS; i++) {
		/* Neighbours begin alike. */
		uint64_t same = random_word(&state) % 40, length = same + 1 + random_word(&state) % 50;
		for (uint64_t at = 0; at < length; at++)
			text[i][at] = at < same && i ? (text[i - 1][at] ? text[i - 1][at] : 'x')
						     : (char)('a' + random_word(&state) % 26);
		text[i][length] = 0;
	}
}

uint64_t strings_run(uint64_t rounds)
{
	uint64_t sum = 0;
	for (; rounds; rounds--)
		for (int i = 1; i < STRINGS; i++) {
			size_t length = length_of(text[i]);
			const char *found = find_byte(text[i], 'a' + (int)(rounds + (uint64_t)i) % 26, length);
			copy_string(copy, text[i]);
			sum = mixed(sum, length + (uint64_t)compare(text[i - 1], copy));
			sum += found ? (uint64_t)(found - text[i]) : LONGEST;
		}
	return sum;
}
