/** A test program as data: what it starts with and its operations; and how it is laid out in memory. */
import {parsePattern} from '../../src/isa/index.ts'
import {encode, rowNamed} from './encode.ts'
import {descriptor, place, type StartCsr, startCsrNames, windowBytes} from './layout.ts'
import type {Random} from './random.ts'

/** One instruction of an operation. */
export type Part = Readonly<{row: string; word: number}>

/** Shrinking removes it as a whole: one instruction, or a few that belong together. */
export type Operation = Readonly<{
	parts: readonly Part[]
	/** A jump over the next `skip` operations: the immediate of part `fix` is the distance from part `from`. */
	jump?: Readonly<{skip: number; fix: number; from: number}>
}>

export type ProgramKind = 'instructions' | 'paging' | 'interrupts'
export type Privilege = 'machine' | 'supervisor' | 'user'

export type Program = Readonly<{
	kind: ProgramKind
	seed: number
	privilege: Privilege
	mstatus: bigint
	fcsr: number
	csrs: Readonly<Partial<Record<StartCsr, bigint>>>
	/** x0 … x31 and f0 … f31. */
	x: readonly bigint[]
	f: readonly bigint[]
	/** Where the code starts in its two pages. */
	codeOffset: number
	/** Virtual addresses of the two code pages and of the stub; undefined without translation. */
	virtual?: Readonly<{supervisorCode: bigint; userCode: bigint; stub: bigint}>
	/** Pairs of guest-physical address and PTE; with `codePage`, that code page's page number is added to the PTE. */
	ptes: readonly Readonly<{gpa: bigint; pte: bigint; codePage?: number}>[]
	operations: readonly Operation[]
}>

export const codePages = 2
const codeLimit = codePages * 4096
const privilegeNumber = {machine: 3n, supervisor: 1n, user: 0n} as const

const lengthOf = (part: Part) => rowNamed(part.row).length

/** @returns the code's bytes and each operation's offset; ends with the ecall. */
export function layOut(operations: readonly Operation[]): {bytes: Uint8Array; offsets: readonly number[]} {
	const offsets: number[] = []
	let end = 0
	for (const {parts} of operations) {
		offsets.push(end)
		for (const part of parts) end += lengthOf(part)
	}
	offsets.push(end)
	const bytes = new Uint8Array(end + 4)
	const view = new DataView(bytes.buffer)
	for (const [index, operation] of operations.entries()) {
		let at = offsets[index]!
		for (const part of withJump(operation, index, offsets)) {
			if (lengthOf(part) === 2) view.setUint16(at, part.word, true)
			else view.setUint32(at, part.word, true)
			at += lengthOf(part)
		}
	}
	view.setUint32(end, 0x0000_0073, true)
	return {bytes, offsets}
}

/** The operation's parts, with the jump's distance filled in; to a nearer target if the encoding does not reach it. */
function withJump({parts, jump}: Operation, index: number, offsets: readonly number[]): readonly Part[] {
	if (!jump) return parts
	const before = parts.slice(0, jump.from).reduce((sum, part) => sum + lengthOf(part), 0)
	const part = parts[jump.fix]!
	const {pattern} = rowNamed(part.row)
	const parsed = parsePattern(pattern)
	for (let skip = jump.skip; skip >= 0; skip--) {
		const target = offsets[Math.min(index + 1 + skip, offsets.length - 1)]!
		const distance = target - (offsets[index]! + before)
		const fixed = encode(pattern, {...parsed.extract(part.word), imm: distance})
		if (fixed === undefined) continue
		const kept = (part.word & ~immediateMask(pattern)) | (fixed & immediateMask(pattern))
		return parts.with(jump.fix, {row: part.row, word: kept >>> 0})
	}
	throw new Error(`${part.row} must reach the next operation`)
}

const immediateMasks = new Map<string, number>()
function immediateMask(pattern: string): number {
	const known = immediateMasks.get(pattern)
	if (known !== undefined) return known
	const parsed = parsePattern(pattern)
	const none = parsed.extract(parsed.match).imm
	let mask = 0
	for (let bit = 0; bit < parsed.length * 8; bit++)
		if (!((parsed.mask >>> bit) & 1) && parsed.extract(parsed.match ^ (1 << bit)).imm !== none) mask |= 1 << bit
	immediateMasks.set(pattern, mask)
	return mask
}

/** Every third program lies across the border of its pages. */
export const drawCodeOffset = (random: Random): number =>
	random.below(3) === 0 ? 4096 - 2 * (1 + random.below(150)) : 2 * random.below(2000)

/** Bytes that a program takes: its descriptor with the page-table entries, and its code pages. */
export const programBytes = (program: Program) => alignUp(descriptor.bytes + 16 * program.ptes.length) + codeLimit

const alignUp = (bytes: number) => Math.ceil(bytes / 4096) * 4096

/** @param gpa a page's address. @returns what is loaded there: the descriptor first. */
export function programImage(program: Program, gpa: bigint): Uint8Array {
	const bytes = new Uint8Array(programBytes(program))
	const view = new DataView(bytes.buffer)
	const code = layOut(program.operations)
	const codeStart = bytes.length - codeLimit
	if (program.codeOffset + code.bytes.length > codeLimit) throw new RangeError('A program must fit its code pages')
	bytes.set(code.bytes, codeStart + program.codeOffset)

	const codeGpa = gpa + BigInt(codeStart)
	const offset = BigInt(program.codeOffset)
	const {supervisorCode, userCode, stub} = program.virtual ?? {
		supervisorCode: codeGpa,
		userCode: codeGpa,
		stub: place.stub,
	}
	const start = {machine: codeGpa, supervisor: supervisorCode, user: userCode}[program.privilege]
	const put = (at: number, value: bigint) => view.setBigUint64(at, BigInt.asUintN(64, value), true)
	put(descriptor.entry, start + offset)
	put(descriptor.code, codeGpa)
	put(descriptor.supervisorCode, supervisorCode)
	put(descriptor.userCode, userCode)
	put(descriptor.codeBytes, BigInt(codeLimit))
	put(descriptor.end, BigInt(program.codeOffset + code.offsets.at(-1)!))
	put(descriptor.stub, stub)
	put(descriptor.mstatus, program.mstatus | (privilegeNumber[program.privilege] << 11n))
	put(descriptor.seed, BigInt(program.seed) * 2n + 1n)
	put(descriptor.fcsr, BigInt(program.fcsr))
	put(descriptor.ptes, gpa + BigInt(descriptor.bytes))
	put(descriptor.pteCount, BigInt(program.ptes.length))
	for (const [index, name] of startCsrNames.entries())
		put(descriptor.csrs + 8 * index, program.csrs[name] ?? (name === 'stvec' ? stub : 0n))
	for (let index = 0; index < 32; index++) {
		put(descriptor.x + 8 * index, program.x[index] ?? 0n)
		put(descriptor.f + 8 * index, program.f[index] ?? 0n)
	}
	for (const [index, {gpa: at, pte, codePage}] of program.ptes.entries()) {
		const page = codePage === undefined ? 0n : (codeGpa >> 12n) + BigInt(codePage)
		put(descriptor.bytes + 16 * index, at)
		put(descriptor.bytes + 16 * index + 8, pte + (page << 10n))
	}
	return bytes
}

/** From here all 12-bit offsets stay inside the window. */
export const windowMiddle = place.window + BigInt(windowBytes / 2)
