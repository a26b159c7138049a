/* A hash table with open addressing, 1 MiB: insertions, searches, deletions at random places. */
#include "bench.h"

enum { SLOTS = 1 << 16, KEYS = 1 << 16, OPERATIONS = 100000 };
enum { EMPTY = 0, DELETED = 1, FIRST_KEY = 2 };
static struct slot {
	uint64_t key, value;
} slots[SLOTS];

static inline uint64_t start_of(uint64_t key) { return key * 0x9e3779b97f4a7c15 >> 48; }

static struct slot *find(uint64_t key)
{
	for (uint64_t i = start_of(key); slots[i].key != EMPTY; i = (i + 1) % SLOTS)
		if (slots[i].key == key) return &slots[i];
	return 0;
}

static void insert(uint64_t key, uint64_t value)
{
	uint64_t i = start_of(key);
	while (slots[i].key >= FIRST_KEY) i = (i + 1) % SLOTS;
	slots[i] = (struct slot){key, value};
}

uint64_t hash_table_run(uint64_t rounds)
{
	uint64_t state = 42, sum = 0;
	for (; rounds; rounds--) {
		for (int i = 0; i < SLOTS; i++) slots[i].key = EMPTY;
		int held = 0;
		for (int i = 0; i < OPERATIONS; i++) {
			uint64_t word = random_word(&state), key = FIRST_KEY + word % KEYS;
			struct slot *found = find(key);
			if (!found && held < SLOTS / 2) {
				insert(key, word);
				held++;
			} else if (found && word >> 62 == 0) {
				found->key = DELETED;
				held--;
			} else if (found)
				sum = mixed(sum, found->value);
		}
	}
	return sum;
}
