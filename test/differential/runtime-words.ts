/**
 * Shared by the parts of the runtime: registers by their names in the calling convention, addresses, and common
 * instructions.
 */
import type {Assembler} from './assembler.ts'

export const csr = {
	mhartid: 0xf14,
	mscratch: 0x340,
	mtvec: 0x305,
	pmpaddr0: 0x3b0,
	pmpcfg0: 0x3a0,
	fcsr: 0x003,
} as const
export const trapCsrs = {mcause: 0x342, mepc: 0x341, mtval: 0x343, mstatus: 0x300} as const
export const [uartTransmit, uartLineStatus, transmitterEmpty] = [0x1000_0000n, 5, 0x20]
export const [finisher, pass] = [0x10_0000n, 0x5555n]
export const mprv = 0x2_0000n
export const mtimecmp = 0x200_4000n

export const [ra, sp, t0, t1, t2, s0, s1] = [1, 2, 5, 6, 7, 8, 9]
export const [a0, a1, a2, a3, a4, a5, s2, s3, s4, t6] = [10, 11, 12, 13, 14, 15, 18, 19, 20, 31]

export const readCsr = (asm: Assembler, rd: number, number: number) => asm.emit('csrrs', {rd, rs1: 0, csr: number})
export const writeCsr = (asm: Assembler, number: number, rs1: number) => asm.emit('csrrw', {rd: 0, rs1, csr: number})
export const load = (asm: Assembler, rd: number, rs1: number, imm: number) => asm.emit('ld', {rd, rs1, imm})
export const store = (asm: Assembler, rs2: number, rs1: number, imm: number) => asm.emit('sd', {rs2, rs1, imm})
export const move = (asm: Assembler, rd: number, rs1: number) => asm.emit('addi', {rd, rs1, imm: 0})
