/* Jumps to nowhere, and its trap vector is nowhere too: the emulator has to say so, not spin. */
#include "../runtime/runtime.h"

int main(int boot_hart)
{
	(void)boot_hart;
	print("Jumping to 0x10");
	write_csr(stvec, 0);
	((void (*)(void))0x10)();
	finish_with(1);
}
