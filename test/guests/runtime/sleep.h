/* A meeting point that leaves the host's cores to those that have not come yet: harts may be more than cores. */
#ifndef SLEEP_H
#define SLEEP_H
#include "runtime.h"

enum { LOOKS_BEFORE_SLEEP = 2000, SSIP = 2 };

/* Like meet(); the last to come wakes the others by an interrupt, which they do not take. */
static inline void meet_asleep(void)
{
	static int come, turn;
	int now = __atomic_load_n(&turn, __ATOMIC_ACQUIRE);
	if (__atomic_add_fetch(&come, 1, __ATOMIC_ACQ_REL) == hart_count()) {
		come = 0;
		__atomic_store_n(&turn, now + 1, __ATOMIC_RELEASE);
		sbi_call(SBI_IPI, 0, 0, -1, 0, 0, 0);
		return;
	}
	for (int looks = 0; looks < LOOKS_BEFORE_SLEEP; looks++)
		if (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != now) return;
	set_csr(sie, SSIP);
	while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) == now) {
		__asm__ volatile("wfi" ::: "memory");
		/* Before the next look: an interrupt that comes after it ends the next wfi. */
		clear_csr(sip, SSIP);
	}
}
#endif
