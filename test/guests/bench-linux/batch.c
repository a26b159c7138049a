/*
 * What a build does: for each source file that is newer than its object, a process that reads it and a header, splits both into
 * words, keeps these in a hash table and writes an object; as many at once as there are harts. Then the objects are linked, and
 * removed. All files are in memory. 8 source files a round.
 */
#include "../linux/build.h"
#include "system.h"
#include <sys/stat.h>
#include <unistd.h>

void batch_prepare(void)
{
	scratch_prepare();
	write_sources(SCRATCH);
}

static int is_newer(const char *one, const char *other)
{
	struct stat of_one, of_other;
	must(stat(one, &of_one), one);
	return stat(other, &of_other) < 0 || of_one.st_mtime > of_other.st_mtime;
}

static uint64_t build(void)
{
	char header[NAME_BYTES], source[NAME_BYTES], object[NAME_BYTES];
	header_name(header, SCRATCH);
	int jobs = hart_count(), running = 0;
	for (uint64_t i = 0; i < SOURCES; i++) {
		source_name(source, SCRATCH, i);
		object_name(object, SCRATCH, i);
		if (!is_newer(source, object) && !is_newer(header, object)) continue;
		if (running == jobs) join_child(-1), running--;
		running++;
		if (must(fork(), "fork")) continue;
		become_compiler(SCRATCH, i, i);
	}
	for (; running; running--) join_child(-1);
	uint64_t sum = 0;
	for (uint64_t i = 0; i < SOURCES; i++) sum = take_object(sum, SCRATCH, i);
	return sum;
}

uint64_t batch_run(uint64_t rounds)
{
	uint64_t sum = 0;
	for (; rounds; rounds--) sum = mixed(sum, build());
	return sum;
}
