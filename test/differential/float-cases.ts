/** Floating point in bulk: the hart core against the oracle in process, and programs of nothing else against QEMU. */
import {oracle} from '../../src/isa/oracle/evaluate-float.ts'
import {randomOperands} from '../hart/core/float-operands.ts'
import {compute, signatures} from '../hart/core/softfloat.ts'
import {certainly, computePart, part, type Roles} from './operations.ts'
import type {Operation, Program} from './program.ts'
import {floatRegister, integerValue, Random} from './random.ts'
import {rowsOf} from './rows.ts'

export type FloatMismatch = Readonly<{
	name: string
	operands: readonly bigint[]
	rm: number
	got: string
	expected: string
}>

const functions = [...signatures]
const show = ({value, flags}: {value: bigint; flags: number}) => `${value.toString(16)} flags ${flags.toString(2)}`

/** Each function in turn, random operands, all rounding modes. @returns what differs in a bit or a flag. */
export function compareWithOracle(seed: number, cases: number): FloatMismatch[] {
	const random = new Random(seed)
	const mismatches: FloatMismatch[] = []
	for (let index = 0; index < cases; index++) {
		const [name, {operands: types, rounds}] = functions[index % functions.length]!
		const operands = randomOperands(name, random).slice(0, types.length)
		const rm = rounds ? random.below(5) : 0
		const got = compute(name, operands, rm)
		const expected = oracle[name]!(...operands, BigInt(rm))
		if (got.value !== expected.value || got.flags !== expected.flags)
			mismatches.push({name, operands, rm, got: show(got), expected: show(expected)})
	}
	return mismatches
}

const floatRows = rowsOf('compute').filter(({floatingPoint}) => floatingPoint)
const fflags = 0x001
/** Each result stays in a register of its own, and so do its flags. */
const firstResult = 8
export const casesPerProgram = 32 - firstResult

/** @returns a program of `casesPerProgram` instructions, the flags of each read and cleared. */
export function generateFloat(seed: number): Program {
	const random = new Random(seed)
	const operations = Array.from({length: casesPerProgram}, (_, index): Operation => {
		const result = firstResult + index
		const flags = part('csrrwi', {rd: result, csr: fflags, imm: 0})
		// Results in x registers go to x1 … x7 first: the flags need the others.
		const roles: Roles = {bases: [], counter: 0, free: [1, 2, 3, 4, 5, 6, 7]}
		const row = random.pick(floatRows)
		const made = certainly(() => computePart(random, roles, row, row.writesX ? {} : {rd: result}))
		const keep = row.writesX ? [part('fmv.d.x', {rd: result, rs1: (made.word >>> 7) & 31})] : []
		return {parts: [made, ...keep, flags]}
	})
	return {
		kind: 'instructions',
		seed,
		privilege: 'machine',
		mstatus: 0x6000n,
		fcsr: random.below(5) << 5,
		csrs: {},
		x: Array.from({length: 32}, () => integerValue(random)),
		f: Array.from({length: 32}, () => floatRegister(random)),
		codeOffset: 0,
		ptes: [],
		operations,
	}
}
