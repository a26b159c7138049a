/* The parts of a build: source files, and a compiler that is a process of its own. */
#ifndef BUILD_H
#define BUILD_H
#include <stdint.h>

enum { SOURCES = 8, NAME_BYTES = 128 };

/* Writes a header and the source files. */
void write_sources(const char *folder);
void remove_sources(const char *folder);
/* Each writes NAME_BYTES at most. */
void header_name(char *name, const char *folder);
void source_name(char *name, const char *folder, uint64_t number);
void object_name(char *name, const char *folder, uint64_t number);

/* A child that compiles has this as its first argument, then the names of the header, a source file, and the object. */
#define COMPILE "compile"
/* What such a child does. Returns its exit code. */
int compile_source(const char *header, const char *source, const char *object);
/* Becomes such a child: of source file number `source`, into an object with a number of its own. */
void become_compiler(const char *folder, uint64_t source, uint64_t object) __attribute__((noreturn));
/* Reads an object and removes it. Returns the sum taken further by what it holds. */
uint64_t take_object(uint64_t sum, const char *folder, uint64_t number);
#endif
