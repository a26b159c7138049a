# Every hart begins here in M-mode, hands everything to S-mode, and enters the kernel there, as xv6's start() does.
#include "kernel.h"

	.section .text.start, "ax"
	.globl _start
_start:
	csrr tp, mhartid
	li t0, MAXIMUM_HARTS
	bgeu tp, t0, park
	la sp, stacks
	li t0, STACK_BYTES
	addi t1, tp, 1
	mul t0, t0, t1
	add sp, sp, t0
	li t0, -1
	csrw pmpaddr0, t0
	li t0, 0x1f
	csrw pmpcfg0, t0
	li t0, 0xffff
	csrw medeleg, t0
	csrw mideleg, t0
	li t0, 0x220			# timer and external
	csrw sie, t0
	li t0, 1 << 63			# STCE: the kernel sets stimecmp
	csrs 0x30a, t0
	csrwi mcounteren, 7
	li t0, 3 << 11
	csrc mstatus, t0
	li t0, 1 << 11			# MPP: S
	csrs mstatus, t0
	csrw satp, zero
	la t0, user_trap
	csrw stvec, t0
	la t0, main
	csrw mepc, t0
	mv a0, tp
	mret
park:
	wfi
	j park

# run_process(frame): keeps what a C function must keep on the hart's stack, and enters the process. Its next trap comes back
# as this function's return. The kernel itself takes no traps.
	.text
	.globl run_process
run_process:
	addi sp, sp, -112
	sd ra, 0(sp)
	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11
	sd s\n, (8 + 8 * \n)(sp)
	.endr
	sd tp, 104(sp)
	sd sp, FRAME_HART(a0)
	csrw sscratch, a0
	ld t0, FRAME_PC(a0)
	csrw sepc, t0
	li t0, 0x100			# SPP: back to U; SPIE: with interrupts
	csrc sstatus, t0
	li t0, 0x20
	csrs sstatus, t0
	.irp n, 1,2,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	ld x\n, (8 * \n)(a0)
	.endr
	ld a0, 80(a0)
	sret

	.align 2
user_trap:
	csrrw a0, sscratch, a0
	.irp n, 1,2,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	sd x\n, (8 * \n)(a0)
	.endr
	csrr t0, sscratch
	sd t0, 80(a0)
	csrr t0, sepc
	sd t0, FRAME_PC(a0)
	ld sp, FRAME_HART(a0)
	ld ra, 0(sp)
	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11
	ld s\n, (8 + 8 * \n)(sp)
	.endr
	ld tp, 104(sp)
	addi sp, sp, 112
	ret
