/* Regular expressions, matched by going back: letters, classes, any letter of a line, repetition, alternatives, groups. */
#include "bench.h"

enum { TEXT = 4096, PATTERNS = 6 };
static char text[TEXT + 1];

static const char *const patterns[PATTERNS] = {
	"q[aeiou]+st", "(ab|ba|ca)+d", "e.*ing", "[a-f]+[0-9][0-9]*", "(the|an)* .o", "x(yz?)*[^a-m]b",
};

static const char *match_sequence(const char *pattern, const char *end, const char *at);

/* Behind the atom that begins here. */
static const char *atom_end(const char *pattern)
{
	if (*pattern == '[') {
		while (*pattern != ']') pattern++;
	} else if (*pattern == '(')
		for (int depth = 0;; pattern++) {
			depth += (*pattern == '(') - (*pattern == ')');
			if (!depth) break;
		}
	return pattern + 1;
}

static int in_class(const char *pattern, char letter)
{
	int inverted = *++pattern == '^', found = 0;
	for (pattern += inverted; *pattern != ']'; pattern++) {
		if (pattern[1] == '-') {
			found |= letter >= pattern[0] && letter <= pattern[2];
			pattern += 2;
		} else
			found |= letter == *pattern;
	}
	return found != inverted;
}

/* One of the alternatives between two places of the pattern. */
static const char *match_group(const char *pattern, const char *end, const char *at)
{
	while (pattern < end) {
		const char *bar = pattern;
		while (bar < end && *bar != '|') bar = atom_end(bar);
		const char *behind = match_sequence(pattern, bar, at);
		if (behind) return behind;
		pattern = bar + 1;
	}
	return 0;
}

static const char *match_atom(const char *atom, const char *end, const char *at)
{
	if (*atom == '(') return match_group(atom + 1, end - 1, at);
	if (!*at) return 0;
	if (*atom == '[') return in_class(atom, *at) ? at + 1 : 0;
	return (*atom == '.' && *at != '\n') || *atom == *at ? at + 1 : 0;
}

/* The atom as often as can be, then what follows; else one time less. */
static const char *match_often(const char *atom, const char *behind, const char *end, const char *at)
{
	const char *next = match_atom(atom, behind, at);
	if (next && next > at) {
		const char *found = match_often(atom, behind, end, next);
		if (found) return found;
	}
	return match_sequence(behind + 1, end, at);
}

static const char *match_sequence(const char *pattern, const char *end, const char *at)
{
	while (pattern < end) {
		const char *behind = atom_end(pattern);
		char sign = behind < end ? *behind : 0;
		if (sign == '*') return match_often(pattern, behind, end, at);
		if (sign == '?') {
			const char *once = match_atom(pattern, behind, at);
			const char *found = once ? match_sequence(behind + 1, end, once) : 0;
			if (found) return found;
			pattern = behind + 1;
			continue;
		}
		at = match_atom(pattern, behind, at);
		if (!at) return 0;
		if (sign == '+') return match_often(pattern, behind, end, at);
		pattern = behind;
	}
	return at;
}

void regex_prepare(void)
{
	static const char parts[][8] = {"the ", "quest", "aba", "bac", "ing ", "cafe7", "bad", "xyzy", "er ", "an ", "go ", "\n"};
	uint64_t state = 5;
	int length = 0;
	while (length < TEXT - 8)
		for (const char *part = parts[random_word(&state) % 12]; *part; part++) text[length++] = *part;
	text[length] = 0;
}

uint64_t regex_run(uint64_t rounds)
{
	uint64_t sum = 0;
	for (; rounds; rounds--) {
		const char *pattern = patterns[rounds % PATTERNS], *end = pattern;
		while (*end) end++;
		/* From each place of a window, so that long matches do not hide others. */
		for (const char *at = text + rounds % 7 * 512, *last = at + 512; at < last; at++) {
			const char *behind = match_group(pattern, end, at);
			if (behind) sum = mixed(sum, (uint64_t)(behind - at) + (uint64_t)(at - text));
		}
	}
	return sum;
}
