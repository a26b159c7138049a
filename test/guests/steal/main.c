/*
 * Stolen time: the SBI's extension STA, "Steal-time Accounting Extension".
 *
 * Parameter: what must be stolen while all harts compute, see below.
 */
#include "../runtime/parameters.h"
#include "../runtime/runtime.h"

enum { ANYTHING, SOMETHING, NOTHING };
enum { SBI_STA = 0x535441, INVALID_PARAM = -3, INVALID_ADDRESS = -5, MILLISECOND = 10000 };
#define ALL_ONES (-1L)
#define UART 0x10000000L
#define RAM 0x80000000L

struct record {
	uint32_t sequence, flags;
	uint64_t steal;
	uint8_t preempted, padding[47];
} __attribute__((aligned(64)));

/* One on each side is nobody's. */
static struct record records[MAXIMUM_HARTS + 2];
static uint64_t wanted;
static bool seen, wrong;
static uint64_t told[MAXIMUM_HARTS];

static long set_record(long low, long high, long flags)
{
	return sbi_call(SBI_STA, 0, low, high, flags, 0, 0).error;
}

static void fill(struct record *record, uint8_t byte)
{
	for (size_t i = 0; i < sizeof *record; i++) ((volatile uint8_t *)record)[i] = byte;
}

static bool is_filled(const struct record *record, uint8_t byte)
{
	const volatile uint8_t *bytes = (const uint8_t *)record;
	for (size_t i = 0; i < sizeof *record; i++)
		if (bytes[i] != byte) return false;
	return true;
}

/* As the specification says, on any hart. */
static uint64_t read_steal(const volatile struct record *record)
{
	for (;;) {
		uint32_t before = record->sequence;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		uint64_t steal = record->steal;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (before % 2 == 0 && record->sequence == before) return steal;
	}
}

static void check_calls(void)
{
	struct record *mine = &records[1];
	for (int i = 0; i < 3; i++) fill(&records[i], 0xff);
	check_equal(set_record((long)mine, 0, 1), INVALID_PARAM, "flags are refused");
	check_equal(set_record((long)mine, 0, 1L << 32), INVALID_PARAM, "flags above the 32nd are refused");
	check_equal(set_record((long)mine + 32, 0, 0), INVALID_PARAM, "an address between two records is refused");
	check_equal(set_record((long)mine, 1, 0), INVALID_ADDRESS, "an address beyond 64 bits is refused");
	check_equal(set_record(UART, 0, 0), INVALID_ADDRESS, "a device is refused");
	check_equal(set_record(RAM - 64, 0, 0), INVALID_ADDRESS, "the bytes before RAM are refused");
	check_equal(set_record(-64, 0, 0), INVALID_ADDRESS, "the last bytes of all are refused");
	check(is_filled(mine, 0xff), "a refused call writes nothing");
	check_equal(set_record((long)mine, 0, 0), 0, "a record is accepted");
	check(is_filled(mine, 0), "it is zeroed");
	check(is_filled(mine - 1, 0xff) && is_filled(mine + 1, 0xff), "what lies around it is not");
	check_equal(set_record(ALL_ONES, ALL_ONES, 0), 0, "all ones stop it");
}

/* No pause: a hart that pauses may be given no core, and that is not theft. */
static void compute(int hart)
{
	struct record *mine = &records[1 + hart];
	if (set_record((long)mine, 0, 0)) wrong = true;
	meet();
	uint64_t start = ticks(), before[MAXIMUM_HARTS] = {0};
	while (wanted == SOMETHING ? !__atomic_load_n(&seen, __ATOMIC_RELAXED) : ticks() - start < 20 * MILLISECOND)
		for (int other = 0; other < hart_count(); other++) {
			uint64_t now = read_steal(&records[1 + other]);
			if (now < before[other] || now >> 40) wrong = true;
			before[other] = now;
			if (now) __atomic_store_n(&seen, true, __ATOMIC_RELAXED);
		}
	meet();
	/* The boot hart stops asking, the others stop. */
	if (hart == 0 && set_record(ALL_ONES, ALL_ONES, 0)) wrong = true;
	told[hart] = read_steal(mine);
}

static void compute_more(int hart)
{
	fill(&records[1 + hart], 0x5a);
	meet();
	for (uint64_t start = ticks(); ticks() - start < 20 * MILLISECOND;) {}
	if (!is_filled(&records[1 + hart], 0x5a)) wrong = true;
}

int main(int boot_hart)
{
	(void)boot_hart;
	wanted = parameter(0, ANYTHING);
	if (sbi_call(SBI_BASE, 3, SBI_STA, 0, 0, 0, 0).value == 0) {
		print("SKIP there is no STA");
		finish("steal");
	}
	check_calls();
	on_all_harts(compute);
	uint64_t sum = 0;
	for (int hart = 0; hart < hart_count(); hart++) sum += told[hart];
	check(!wrong, "the time that was stolen from a hart never falls, on any hart");
	check(wanted == ANYTHING || (sum > 0) == (wanted == SOMETHING), "it is what was expected");
	print("stolen: %u ns", sum);
	on_all_harts(compute_more);
	check(!wrong, "nothing is written for a hart that has stopped asking, or was stopped and started");
	finish("steal");
}
