/*
 * Random PMP entries, from 4 bytes to 8 KiB and overlapping, and random accesses of S and U (through MPRV) near their edges:
 * prints for each round how many were refused, and a digest of causes and addresses. Accesses are aligned: whether a
 * misaligned one is checked as a whole or in pieces is left to the implementation. Privileged spec, "Physical Memory Protection".
 */
#include "bare.h"

enum { ROUNDS = 600, ACCESSES = 64, ENTRIES = 6, OFF = 0, TOR = 1, NA4 = 2, NAPOT = 3 };
#define MPRV (1UL << 17)
#define MPP (3UL << 11)
#define LAST_ADDRESS (~0UL >> 10)

static uint8_t window[16384] __attribute__((aligned(16384)));
#define START ((uint64_t)window)

/* xorshift64 */
static uint64_t state = 88172645463325252u;
static uint64_t random_below(uint64_t bound)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 20) % bound;
}

/* No other access while MPRV is on. */
#define ACCESS(instruction, at) __asm__ volatile("csrs mstatus, %1\n .option push\n .option norvc\n" instruction " zero, (%0)\n" \
	".option pop\n csrc mstatus, %1" :: "r"(at), "r"(MPRV) : "memory")

/* Of 1 << size bytes. Returns 0, or the cause and the address of the exception. */
static uint64_t attempt(uint64_t at, int size, int store, uint64_t privilege)
{
	uint64_t cause, value;
	trapped = 0;
	__asm__ volatile("csrc mstatus, %0\n csrs mstatus, %1" :: "r"(MPP), "r"(privilege << 11));
	if (store)
		switch (size) {
		case 0: ACCESS("sb", at); break;
		case 1: ACCESS("sh", at); break;
		case 2: ACCESS("sw", at); break;
		default: ACCESS("sd", at);
		}
	else
		switch (size) {
		case 0: ACCESS("lb", at); break;
		case 1: ACCESS("lh", at); break;
		case 2: ACCESS("lw", at); break;
		default: ACCESS("ld", at);
		}
	if (!trapped) return 0;
	__asm__ volatile("csrr %0, mcause\n csrr %1, mtval" : "=r"(cause), "=r"(value));
	return cause << 16 | (value - START);
}

static uint64_t address[ENTRIES];

static void draw_entries(int round)
{
	uint64_t configurations = 0;
	for (int entry = 0; entry < ENTRIES; entry++) {
		uint64_t permissions = random_below(8), mode = random_below(4), base = START + random_below(sizeof window) / 4 * 4;
		if ((permissions & 3) == 2) permissions = 1; /* W without R is reserved */
		address[entry] = base >> 2;
		if (mode == NAPOT) {
			uint64_t size = 8UL << random_below(11);
			address[entry] = (base & ~(size - 1)) >> 2 | (size / 8 - 1);
		}
		configurations |= (permissions | mode << 3) << (8 * entry);
	}
	if (round & 1) { /* what no other entry matches is permitted */
		address[ENTRIES - 1] = LAST_ADDRESS;
		configurations = (configurations & 0xffffffffff) | 0x1fUL << 40;
	}
	__asm__ volatile("csrw pmpaddr0, %0\n csrw pmpaddr1, %1\n csrw pmpaddr2, %2" ::"r"(address[0]), "r"(address[1]), "r"(address[2]));
	__asm__ volatile("csrw pmpaddr3, %0\n csrw pmpaddr4, %1\n csrw pmpaddr5, %2" ::"r"(address[3]), "r"(address[4]), "r"(address[5]));
	__asm__ volatile("csrw pmpcfg0, %0" ::"r"(configurations));
}

static uint64_t draw_place(int size)
{
	uint64_t at = START + random_below(sizeof window);
	if (random_below(2)) at = (address[random_below(ENTRIES - 1)] << 2) - 16 + random_below(32);
	if (at < START || at >= START + sizeof window) at = START;
	return at & ~((1UL << size) - 1);
}

void run_all(void)
{
	__asm__ volatile("csrw mtvec, %0" ::"r"(on_trap));
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t digest = 14695981039346656037u, refused = 0; /* FNV-1a */
		draw_entries(round);
		for (int access = 0; access < ACCESSES; access++) {
			int size = (int)random_below(4), store = (int)random_below(2);
			uint64_t at = draw_place(size), outcome = attempt(at, size, store, random_below(2));
			refused += outcome != 0;
			digest = (digest ^ outcome) * 1099511628211u;
		}
		__asm__ volatile("csrw pmpcfg0, zero");
		print("round ");
		print_hex((uint64_t)round, 3);
		put(':');
		column(refused);
		column(digest);
		put('\n');
	}
	finish();
}
