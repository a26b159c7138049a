/* The workloads that run under Linux and on bare metal, as rows of the list. */
#ifndef COMMON_H
#define COMMON_H
#include "scale.h"

extern void prepare_integer(void);
extern void compute_integer(struct worker *), compute_float(struct worker *);
extern void prepare_counting(void), begin_counting(void);
extern void work_amo(struct worker *), work_lr_sc(struct worker *), work_ticket(struct worker *), work_mcs(struct worker *);
extern uint64_t finish_counting(uint64_t, uint64_t);
extern void prepare_ring(void), begin_ring(void), work_ring(struct worker *);
extern void prepare_barrier(void), begin_barrier(void), work_barrier(struct worker *);
extern uint64_t finish_barrier(uint64_t, uint64_t);
extern void prepare_counters(void), begin_counters(void), work_false_sharing(struct worker *), work_padded(struct worker *);
extern uint64_t finish_counters(uint64_t, uint64_t);
extern void prepare_sort(void), begin_sort(void), work_sort(struct worker *);
extern uint64_t finish_sort(uint64_t, uint64_t);
extern void prepare_matrix(void), begin_matrix(void), work_matrix(struct worker *);
extern uint64_t finish_matrix(uint64_t, uint64_t);
extern void prepare_bandwidth(void), work_bandwidth(struct worker *);

#define COUNTING(title, body) {title, prepare_counting, begin_counting, body, finish_counting, 0, false}
#define COUNTERS(title, body) {title, prepare_counters, begin_counters, body, finish_counters, 0, false}
#define COMMON_WORKLOADS \
	{"compute-integer", prepare_integer, 0, compute_integer, 0, 0, false}, \
	{"compute-float", 0, 0, compute_float, 0, 0, false}, \
	COUNTING("count-amo", work_amo), \
	COUNTING("count-lr-sc", work_lr_sc), \
	COUNTING("count-ticket", work_ticket), \
	COUNTING("count-mcs", work_mcs), \
	{"ring", prepare_ring, begin_ring, work_ring, 0, 0, false}, \
	{"barrier", prepare_barrier, begin_barrier, work_barrier, finish_barrier, 0, true}, \
	COUNTERS("false-sharing", work_false_sharing), \
	COUNTERS("padded", work_padded), \
	{"sort", prepare_sort, begin_sort, work_sort, finish_sort, 0, true}, \
	{"matrix", prepare_matrix, begin_matrix, work_matrix, finish_matrix, 0, true}, \
	{"bandwidth", prepare_bandwidth, 0, work_bandwidth, 0, 0, false}
#endif
