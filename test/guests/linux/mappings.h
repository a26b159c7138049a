/* Mappings that change: what one thread changes is fenced on the harts of the other threads of its process. */
#ifndef MAPPINGS_H
#define MAPPINGS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Four pages mapped, touched, taken away. */
void map_and_touch(uint8_t value);
/* 4 MiB mapped, each page touched, unmapped again: 1024 page faults. Returns the sum taken further by what was read. */
uint64_t fault_pages(uint64_t sum, uint64_t value);
/* A page for protect_and_touch() alone. */
uint8_t *lone_page(void);
/* The page made writable and written, or made read-only and read. */
void protect_and_touch(volatile uint8_t *page, uint8_t value, bool writable);
#endif
