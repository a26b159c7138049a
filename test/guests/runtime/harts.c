/* Harts: SBI calls, starting all harts, meeting points, locks. */
#include "runtime.h"

enum { HSM_STOPPED = 1 };
extern void secondary_start(void);
static int counted;
static int boot;
static int waiting, generation;

struct sbi_result sbi_call(long extension, long function, long arg0, long arg1, long arg2, long arg3, long arg4)
{
	register long a0 __asm__("a0") = arg0;
	register long a1 __asm__("a1") = arg1;
	register long a2 __asm__("a2") = arg2;
	register long a3 __asm__("a3") = arg3;
	register long a4 __asm__("a4") = arg4;
	register long a6 __asm__("a6") = function;
	register long a7 __asm__("a7") = extension;
	__asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a3), "r"(a4), "r"(a6), "r"(a7) : "memory");
	return (struct sbi_result){a0, a1};
}

int hart_count(void)
{
	/* HSM answers "invalid parameter" for a hart that there is not. */
	while (!counted || (counted < MAXIMUM_HARTS && !sbi_call(SBI_HSM, 2, counted, 0, 0, 0, 0).error)) counted++;
	return counted;
}

void run_boot_hart(int hart)
{
	boot = hart;
	main(hart);
	finish_with(3); /* a program ends by itself */
}

void run_hart(int hart, hart_function *function)
{
	function(hart);
	meet();
	sbi_call(SBI_HSM, 1, 0, 0, 0, 0, 0); /* stop */
}

void meet(void)
{
	int now = __atomic_load_n(&generation, __ATOMIC_ACQUIRE);
	if (__atomic_add_fetch(&waiting, 1, __ATOMIC_ACQ_REL) == counted) {
		waiting = 0;
		__atomic_store_n(&generation, now + 1, __ATOMIC_RELEASE);
	} else
		while (__atomic_load_n(&generation, __ATOMIC_ACQUIRE) == now) pause();
}

void on_all_harts(hart_function *function)
{
	for (int hart = 0; hart < hart_count(); hart++) {
		if (hart == this_hart()) continue;
		struct sbi_result started =
			sbi_call(SBI_HSM, 0, hart, (long)secondary_start, (long)function, 0, 0);
		if (started.error) {
			print("FAIL hart %d did not start: SBI error %d", (int64_t)hart, (int64_t)started.error);
			finish_with(2);
		}
	}
	function(this_hart());
	meet();
	for (int hart = 0; hart < hart_count(); hart++)
		while (hart != this_hart() && sbi_call(SBI_HSM, 2, hart, 0, 0, 0, 0).value != HSM_STOPPED) pause();
}

void acquire(struct lock *lock)
{
	while (__atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE)) pause();
}

void release(struct lock *lock) { __atomic_store_n(&lock->held, 0, __ATOMIC_RELEASE); }
