/* The list of workloads; src/bench/scale/workloads.ts says what each is for. */
#include "../scale/common.h"

extern void prepare_shootdown(void), work_shootdown(struct worker *);

const struct workload workloads[] = {
	COMMON_WORKLOADS,
	{"shootdown", prepare_shootdown, 0, work_shootdown, 0, 0, false},
	{0, 0, 0, 0, 0, 0, false},
};
