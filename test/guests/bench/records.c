/*
 * What many programs of the eighties did, as Dhrystone sums them up: records that are copied and compared, short functions
 * in their own files, strings of 30 letters, small arrays, little arithmetic.
 */
#include "bench.h"

#define CALLED __attribute__((noinline, noclone))

enum kind { FIRST, SECOND, THIRD, FOURTH, FIFTH };
enum { TEXT = 31, SIDE = 50, STEPS = 2000 };
struct record {
	struct record *next;
	enum kind kind, other;
	int number;
	char text[TEXT];
};

static struct record records[2];
static int row[SIDE], grid[SIDE][SIDE], global;
static char letter, other_letter;

static CALLED void copy_text(char *to, const char *from)
{
	while ((*to++ = *from++)) {}
}

static CALLED int compare_text(const char *one, const char *other)
{
	for (; *one && *one == *other; one++, other++) {}
	return *one - *other;
}

static CALLED int sum_of(int one, int other) { return one + 2 + other; }

static CALLED enum kind kind_of(char one, char other) { return one == other ? FIRST : SECOND; }

static CALLED int is_third(enum kind kind) { return kind == THIRD; }

static CALLED void choose(enum kind from, enum kind *to)
{
	*to = is_third(from) ? from : FOURTH;
	switch (from) {
	case FIRST: *to = FIRST; break;
	case SECOND: *to = global > 100 ? FIRST : FOURTH; break;
	case THIRD: *to = SECOND; break;
	case FIFTH: *to = THIRD; break;
	default: break;
	}
}

static CALLED void follow(struct record **link)
{
	if (*link) *link = records[0].next;
	records[0].number = sum_of(10, global);
}

static CALLED void change(struct record *record)
{
	struct record *next = record->next;
	*next = records[0];
	record->number = 5;
	next->number = record->number;
	next->next = record->next;
	follow(&next->next);
	if (next->kind == FIRST) {
		next->number = 6;
		choose(record->other, &next->other);
		next->next = records[0].next;
		next->number = sum_of(next->number, 10);
	} else
		*record = *record->next;
}

static CALLED void fill(int *line, int table[SIDE][SIDE], int index, int value)
{
	int at = index + 5;
	line[at] = value;
	line[at + 1] = line[at];
	line[at + 30 - SIDE / 10] = at;
	for (int i = at; i <= at + 1; i++) table[at][i] = at;
	table[at][at - 1]++;
	table[at + 20][at] = line[at];
	global = 5;
}

static CALLED int is_greater(const char *one, const char *other)
{
	int at = 2;
	while (at <= 2)
		if (kind_of(one[at], other[at + 1]) == FIRST) letter = 'A';
		else at++;
	if (letter >= 'W' && letter < 'Z') at = 7;
	if (letter == 'R') return 1;
	return compare_text(one, other) > 0 ? (global = at + 7, 1) : 0;
}

static CALLED void set_letters(void)
{
	letter = 'A';
	other_letter = 'B';
}

uint64_t records_run(uint64_t rounds)
{
	uint64_t sum = 0;
	char one[TEXT], other[TEXT];
	records[0] = (struct record){&records[1], FIRST, THIRD, 40, "ALL SORTS OF PROGRAMS, A TEXT"};
	copy_text(one, "ALL SORTS OF PROGRAMS, 1ST ONE");
	for (; rounds; rounds--) {
		for (int step = 0; step < STEPS; step++) {
			int a = 2, b = 3, c;
			enum kind kind = SECOND;
			set_letters();
			copy_text(other, "ALL SORTS OF PROGRAMS, 2ND ONE");
			global = !is_greater(one, other);
			do {
				c = 5 * a - b;
				c = sum_of(a, b) + (c & 1);
				a++;
			} while (a < b);
			fill(row, grid, a, c);
			change(&records[0]);
			for (char at = 'A'; at <= other_letter; at++)
				if (kind == kind_of(at, 'C')) {
					choose(FIRST, &kind);
					copy_text(other, "ALL SORTS OF PROGRAMS, 3RD ONE");
					b = step;
				}
			b = b * a;
			a = b / c;
			b = 7 * (b - c) - a;
			sum += (uint64_t)(a + b) + kind + (uint64_t)global;
		}
		sum = mixed(sum, (uint64_t)records[1].number + (uint64_t)grid[8][7] + (uint64_t)other[23]);
	}
	return sum;
}
