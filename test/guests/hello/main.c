/* The smallest program: one line, and power off through SBI. */
#include "../runtime/runtime.h"

int main(int boot_hart)
{
	(void)boot_hart;
	print("Hello from S-mode, %d hart(s)", (int64_t)hart_count());
	sbi_call(SBI_SRST, 0, 0, 0, 0, 0, 0);
	finish_with(1);
}
