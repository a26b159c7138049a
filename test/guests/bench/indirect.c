/* Calls through pointers: of methods, by an object's class, over a list of objects in random order. */
#include "bench.h"

enum { OBJECTS = 1024, CLASSES = 8, PASSES = 32 };
struct object;
typedef uint64_t method(struct object *self, uint64_t argument);
struct object {
	method *call;
	uint64_t state;
};

#define METHOD(name, expression)                                                                                  \
	static __attribute__((noinline)) uint64_t name(struct object *self, uint64_t argument)                       \
	{                                                                                                            \
		return self->state = expression;                                                                     \
	}
METHOD(add, self->state + argument)
METHOD(subtract, self->state - argument)
METHOD(exclusive_or, self->state ^ argument)
METHOD(multiply, self->state * (argument | 1))
METHOD(rotate, (self->state << 9 | self->state >> 55) + argument)
METHOD(mix, self->state ^ self->state >> 7 ^ argument << 3)
METHOD(invert, ~(self->state & argument))
METHOD(larger, self->state > argument ? self->state : argument)

static method *const classes[CLASSES] = {add, subtract, exclusive_or, multiply, rotate, mix, invert, larger};
static struct object objects[OBJECTS];

uint64_t indirect_run(uint64_t rounds)
{
	uint64_t state = 7, sum = 1;
	for (; rounds; rounds--) {
		for (int i = 0; i < OBJECTS; i++) {
			uint64_t word = random_word(&state);
			objects[i] = (struct object){classes[word >> 61], word};
		}
		for (int pass = 0; pass < PASSES; pass++)
			for (int i = 0; i < OBJECTS; i++) sum = objects[i].call(&objects[i], sum);
	}
	return sum;
}
