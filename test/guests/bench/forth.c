/* A small Forth: its compiler makes threaded code, in which each word jumps to the next one. It counts primes and Collatz steps. */
#include "bench.h"

enum { DEPTH = 64, CELLS = 512, NAMES = 64 };
union cell {
	const void *code;
	const union cell *target;
	int64_t number;
};
static union cell cells[CELLS];
static struct {
	const char *name;
	union cell *body;
} names[NAMES];

static const char source[] =
	": prime? 2 begin over over dup * < 0= while over over mod 0= if drop drop 0 exit then 1 + repeat drop drop 1 ; "
	": primes 0 swap 2 begin over over > while dup prime? if rot 1 + -rot then 1 + repeat drop drop ; "
	": half 2 / ; : odd? 1 and ; "
	": steps 0 swap begin dup 1 > while dup odd? if 3 * 1 + else half then swap 1 + swap repeat drop ; "
	": total 0 swap begin dup while dup steps rot + swap 1 - repeat drop ; "
	": main dup primes swap dup total rot + swap drop ; ";

enum word {
	NUMBER, CALL, JUMP, UNLESS, EXIT, STOP, DUP, DROP, OVER, SWAP, ROT, BACK, ADD, SUB, MUL, DIV, MOD, AND, LESS, MORE, ZERO, WORDS
};
static const char *const spelling[WORDS] = {
	[EXIT] = "exit", [DUP] = "dup", [DROP] = "drop", [OVER] = "over", [SWAP] = "swap", [ROT] = "rot", [BACK] = "-rot",
	[ADD] = "+", [SUB] = "-", [MUL] = "*", [DIV] = "/", [MOD] = "mod", [AND] = "and", [LESS] = "<", [MORE] = ">", [ZERO] = "0=",
};

/* Where each word's code is. */
static const void *const *codes;

static int64_t run(const union cell *at, int64_t argument)
{
	static const void *const labels[WORDS] = {
		&&number, &&call, &&jump, &&unless, &&exit, &&stop, &&dup, &&drop, &&over, &&swap, &&rot, &&back, &&add, &&sub, &&mul,
		&&div, &&mod, &&and, &&less, &&more, &&zero,
	};
	const union cell *returns[DEPTH], **top = returns;
	int64_t stack[DEPTH], *s = stack, old;
	if (!at) return codes = labels, 0;
	*s = argument;
#define NEXT goto *(at++)->code
	NEXT;
number: *++s = (at++)->number; NEXT;
call: *top++ = at + 1; at = at->target; NEXT;
jump: at = at->target; NEXT;
unless: at = *s-- ? at + 1 : at->target; NEXT;
exit: at = *--top; NEXT;
dup: s++; s[0] = s[-1]; NEXT;
drop: s--; NEXT;
over: s++; s[0] = s[-2]; NEXT;
swap: old = s[0]; s[0] = s[-1]; s[-1] = old; NEXT;
rot: old = s[-2]; s[-2] = s[-1]; s[-1] = s[0]; s[0] = old; NEXT;
back: old = s[0]; s[0] = s[-1]; s[-1] = s[-2]; s[-2] = old; NEXT;
add: s--; s[0] += s[1]; NEXT;
sub: s--; s[0] -= s[1]; NEXT;
mul: s--; s[0] *= s[1]; NEXT;
div: s--; s[0] /= s[1]; NEXT;
mod: s--; s[0] %= s[1]; NEXT;
and: s--; s[0] &= s[1]; NEXT;
less: s--; s[0] = s[0] < s[1]; NEXT;
more: s--; s[0] = s[0] > s[1]; NEXT;
zero: s[0] = !s[0]; NEXT;
stop: return *s;
}

static int is_word(const char *at, const char *name)
{
	while (*name && *at == *name) at++, name++;
	return !*name && *at == ' ';
}

static const union cell *main_word;

void forth_prepare(void)
{
	union cell *here = cells, *open[16], **last = open;
	int known = 0;
	run(0, 0);
	for (const char *at = source; *at; at++) {
		if (is_word(at, ":")) {
			names[known].name = at += 2;
			names[known++].body = here;
		} else if (is_word(at, ";")) {
			(here++)->code = codes[EXIT];
		} else if (is_word(at, "begin")) {
			*last++ = here;
		} else if (is_word(at, "if") || is_word(at, "while")) {
			(here++)->code = codes[UNLESS];
			*last++ = here++;
		} else if (is_word(at, "else")) {
			(here++)->code = codes[JUMP];
			last[-1]->target = here + 1;
			last[-1] = here++;
		} else if (is_word(at, "then")) {
			(*--last)->target = here;
		} else if (is_word(at, "repeat")) {
			(here++)->code = codes[JUMP];
			(here++)->target = last[-2];
			last[-1]->target = here;
			last -= 2;
		} else if (*at >= '0' && *at <= '9' && !is_word(at, "0=")) {
			(here++)->code = codes[NUMBER];
			here->number = 0;
			for (const char *digit = at; *digit != ' '; digit++) here->number = 10 * here->number + *digit - '0';
			here++;
		} else {
			int word = WORDS;
			while (word-- && !(spelling[word] && is_word(at, spelling[word]))) {}
			if (word >= 0) (here++)->code = codes[word];
			for (int i = 0; word < 0 && i < known; i++) {
				const char *one = names[i].name, *other = at;
				while (*one == *other && *one != ' ') one++, other++;
				if (*one != *other) continue;
				(here++)->code = codes[CALL];
				(here++)->target = names[i].body;
				break;
			}
		}
		while (*at != ' ') at++;
	}
	main_word = here;
	(here++)->code = codes[CALL];
	(here++)->target = names[known - 1].body;
	here->code = codes[STOP];
}

uint64_t forth_run(uint64_t rounds)
{
	uint64_t sum = 0;
	for (; rounds; rounds--) sum = mixed(sum, (uint64_t)run(main_word, (int64_t)(300 + rounds % 8)));
	return sum;
}
