/*
 * What a build does: for each source file that is newer than its object, a process that reads it and a header, splits both into
 * words, keeps these in a hash table and writes an object; as many at once as there are harts. Then the objects are linked, and
 * removed. All files are in memory. 8 source files a round.
 */
#include "system.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SOURCES = 8, SOURCE_BYTES = 16 << 10, HEADER_BYTES = 32 << 10, BUCKETS = 1024, NAME_BYTES = 64 };
#define HEADER SCRATCH "/header.h"

/* ---- files ---- */

static void write_file(const char *path, const void *bytes, size_t count)
{
	int file = (int)must(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600), path);
	while (count) {
		size_t some = (size_t)must(write(file, bytes, count), path);
		bytes = (const char *)bytes + some;
		count -= some;
	}
	must(close(file), path);
}

/* With a zero behind it. The caller frees it. */
static char *read_file(const char *path, size_t *count)
{
	struct stat status;
	int file = (int)must(open(path, O_RDONLY), path);
	must(fstat(file, &status), path);
	char *text = malloc((size_t)status.st_size + 1);
	*count = 0;
	for (long some; (some = must(read(file, text + *count, 4096), path)) > 0;) *count += (size_t)some;
	text[*count] = 0;
	must(close(file), path);
	return text;
}

static void source_name(char *name, int number) { snprintf(name, NAME_BYTES, SCRATCH "/source%d.c", number); }
static void object_name(char *name, int number) { snprintf(name, NAME_BYTES, SCRATCH "/source%d.o", number); }

/* Text of statements such as "x17_4 = y2 + 90;" and blocks. */
static void write_text(const char *path, size_t bytes, uint64_t seed)
{
	char *text = malloc(bytes + NAME_BYTES);
	size_t length = 0;
	while (length < bytes) {
		uint64_t word = random_word(&seed);
		length += (size_t)sprintf(text + length, word % 7 ? "\tx%u_%u = y%u + %u;\n" : "}\nint f%u_%u(y%u) { /* %u */\n",
					  (unsigned)(word >> 8) % 40, (unsigned)(word >> 16) % 9, (unsigned)(word >> 24) % 100,
					  (unsigned)(word >> 40) % 1000);
	}
	write_file(path, text, bytes);
	free(text);
}

void batch_prepare(void)
{
	char name[NAME_BYTES];
	scratch_prepare();
	write_text(HEADER, HEADER_BYTES, 1);
	for (int i = 0; i < SOURCES; i++) {
		source_name(name, i);
		write_text(name, SOURCE_BYTES, (uint64_t)i + 2);
	}
}

/* ---- the compiler: a process of its own ---- */

struct symbol {
	struct symbol *next;
	uint32_t number, uses;
	char name[];
};
static struct symbol *buckets[BUCKETS];
static uint32_t symbols;

static struct symbol *find_symbol(const char *name, size_t length)
{
	uint64_t hash = 0;
	for (size_t i = 0; i < length; i++) hash = mixed(hash, (uint8_t)name[i]);
	struct symbol **place = &buckets[(hash ^ hash >> 32) % BUCKETS];
	for (; *place; place = &(*place)->next)
		if (!strncmp((*place)->name, name, length) && !(*place)->name[length]) return *place;
	*place = calloc(1, sizeof **place + length + 1);
	(*place)->number = symbols++;
	memcpy((*place)->name, name, length);
	return *place;
}

static int in_word(char letter)
{
	return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '_';
}

/* A word each for names and numbers, a byte for everything else but space. Returns where the output ends. */
static uint8_t *split(const char *text, uint8_t *output)
{
	while (*text) {
		const char *end = text;
		while (in_word(*end)) end++;
		if (end == text) {
			if (*text > ' ') *output++ = (uint8_t)*text;
			text++;
			continue;
		}
		struct symbol *symbol = find_symbol(text, (size_t)(end - text));
		symbol->uses++;
		memcpy(output, &symbol->number, sizeof symbol->number);
		output += sizeof symbol->number;
		text = end;
	}
	return output;
}

int compile_source(const char *source, const char *object)
{
	size_t header_bytes, source_bytes;
	char *header = read_file(HEADER, &header_bytes), *text = read_file(source, &source_bytes);
	uint8_t *output = malloc(4 * (header_bytes + source_bytes)), *end = split(text, split(header, output));
	for (int i = 0; i < BUCKETS; i++)
		for (struct symbol *each = buckets[i]; each; each = each->next) *end++ = (uint8_t)each->uses;
	write_file(object, output, (size_t)(end - output));
	return 0;
}

/* ---- the build ---- */

static int is_newer(const char *one, const char *other)
{
	struct stat of_one, of_other;
	must(stat(one, &of_one), one);
	return stat(other, &of_other) < 0 || of_one.st_mtime > of_other.st_mtime;
}

static uint64_t build(void)
{
	char source[NAME_BYTES], object[NAME_BYTES];
	long jobs = sysconf(_SC_NPROCESSORS_ONLN), running = 0;
	for (int i = 0; i < SOURCES; i++) {
		source_name(source, i);
		object_name(object, i);
		if (!is_newer(source, object) && !is_newer(HEADER, object)) continue;
		if (running == jobs) join_child(-1), running--;
		running++;
		if (must(fork(), "fork")) continue;
		execl("/proc/self/exe", "bench", COMPILE, source, object, (char *)0);
		fail("exec");
	}
	for (; running; running--) join_child(-1);
	uint64_t sum = 0;
	for (int i = 0; i < SOURCES; i++) {
		size_t bytes;
		object_name(object, i);
		char *text = read_file(object, &bytes);
		for (size_t byte = 0; byte < bytes; byte++) sum = mixed(sum, (uint8_t)text[byte]);
		free(text);
		must(unlink(object), object);
	}
	return sum;
}

uint64_t batch_run(uint64_t rounds)
{
	uint64_t sum = 0;
	for (; rounds; rounds--) sum = mixed(sum, build());
	return sum;
}
