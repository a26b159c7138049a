/*
 * The benchmark programs on bare metal, each timed by the time CSR: "bench NAME NANOSECONDS ns, check 0xSUM". Sv39 with
 * pages of 4 KiB, as programs have under an operating system. Parameters: the scale in thousandths, then the names,
 * with spaces between; without parameters all at a small scale. Needs 1 GiB of RAM.
 */
#include "../bench/bench.h"
#include "../runtime/parameters.h"
#include "../runtime/runtime.h"

enum { NANOSECONDS_PER_TICK = 100, SMALL_SCALE = 1, ENTRIES = 512 };
#define RAM 0x80000000UL
#define TABLES 0x87000000UL /* behind the parameters */
#define FREE 0x88000000UL

static page_table root, gigabyte;

void *memory_for(size_t bytes)
{
	(void)bytes;
	return (void *)FREE;
}

static void map_pages(void)
{
	uint64_t *leaves = (uint64_t *)TABLES;
	map_identity(root);
	for (uint64_t i = 0; i < ENTRIES * ENTRIES; i++)
		leaves[i] = pte_to((void *)(RAM + i * PAGE_BYTES), PTE_RW_SET | PTE_X);
	for (uint64_t i = 0; i < ENTRIES; i++) gigabyte[i] = pte_to(leaves + i * ENTRIES, PTE_V);
	root[RAM >> 30] = pte_to(gigabyte, PTE_V);
	set_root(root);
}

/* Whether a name is among those that are wanted. */
static bool among(const char *wanted, const char *name)
{
	while (*wanted) {
		const char *letter = name;
		while (*letter && *letter == *wanted) letter++, wanted++;
		if (!*letter && (!*wanted || *wanted == ' ')) return true;
		while (*wanted && *wanted != ' ') wanted++;
		while (*wanted == ' ') wanted++;
	}
	return false;
}

int main(int boot_hart)
{
	(void)boot_hart;
	uint64_t scale = parameter(0, SMALL_SCALE);
	const char *wanted = (const char *)(PARAMETERS + 16);
	map_pages();
	for (const struct program *each = programs; each->name; each++) {
		if (*wanted && !among(wanted, each->name)) continue;
		if (each->prepare) each->prepare();
		uint64_t start = ticks();
		uint64_t sum = each->run(scaled_rounds(each, scale));
		print("bench %s %u ns, check 0x%x", each->name, (ticks() - start) * NANOSECONDS_PER_TICK, sum);
	}
	finish("bench");
}
