// The system calls that the agent needs, without a C library: Linux on riscv64, every kernel since 5.4.
#pragma once
#include <asm/poll.h>
#include <asm/signal.h>
#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <stddef.h>
#include <stdint.h>

// A result from −4095 to −1 is an error: −errno.
static inline long system_call(long number, long a, long b, long c, long d, long e) {
	register long a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b;
	register long a2 __asm__("a2") = c;
	register long a3 __asm__("a3") = d;
	register long a4 __asm__("a4") = e;
	register long a7 __asm__("a7") = number;
	__asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a7) : "memory");
	return a0;
}

#define CALL_5(number, a, b, c, d, e) \
	system_call(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e))
#define CALL(...) CALL_CHOOSE(__VA_ARGS__, CALL_6_, CALL_5_, CALL_4_, CALL_3_, CALL_2_, CALL_1_)(__VA_ARGS__)
#define CALL_CHOOSE(a, b, c, d, e, f, name, ...) name
#define CALL_1_(n) CALL_5(n, 0, 0, 0, 0, 0)
#define CALL_2_(n, a) CALL_5(n, a, 0, 0, 0, 0)
#define CALL_3_(n, a, b) CALL_5(n, a, b, 0, 0, 0)
#define CALL_4_(n, a, b, c) CALL_5(n, a, b, c, 0, 0)
#define CALL_5_(n, a, b, c, d) CALL_5(n, a, b, c, d, 0)
#define CALL_6_(n, a, b, c, d, e) CALL_5(n, a, b, c, d, e)

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
size_t strlen(const char *text);
int is_same(const char *one, const char *other);
// Joins texts into `to`, which has `room` bytes. Returns 0 if it is too small.
int join(char *to, size_t room, const char *const *parts);
// `to` has 12 bytes.
char *decimal(char *to, uint32_t value);

static inline long open_file(const char *path, int flags) {
	return CALL(__NR_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0644);
}
static inline void close_file(int *descriptor) {
	if (*descriptor >= 0) CALL(__NR_close, *descriptor);
	*descriptor = -1;
}
static inline long fork_process(void) { return CALL(__NR_clone, SIGCHLD, 0, 0, 0, 0); }
static inline void exit_process(int code) {
	for (;;) CALL(__NR_exit_group, code);
}
// Writes all of it, or as much as goes.
void write_all(int descriptor, const void *bytes, size_t length);
// To the kernel's log, which goes to the console.
void say(const char *text);
void sleep_milliseconds(long milliseconds);
