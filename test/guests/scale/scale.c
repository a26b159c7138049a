/* Runs a workload: shares the work out, has all workers start together, sums up. */
#include "scale.h"

/* Of the warm-up: one part in so many of the work, by each worker, since code takes as long to warm up on one hart as on many; and of
   the time. */
enum { WARM_UP_PART = 4 };
#define NANOSECONDS_PER_MILLISECOND 1000000
#define WITHOUT_END UINT64_MAX

struct run *run;

static bool same(const char *one, const char *other)
{
	while (*one && *one == *other) one++, other++;
	return *one == *other;
}

const struct workload *find_workload(const char *name)
{
	const struct workload *each = workloads;
	while (each->name && !same(each->name, name)) each++;
	return each->name ? each : 0;
}

void prepare_run(const struct workload *workload, int threads, enum amount kind, uint64_t amount, uint64_t limit)
{
	run = shared_memory(sizeof *run);
	run->workload = workload;
	run->threads = threads;
	run->kind = kind;
	run->amount = amount;
	run->limit = kind == MILLISECONDS ? amount : limit;
	if (workload->prepare) workload->prepare();
}

void meet_all(void)
{
	struct meeting *gate = &run->gate;
	uint32_t now_is = __atomic_load_n(&gate->turn, __ATOMIC_ACQUIRE);
	/* The last to come acquires what all others released by coming, and releases it to them by the turn. */
	if (__atomic_add_fetch(&gate->come, 1, __ATOMIC_ACQ_REL) == (uint32_t)run->threads) {
		gate->come = 0; /* plain: nobody comes again before the turn */
		__atomic_store_n(&gate->turn, now_is + 1, __ATOMIC_RELEASE);
		return;
	}
	for (uint32_t looks = 0; __atomic_load_n(&gate->turn, __ATOMIC_ACQUIRE) == now_is; looks++) wait_a_little(looks);
}

/* So many of `parts` are before the part of worker number `number`. */
static uint64_t parts_before(uint64_t number, uint64_t parts)
{
	uint64_t threads = (uint64_t)run->threads;
	return parts / threads * number + parts % threads * number / threads;
}

uint64_t first_part(const struct worker *worker, uint64_t parts) { return parts_before((uint64_t)worker->number, parts); }
uint64_t end_of_parts(const struct worker *worker, uint64_t parts) { return parts_before((uint64_t)worker->number + 1, parts); }

bool next_together(struct worker *worker, uint64_t *unit)
{
	*unit = worker->next;
	if (*unit > 0) {
		if (worker->number == 0)
			run->begins[*unit % 2] = *unit < run->units && !__atomic_load_n(&run->stopping, __ATOMIC_RELAXED);
		meet_all();
	}
	if (!run->begins[*unit % 2]) return false;
	worker->next++;
	if (worker->number == 0) worker->operations++;
	return true;
}

/* By worker 0 while the others wait. */
static void begin_phase(enum phase phase)
{
	uint64_t threads = (uint64_t)run->threads;
	run->stopping = false; /* plain: the others wait, and no timer runs */
	if (run->kind == MILLISECONDS) {
		run->units = WITHOUT_END;
	} else {
		run->units = run->kind == PER_WORKER ? run->amount * threads : run->amount;
		/* Each worker warms up, and none more than it does later. */
		if (phase == WARM_UP && run->units > threads) {
			uint64_t some = run->amount / WARM_UP_PART * threads;
			run->units = some > threads ? (some < run->units ? some : run->units) : threads;
		}
	}
	run->begins[0] = run->units > 0;
	if (run->workload->begin) run->workload->begin();
}

/* By worker 0 when it has begun: the time that is measured is never less. */
static void limit_time(enum phase phase)
{
	uint64_t whole = run->limit * NANOSECONDS_PER_MILLISECOND;
	stop_after(phase == WARM_UP ? whole / WARM_UP_PART : whole);
}

static void take_share(struct worker *worker)
{
	bool shared_out = run->units != WITHOUT_END && !run->workload->together;
	worker->operations = 0;
	worker->sum = 0;
	worker->stride = run->units == WITHOUT_END && !run->workload->together ? (uint64_t)run->threads : 1;
	worker->first = run->workload->together ? 0 : shared_out ? first_part(worker, run->units) : (uint64_t)worker->number;
	worker->next = worker->first;
	worker->end = shared_out ? end_of_parts(worker, run->units) : run->units;
}

bool all_done(void) { return run->operations == run->units; }

/* By worker 0 when all have ended. */
static void finish_phase(void)
{
	uint64_t operations = 0, sum = 0, began = WITHOUT_END, ended = 0;
	struct cost cost = {0, 0, 0};
	for (int i = 0; i < run->threads; i++) {
		const struct worker *worker = &run->workers[i];
		operations += worker->operations;
		sum += worker->sum;
		if (worker->began < began) began = worker->began;
		if (worker->ended > ended) ended = worker->ended;
		cost.nanoseconds += worker->cost.nanoseconds;
		cost.voluntary += worker->cost.voluntary;
		cost.involuntary += worker->cost.involuntary;
	}
	if (run->limit) stop_after(0);
	/* Where the time is over only now, stopping tells less than it could. */
	if (operations != run->units && !__atomic_load_n(&run->stopping, __ATOMIC_RELAXED)) broken("not all units were done");
	run->operations = operations;
	run->nanoseconds = ended - began;
	run->cost = cost;
	run->checksum = run->workload->finish ? run->workload->finish(operations, sum) : sum;
}

static struct cost cost_since(struct cost before)
{
	struct cost cost = cost_so_far();
	cost.nanoseconds -= before.nanoseconds;
	cost.voluntary -= before.voluntary;
	cost.involuntary -= before.involuntary;
	return cost;
}

void be_worker(int number)
{
	struct worker *worker = &run->workers[number];
	worker->number = number;
	for (enum phase phase = WARM_UP; phase < PHASES; phase++) {
		if (number == 0) begin_phase(phase);
		if (number == 0 && phase == MEASURED) tell("begins");
		meet_all();
		struct cost before = cost_so_far();
		take_share(worker);
		worker->began = now();
		if (number == 0 && run->limit) limit_time(phase);
		run->workload->work(worker);
		worker->ended = now();
		/* Whoever is done first waits here, which costs, too. */
		meet_all();
		worker->cost = cost_since(before);
		if (number == 0 && phase == MEASURED) tell("ends");
		meet_all();
		if (number == 0) finish_phase();
	}
	if (run->workload->leave) run->workload->leave(worker);
}
