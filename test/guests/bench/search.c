/* Eight words looked for in 256 KiB of text: naive, and by Boyer, Moore and Horspool. */
#include "bench.h"

enum { BYTES = 1 << 18, WORDS = 8 };
static char text[BYTES];
static const char *words[WORDS] = {"hart", "table", "quiescent", "worker", "grace period", "aa", "translate", "zzz"};

void search_prepare(void)
{
	static const char letters[] = "aaabcdeeeeefghiiiklmnnooprrrsssttttuvwz   ";
	uint64_t state = 99;
	for (int i = 0; i < BYTES; i++) text[i] = letters[random_word(&state) % (sizeof letters - 1)];
	/* Each word is there at least a few times. */
	for (int i = 0; i < 64; i++)
		for (int at = (int)(random_word(&state) % (BYTES - 16)), j = 0; words[i % WORDS][j]; j++)
			text[at + j] = words[i % WORDS][j];
}

static uint64_t count_naively(const char *word, int length)
{
	uint64_t count = 0;
	for (int at = 0; at <= BYTES - length; at++) {
		int i = 0;
		while (i < length && text[at + i] == word[i]) i++;
		count += i == length;
	}
	return count;
}

static uint64_t count_with_skips(const char *word, int length)
{
	uint8_t skip[256];
	uint64_t count = 0;
	for (int i = 0; i < 256; i++) skip[i] = (uint8_t)length;
	for (int i = 0; i < length - 1; i++) skip[(uint8_t)word[i]] = (uint8_t)(length - 1 - i);
	for (int at = 0; at <= BYTES - length; at += skip[(uint8_t)text[at + length - 1]]) {
		int i = length - 1;
		while (i >= 0 && text[at + i] == word[i]) i--;
		count += i < 0;
	}
	return count;
}

uint64_t search_run(uint64_t rounds)
{
	uint64_t sum = 0;
	for (; rounds; rounds--)
		for (int i = 0; i < WORDS; i++) {
			int length = 0;
			while (words[i][length]) length++;
			uint64_t count = count_naively(words[i], length);
			if (count != count_with_skips(words[i], length)) return 0;
			sum = mixed(sum, count);
		}
	return sum;
}
