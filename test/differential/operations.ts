/** Operations of every kind, put together from random rows and registers. */
import {type Operands, parsePattern} from '../../src/isa/index.ts'
import {loadConstant} from './assembler.ts'
import {encode, word} from './encode.ts'
import type {Operation, Part} from './program.ts'
import {oneIn, type Random} from './random.ts'
import {type Row, rowsOf} from './rows.ts'

/** Which registers a program uses for what. */
export type Roles = Readonly<{
	/** Hold addresses; never written. sp is one. */
	bases: readonly number[]
	/** The loops' counter. */
	counter: number
	/** May be written. */
	free: readonly number[]
}>

export function makeRoles(random: Random, bases: readonly number[]): Roles {
	const rest = Array.from({length: 31}, (_, index) => index + 1).filter((register) => !bases.includes(register))
	const counter = random.pick(rest)
	return {bases, counter, free: rest.filter((register) => register !== counter)}
}

/** Moves sp, uses it, and moves it back. */
export function stackOperation(random: Random, roles: Roles): Operation | undefined {
	const imm = 16 * (1 + random.below(31)) * random.pick([1, -1])
	const move = (distance: number) => part('c.addi16sp', {rd: 2, rs1: 2, imm: distance})
	return operation([move(imm), memoryPart(random, roles, random.pick(stackRows)), move(-imm)])
}

/** `bseti`, so that the word that ctzw counts in is not 0: see known-differences.ts. */
export function countTrailing(random: Random, roles: Roles, row: Row): Operation | undefined {
	const register = random.pick(roles.free)
	const set = part('bseti', {rd: register, rs1: random.below(32), imm: random.below(32)})
	return operation([set, randomPart(random, roles, row, {rs1: register})])
}

export const part = (name: string, operands: Partial<Operands>): Part => ({row: name, word: word(name, operands)})
export const constantParts = (rd: number, value: bigint): Part[] =>
	loadConstant(rd, value).map(({name, operands}) => part(name, operands))

/**
 * A row with random operands, except the `chosen` ones.
 * @returns undefined if it cannot hold them, or writes a register that is not free.
 */
function tryPart(random: Random, roles: Roles, row: Row, chosen: Partial<Operands>): Part | undefined {
	const pattern = parsePattern(row.pattern)
	const bits = random.word()
	const operands = {...pattern.extract(bits), ...row.fixed, ...chosen}
	const encoded = encode(row.pattern, operands, random.word())
	if (encoded === undefined) return undefined
	if (row.writesX && operands.rd !== 0 && !roles.free.includes(operands.rd)) return undefined
	return {row: row.name, word: encoded}
}

/** @returns the row with the chosen operands where it can hold them; undefined where it cannot. */
export function randomPart(random: Random, roles: Roles, row: Row, chosen: Partial<Operands> = {}): Part | undefined {
	for (let attempt = 0; attempt < 20; attempt++) {
		const made = tryPart(random, roles, row, chosen)
		if (made) return made
	}
	return undefined
}

const computeRows = rowsOf('compute').filter(({base}) => base !== 'ctzw')
const integerRows = computeRows.filter(({floatingPoint}) => !floatingPoint)
const memoryRows = rowsOf('load', 'store')
const stackRows = memoryRows.filter(({fixed}) => fixed.rs1 === 2)
const atomicRows = rowsOf('atomic')
const csrRows = rowsOf('csr')
const jumpRows = rowsOf('branch', 'jump')
const jumpRegisterRows = rowsOf('jumpRegister')

const usesX = (row: Row) => !row.floatingPoint || /^f[ls]/.test(row.base)

/** Arithmetic. Rounding modes are mostly legal ones. */
export function computePart(
	random: Random,
	roles: Roles,
	row = random.pick(computeRows),
	chosen: Partial<Operands> = {},
): Part | undefined {
	const rm = oneIn(random, 30) ? random.below(8) : random.pick([0, 1, 2, 3, 4, 7, 7])
	const sources = usesX(row) ? sourceRegisters(random, row) : {}
	return randomPart(random, roles, row, {...sources, ...(row.pattern.includes(' rm ') ? {rm} : {}), ...chosen})
}

/** Now and then both operands are one register. */
function sourceRegisters(random: Random, row: Row): Partial<Operands> {
	if (row.length === 2 || !row.pattern.includes('rs2') || !oneIn(random, 16)) return {}
	const register = random.below(32)
	return {rs1: register, rs2: register}
}

/** A load or store at a base register, any offset, aligned or not. */
export function memoryPart(random: Random, roles: Roles, row = random.pick(memoryRows)): Part | undefined {
	const base = row.fixed.rs1 ?? random.pick(roles.bases)
	const offset =
		row.length === 2 ? {} : {imm: oneIn(random, 3) ? (random.below(512) - 256) * 8 : random.below(4096) - 2048}
	return randomPart(random, roles, row, {rs1: base, ...offset})
}

/**
 * An AMO, or LR and SC with up to two instructions in between, at an address of its own: mostly aligned.
 * @param options.mayFault the address may be bad: SC is left out, see known-differences.ts.
 */
export function atomicOperation(
	random: Random,
	roles: Roles,
	{row = random.pick(atomicRows), mayFault = false}: {row?: Row; mayFault?: boolean} = {},
): Operation | undefined {
	const address = random.pick(roles.free)
	const size = row.base.includes('.w') ? 4 : 8
	const imm = random.below(2048) - 1024
	const parts: (Part | undefined)[] = [part('addi', {rd: address, rs1: random.pick(roles.bases), imm})]
	const misaligned = !mayFault && oneIn(random, 12)
	if (misaligned) parts.push(part('ori', {rd: address, rs1: address, imm: 1}))
	else if (!mayFault) parts.push(part('andi', {rd: address, rs1: address, imm: -size}))
	const inner: Roles = {...roles, free: roles.free.filter((register) => register !== address)}
	const loadsReserved = row.base.startsWith('lr.')
	const faults = mayFault || misaligned
	if (faults && row.base.startsWith('sc.')) return undefined
	if (loadsReserved) parts.push(randomPart(random, inner, row, {rs1: address}))
	if (loadsReserved && faults) return operation(parts)
	if (loadsReserved)
		for (let count = random.below(3); count > 0; count--)
			parts.push(computePart(random, inner, random.pick(integerRows)))
	// A trap ends the reservation.
	if (loadsReserved && oneIn(random, 8)) parts.push(part('ebreak', {}))
	const last = loadsReserved ? atomicRows.find(({name}) => name === (size === 4 ? 'sc.w' : 'sc.d')) : row
	if (last) parts.push(randomPart(random, inner, last, {rs1: address}))
	return operation(parts)
}

/** Undefined if a part could not be made. */
export function operation(parts: readonly (Part | undefined)[]): Operation | undefined {
	return parts.every((one) => one !== undefined) ? {parts} : undefined
}

/** A jump or branch forward over a few operations. */
export function jumpOperation(random: Random, roles: Roles, row = random.pick(jumpRows)): Operation | undefined {
	const made = randomPart(random, roles, row)
	return made && {parts: [made], jump: {skip: random.below(4), fix: 0, from: 0}}
}

/** `auipc`, the distance, and a jump to the register. */
export function jumpRegisterOperation(
	random: Random,
	roles: Roles,
	row = random.pick(jumpRegisterRows),
): Operation | undefined {
	const target = random.pick(roles.free)
	const jump = randomPart(random, roles, row, {rs1: target, ...(row.length === 4 ? {imm: 0} : {})})
	if (!jump) return undefined
	const skip = random.below(4)
	if (row.length === 4 && oneIn(random, 2))
		return {parts: [part('auipc', {rd: target}), jump], jump: {skip, fix: 1, from: 0}}
	const parts = [part('auipc', {rd: target}), part('addi', {rd: target, rs1: target}), jump]
	return {parts, jump: {skip, fix: 1, from: 0}}
}

/** A loop that runs a few instructions two to five times. */
export function loopOperation(random: Random, roles: Roles): Operation | undefined {
	const body = Array.from({length: 1 + random.below(4)}, () =>
		oneIn(random, 3) ? memoryPart(random, roles) : computePart(random, roles),
	)
	if (!body.every((one) => one !== undefined)) return undefined
	const {counter} = roles
	const bytes = body.reduce((sum, {row}) => sum + (row.startsWith('c.') ? 2 : 4), 0)
	return {
		parts: [
			part('addi', {rd: counter, rs1: 0, imm: 2 + random.below(4)}),
			...body,
			part('addi', {rd: counter, rs1: counter, imm: -1}),
			part('bne', {rs1: counter, rs2: 0, imm: -(bytes + 4)}),
		],
	}
}

/** A CSR instruction. */
export function csrPart(random: Random, roles: Roles, csr: number, row = random.pick(csrRows)): Part | undefined {
	return randomPart(random, roles, row, {csr, ...(oneIn(random, 4) ? {rd: 0} : {})})
}

/** Reads a CSR without writing it. */
export const csrReadPart = (random: Random, roles: Roles, csr: number): Part =>
	part(random.pick(['csrrs', 'csrrc']), {rd: random.pick(roles.free), rs1: 0, csr})

export const setBits = (random: Random, roles: Roles, csr: number, bits: bigint): Operation =>
	bitsOperation(random, roles, csr, bits, 'csrrs')
export const clearBits = (random: Random, roles: Roles, csr: number, bits: bigint): Operation =>
	bitsOperation(random, roles, csr, bits, 'csrrc')

function bitsOperation(random: Random, roles: Roles, csr: number, bits: bigint, row: 'csrrs' | 'csrrc'): Operation {
	const register = random.pick(roles.free)
	return {parts: [...constantParts(register, bits), part(row, {rd: 0, rs1: register, csr})]}
}

/**
 * Sets the trap-return pc to a later operation, and returns there.
 * @param before makes the instructions that come first.
 */
export function returnOperation(
	random: Random,
	roles: Roles,
	{row, csr, before}: {row: 'mret' | 'sret'; csr: number; before: (register: number) => readonly Part[]},
): Operation {
	const register = random.pick(roles.free)
	const setup = before(register)
	const parts = [
		...setup,
		part('auipc', {rd: register}),
		part('addi', {rd: register, rs1: register}),
		part('csrrw', {rd: 0, rs1: register, csr}),
		part(row, {}),
	]
	return {parts, jump: {skip: random.below(3), fix: setup.length + 1, from: setup.length}}
}

/** @returns the first result of `make` that is not undefined. */
export function certainly<T>(make: () => T | undefined): T {
	for (let attempt = 0; attempt < 1000; attempt++) {
		const made = make()
		if (made !== undefined) return made
	}
	throw new Error('A generator must make something within 1000 attempts')
}
