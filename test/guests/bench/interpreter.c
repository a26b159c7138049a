/* A register machine's switch loop, which counts the steps of Collatz sequences: indirect jumps. */
#include "bench.h"

enum operation { SET, MOVE, ADD, ADD_CONSTANT, MULTIPLY_ADD, HALVE, JUMP, JUMP_IF_ODD, JUMP_UNLESS_EQUAL, JUMP_IF_LESS, END };
enum { N, STEPS, START, LIMIT, ONE, REGISTERS };
static struct instruction {
	uint8_t operation, a, b;
	int16_t constant;
} code[] = {
	{SET, ONE, 0, 1},
	{SET, STEPS, 0, 0},
	{SET, START, 0, 1},
	{MOVE, N, START, 0}, /* 3 */
	{JUMP, 0, 0, 9},
	{JUMP_IF_ODD, N, 0, 8}, /* 5 */
	{HALVE, N, 0, 0},
	{JUMP, 0, 0, 9},
	{MULTIPLY_ADD, N, 3, 1}, /* 8 */
	{ADD, STEPS, ONE, 0}, /* 9 */
	{JUMP_UNLESS_EQUAL, N, ONE, 5},
	{ADD_CONSTANT, START, 0, 1},
	{JUMP_IF_LESS, START, LIMIT, 3},
	{END, 0, 0, 0},
};

static uint64_t interpret(uint64_t limit)
{
	uint64_t r[REGISTERS] = {[LIMIT] = limit};
	for (const struct instruction *at = code;;) {
		struct instruction now = *at++;
		switch (now.operation) {
		case SET: r[now.a] = (uint64_t)now.constant; break;
		case MOVE: r[now.a] = r[now.b]; break;
		case ADD: r[now.a] += r[now.b]; break;
		case ADD_CONSTANT: r[now.a] += (uint64_t)now.constant; break;
		case MULTIPLY_ADD: r[now.a] = r[now.a] * now.b + (uint64_t)now.constant; break;
		case HALVE: r[now.a] >>= 1; break;
		case JUMP: at = code + now.constant; break;
		case JUMP_IF_ODD: if (r[now.a] & 1) at = code + now.constant; break;
		case JUMP_UNLESS_EQUAL: if (r[now.a] != r[now.b]) at = code + now.constant; break;
		case JUMP_IF_LESS: if (r[now.a] < r[now.b]) at = code + now.constant; break;
		default: return r[STEPS];
		}
	}
}

uint64_t interpreter_run(uint64_t rounds)
{
	uint64_t sum = 0;
	for (; rounds; rounds--) sum = mixed(sum, interpret(1000 + rounds % 8));
	return sum;
}
