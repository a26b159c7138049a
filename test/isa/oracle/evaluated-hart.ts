/** A hart for the evaluator: registers, sparse memory of bytes, CSRs without meaning, the floating-point oracle. */

import {type Decoded, instructionNamed, type Operands} from '../../../src/isa/index.ts'
import type {EvaluatedHart} from '../../../src/isa/oracle/evaluate.ts'
import {execute} from '../../../src/isa/oracle/evaluate.ts'
import {oracle} from '../../../src/isa/oracle/evaluate-float.ts'

export class GuestFault extends Error {}

export type TestHart = EvaluatedHart & {
	readonly memory: Map<bigint, number>
	readonly csrs: Map<number, bigint>
	/** What was called, in order: system effects, CSR accesses that write. */
	readonly log: string[]
	fflags: number
	frm: number
	reservation: bigint | undefined
}

/** Addresses from here on fault. */
export const unmapped = 1n << 63n

export function createTestHart(): TestHart {
	const hart: TestHart = {
		x: new BigUint64Array(32),
		f: new BigUint64Array(32),
		pc: 0x8000_0000n,
		memory: new Map(),
		csrs: new Map(),
		log: [],
		fflags: 0,
		frm: 0,
		reservation: undefined,
		load(gva, bytes) {
			if (gva >= unmapped) throw new GuestFault(`load at ${gva}`)
			let value = 0n
			for (let byte = bytes - 1; byte >= 0; byte--)
				value = (value << 8n) | BigInt(hart.memory.get(gva + BigInt(byte)) ?? 0)
			return value
		},
		store(gva, bytes, value) {
			if (gva >= unmapped) throw new GuestFault(`store at ${gva}`)
			for (let byte = 0; byte < bytes; byte++) {
				hart.memory.set(gva + BigInt(byte), Number((value >> BigInt(8 * byte)) & 0xffn))
			}
		},
		loadReserved(gva, bytes) {
			const value = hart.load(gva, bytes)
			hart.reservation = gva
			return value
		},
		storeConditional(gva, bytes, value) {
			const holds = hart.reservation === gva
			hart.reservation = undefined
			if (holds) hart.store(gva, bytes, value)
			return holds
		},
		zeroBlock(gva) {
			for (let byte = 0n; byte < 64n; byte += 8n) hart.store((gva & ~63n) + byte, 8, 0n)
		},
		manageBlock(gva, operation) {
			hart.load(gva, 1)
			hart.log.push(`cbo.${operation}`)
		},
		csr({number, how, operand, readOnly}) {
			const old = hart.csrs.get(number) ?? 0n
			if (readOnly) return old
			const written = {write: operand, set: old | operand, clear: old & ~operand}
			hart.csrs.set(number, written[how])
			hart.log.push(`csr ${how}`)
			return old
		},
		call(name, args) {
			const {value, flags} = oracle[name]!(...args)
			hart.fflags |= flags
			return value
		},
		roundingMode: (rm) => (rm === 7 ? hart.frm : rm),
		system: (name) => hart.log.push(name),
	}
	return hart
}

/** Executes the named instruction with these operands; the others are 0. */
export function executeNamed(hart: TestHart, name: string, operands: Partial<Operands>, length: 2 | 4 = 4): void {
	const none: Operands = {rd: 0, rs1: 0, rs2: 0, rs3: 0, imm: 0, csr: 0, rm: 0}
	const decoded: Decoded = {name, length, instruction: instructionNamed(name), operands: {...none, ...operands}}
	execute(hart, decoded)
}
