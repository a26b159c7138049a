/* Pieces of memory taken and given back in any order: lists of free pieces by size, neighbours joined. */
#include "bench.h"

enum { HEAP = 1 << 20, UNIT = 16, CLASSES = 16, LIVE = 1024, STEPS = 4000 };

/* Sizes are in bytes, with the header; bit 0: in use. `before`: the size of the piece before it. */
struct piece {
	uint32_t size, before;
	struct piece *next, *previous; /* of a free one */
};

static uint8_t heap[HEAP] __attribute__((aligned(16)));
static struct piece lists[CLASSES];
static struct {
	uint64_t *words;
	uint64_t count, value;
} live[LIVE];

static struct piece *behind(struct piece *piece) { return (struct piece *)((uint8_t *)piece + (piece->size & ~1u)); }

static int class_of(uint32_t size)
{
	int found = 0;
	for (size /= UNIT; size > 2 && found < CLASSES - 1; size >>= 1) found++;
	return found;
}

static void insert(struct piece *piece)
{
	struct piece *list = &lists[class_of(piece->size)];
	piece->next = list->next;
	piece->previous = list;
	list->next->previous = piece;
	list->next = piece;
}

static void take_out(struct piece *piece)
{
	piece->previous->next = piece->next;
	piece->next->previous = piece->previous;
}

static void *allocate(uint32_t bytes)
{
	uint32_t size = (bytes + 8 + UNIT - 1) / UNIT * UNIT;
	if (size < 2 * UNIT) size = 2 * UNIT;
	for (int class = class_of(size); class < CLASSES; class++)
		for (struct piece *piece = lists[class].next; piece != &lists[class]; piece = piece->next) {
			if (piece->size < size) continue;
			take_out(piece);
			uint32_t rest = piece->size - size;
			if (rest >= 2 * UNIT) {
				behind(piece)->before = rest;
				piece->size = size;
				struct piece *other = behind(piece);
				*other = (struct piece){rest, size, 0, 0};
				insert(other);
			}
			piece->size |= 1;
			return (uint8_t *)piece + 8;
		}
	return 0;
}

static void give_back(void *memory)
{
	struct piece *piece = (struct piece *)((uint8_t *)memory - 8), *next;
	piece->size &= ~1u;
	next = behind(piece);
	if (!(next->size & 1)) {
		take_out(next);
		piece->size += next->size;
	}
	struct piece *previous = (struct piece *)((uint8_t *)piece - piece->before);
	if (piece->before && !(previous->size & 1)) {
		take_out(previous);
		previous->size += piece->size;
		piece = previous;
	}
	behind(piece)->before = piece->size;
	insert(piece);
}

static void begin(void)
{
	struct piece *all = (struct piece *)heap;
	for (int i = 0; i < CLASSES; i++) lists[i].next = lists[i].previous = &lists[i];
	for (int i = 0; i < LIVE; i++) live[i].words = 0;
	*all = (struct piece){HEAP - 2 * UNIT, 0, 0, 0};
	*behind(all) = (struct piece){1, all->size, 0, 0};
	insert(all);
}

uint64_t allocator_run(uint64_t rounds)
{
	uint64_t state = 3, sum = 0;
	for (begin(); rounds; rounds--)
		for (int step = 0; step < STEPS; step++) {
			uint64_t word = random_word(&state);
			int at = (int)(word % LIVE);
			if (live[at].words) {
				if (live[at].words[0] != live[at].value || live[at].words[live[at].count - 1] != live[at].value) return 0;
				give_back(live[at].words);
				live[at].words = 0;
				continue;
			}
			uint64_t count = 2 + (word >> 20) % 8 * ((word >> 24) % 8);
			live[at].words = allocate((uint32_t)(8 * count));
			if (!live[at].words) return 0;
			live[at].count = count;
			live[at].value = live[at].words[0] = live[at].words[count - 1] = word;
			sum = mixed(sum, (uint64_t)((uint8_t *)live[at].words - heap));
		}
	return sum;
}
