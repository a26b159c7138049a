# Entry points and the trap vector. Every hart arrives here in S-mode with a0 = its hart id.
#include "runtime.h"

	.section .text.start, "ax"
	.globl _start
_start:				# the boot hart: clears .bss, then runs main(hart, device tree)
	la t0, bss_start
	la t1, bss_end
1:	sd zero, (t0)
	addi t0, t0, 8
	bltu t0, t1, 1b
	la s0, run_boot_hart
	j enter

	.globl secondary_start
secondary_start:		# a hart that HSM started: runs run_hart(hart, function)
	la s0, run_hart
enter:
	la t0, trap_vector
	csrw stvec, t0
	csrw sie, zero
	li t0, SSTATUS_FS_INITIAL
	csrs sstatus, t0
	mv tp, a0		# tp holds the hart id for good
	la sp, stacks
	li t0, STACK_BYTES
	addi t1, a0, 1
	mul t0, t0, t1
	add sp, sp, t0
	jalr s0
1:	wfi
	j 1b

# Saves every register in a struct trap_frame on the stack, calls handle_trap, resumes at frame->pc.
	.text
	.align 2
	.globl trap_vector
trap_vector:
	addi sp, sp, -TRAP_FRAME_BYTES
	.irp n, 1,3,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	sd x\n, (8 * \n)(sp)
	.endr
	addi t0, sp, TRAP_FRAME_BYTES
	sd t0, 16(sp)
	csrr t0, sepc
	sd t0, 0(sp)
	csrr t0, sstatus
	sd t0, TRAP_FRAME_STATUS(sp)
	csrr t0, scause
	sd t0, TRAP_FRAME_CAUSE(sp)
	csrr t0, stval
	sd t0, TRAP_FRAME_VALUE(sp)
	mv a0, sp
	call handle_trap
	ld t0, 0(sp)
	csrw sepc, t0
	ld t0, TRAP_FRAME_STATUS(sp)
	csrw sstatus, t0
	.irp n, 1,3,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	ld x\n, (8 * \n)(sp)
	.endr
	addi sp, sp, TRAP_FRAME_BYTES
	sret
