/* The parts of a build: source files, and a compiler that splits text into words, keeps these in a hash table and writes an object. */
#include "build.h"
#include "../shared/words.h"
#include "process.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SOURCE_BYTES = 16 << 10, HEADER_BYTES = 32 << 10, BUCKETS = 1024 };

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

void header_name(char *name, const char *folder) { snprintf(name, NAME_BYTES, "%s/header.h", folder); }

void source_name(char *name, const char *folder, uint64_t number)
{
	snprintf(name, NAME_BYTES, "%s/source%lu.c", folder, (unsigned long)number);
}

void object_name(char *name, const char *folder, uint64_t number)
{
	snprintf(name, NAME_BYTES, "%s/source%lu.o", folder, (unsigned long)number);
}

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

void write_sources(const char *folder)
{
	char name[NAME_BYTES];
	header_name(name, folder);
	write_text(name, HEADER_BYTES, 1);
	for (uint64_t i = 0; i < SOURCES; i++) {
		source_name(name, folder, i);
		write_text(name, SOURCE_BYTES, i + 2);
	}
}

void remove_sources(const char *folder)
{
	char name[NAME_BYTES];
	header_name(name, folder);
	must(unlink(name), name);
	for (uint64_t i = 0; i < SOURCES; i++) {
		source_name(name, folder, i);
		must(unlink(name), name);
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

int compile_source(const char *header_path, const char *source, const char *object)
{
	size_t header_bytes, source_bytes;
	char *header = read_file(header_path, &header_bytes), *text = read_file(source, &source_bytes);
	uint8_t *output = malloc(4 * (header_bytes + source_bytes)), *end = split(text, split(header, output));
	for (int i = 0; i < BUCKETS; i++)
		for (struct symbol *each = buckets[i]; each; each = each->next) *end++ = (uint8_t)each->uses;
	write_file(object, output, (size_t)(end - output));
	return 0;
}

/* ---- one step of the build ---- */

void become_compiler(const char *folder, uint64_t source, uint64_t object)
{
	char header[NAME_BYTES], from[NAME_BYTES], to[NAME_BYTES];
	header_name(header, folder);
	source_name(from, folder, source);
	object_name(to, folder, object);
	execl("/proc/self/exe", "compiler", COMPILE, header, from, to, (char *)0);
	fail("exec");
}

uint64_t take_object(uint64_t sum, const char *folder, uint64_t number)
{
	char name[NAME_BYTES];
	object_name(name, folder, number);
	size_t bytes;
	char *text = read_file(name, &bytes);
	for (size_t byte = 0; byte < bytes; byte++) sum = mixed(sum, (uint8_t)text[byte]);
	free(text);
	must(unlink(name), name);
	return sum;
}
