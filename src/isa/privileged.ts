/**
 * Privileged instructions, Svinval, Zawrs, and the cache-block operations of Zicbom and Zicboz. Privileged spec,
 * "Machine-Mode" and "Supervisor-Mode Privileged Instructions", "Svinval"; unprivileged spec, "Zawrs" and "CMO"
 * Extensions.
 */
import {instruction} from './definition.ts'
import type {Instruction} from './expression.ts'
import {manageBlock, system, x, zeroBlock} from './expression.ts'

export const privileged: readonly Instruction[] = [
	instruction('mret', '0011000 00010 00000 000 00000 1110011', system('mret')),
	instruction('sret', '0001000 00010 00000 000 00000 1110011', system('sret')),
	instruction('wfi', '0001000 00101 00000 000 00000 1110011', system('wfi')),
	instruction('sfence.vma', '0001001 rs2 rs1 000 00000 1110011', system('sfence.vma')),
	instruction('sinval.vma', '0001011 rs2 rs1 000 00000 1110011', system('sinval.vma')),
	instruction('sfence.w.inval', '0001100 00000 00000 000 00000 1110011', system('sfence.w.inval')),
	instruction('sfence.inval.ir', '0001100 00001 00000 000 00000 1110011', system('sfence.inval.ir')),
	// A stall may end at any time; these end at once. So TW, which limits the time of wrs.nto, never makes it illegal.
	instruction('wrs.nto', '000000001101 00000 000 00000 1110011', system('pause')),
	instruction('wrs.sto', '000000011101 00000 000 00000 1110011', system('pause')),
	instruction('cbo.inval', '000000000000 rs1 010 00000 0001111', manageBlock('inval', x('rs1'))),
	instruction('cbo.clean', '000000000001 rs1 010 00000 0001111', manageBlock('clean', x('rs1'))),
	instruction('cbo.flush', '000000000010 rs1 010 00000 0001111', manageBlock('flush', x('rs1'))),
	instruction('cbo.zero', '000000000100 rs1 010 00000 0001111', zeroBlock(x('rs1'))),
]
