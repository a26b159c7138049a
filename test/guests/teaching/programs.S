# User programs of equal size and shape, which differ in the immediates of their instructions only: when one runs in place of
# another, its result is wrong. Program n computes a0 * (2 * n + 3) + 600 * n + 7, in steps between which it prints and
# yields.
#include "kernel.h"

	.text
	.align 3
	.globl programs
programs:
	.option push
	.option norvc
	.irp n, 0,1,2,3
	mv s0, a0
	li s1, 0
	li s2, 2 * \n + 3
1:	add s1, s1, s0
	li s3, 200 + \n			# takes a while
2:	addi s3, s3, -1
	bnez s3, 2b
	addi s2, s2, -1
	bnez s2, 1b
	li a0, '.'
	li a7, CALL_PUT
	ecall
	li a7, CALL_YIELD
	ecall
	li t0, 600 * \n + 7
	add a0, s1, t0
	li a7, CALL_EXIT
	ecall
3:	j 3b
	.endr
	.option pop
	.globl programs_end
programs_end:
