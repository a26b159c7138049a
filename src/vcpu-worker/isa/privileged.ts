/** Privileged instructions, and Zicboz's cbo.zero. Privileged spec, "Machine-Mode" and "Supervisor-Mode Privileged Instructions"; unprivileged spec, "CMO" Extensions. */
import {instruction} from './definition.ts'
import type {Instruction} from './expression.ts'
import {system, x, zeroBlock} from './expression.ts'

export const privileged: readonly Instruction[] = [
	instruction('mret', '0011000 00010 00000 000 00000 1110011', system('mret')),
	instruction('sret', '0001000 00010 00000 000 00000 1110011', system('sret')),
	instruction('wfi', '0001000 00101 00000 000 00000 1110011', system('wfi')),
	instruction('sfence.vma', '0001001 rs2 rs1 000 00000 1110011', system('sfence.vma')),
	instruction('cbo.zero', '000000000100 rs1 010 00000 0001111', zeroBlock(x('rs1'))),
]
