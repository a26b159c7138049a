/* What a test hands to a program: a segment that it adds to the ELF. Memory there is zero without it. */
#ifndef PARAMETERS_H
#define PARAMETERS_H
#include "runtime.h"

#define PARAMETERS 0x86000000UL
#define PARAMETERS_MAGIC 0x73756d74696cUL /* "litmus" */

/* The word-th number after the magic one, or a default where nothing was handed over. */
static inline uint64_t parameter(int word, uint64_t otherwise)
{
	const volatile uint64_t *words = (const uint64_t *)PARAMETERS;
	return words[0] == PARAMETERS_MAGIC ? words[1 + word] : otherwise;
}
#endif
