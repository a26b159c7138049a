/** Sets of guest registers. Register numbers: x0–x31 are 0–31, f0–f31 are 32–63. */
import type {Decoded, Expression, Instruction} from '../isa/index.ts'

/** Bits of the x and of the f registers. */
export type RegisterSet = Readonly<{x: number; f: number}>

export const noRegisters: RegisterSet = {x: 0, f: 0}
export const firstFloat = 32

export const union = (a: RegisterSet, b: RegisterSet): RegisterSet => ({x: a.x | b.x, f: a.f | b.f})
export const difference = (a: RegisterSet, b: RegisterSet): RegisterSet => ({x: a.x & ~b.x, f: a.f & ~b.f})
export const contains = (a: RegisterSet, b: RegisterSet): boolean => (b.x & ~a.x) === 0 && (b.f & ~a.f) === 0

/** x0 is none. */
export const registerSetOf = (register: number): RegisterSet => {
	if (register >= firstFloat) return {x: 0, f: 1 << (register - firstFloat)}
	return {x: register === 0 ? 0 : 1 << register, f: 0}
}

/** The numbers in the set, ascending. */
export function* numbersIn({x, f}: RegisterSet): Generator<number> {
	for (let bits = x; bits !== 0; bits &= bits - 1) yield 31 - Math.clz32(bits & -bits)
	for (let bits = f; bits !== 0; bits &= bits - 1) yield firstFloat + 31 - Math.clz32(bits & -bits)
}

type Field = 'rs1' | 'rs2' | 'rs3'
type Uses = Readonly<{
	readsX: readonly Field[]
	readsF: readonly Field[]
	writes: 'x' | 'f' | undefined
	/** Functions of the hart core that its expressions call. */
	calls: ReadonlySet<string>
	/** Which kinds of expression occur. */
	has: ReadonlySet<Expression['op'] | string>
}>

const known = new Map<Instruction, Uses>()

/** What an instruction's definition reads, writes and calls. */
export function usesOf(instruction: Instruction): Uses {
	const found = known.get(instruction)
	if (found) return found
	const readsX = new Set<Field>()
	const readsF = new Set<Field>()
	const calls = new Set<string>()
	const has = new Set<string>()
	const visit = (value: unknown): void => {
		if (typeof value !== 'object' || value === null) return
		const e = value as Partial<Expression> & {effect?: string; field?: Field; name?: string}
		const kind = e.op ?? e.effect
		if (kind) has.add(kind)
		if (e.op === 'x') readsX.add(e.field as Field)
		if (e.op === 'f') readsF.add(e.field as Field)
		if (e.op === 'call' || (e.op === 'binary' && e.name?.startsWith('mulh'))) calls.add(e.name as string)
		for (const part of Object.values(value)) visit(part)
	}
	instruction.effects.forEach(visit)
	const kinds = new Set(instruction.effects.map(({effect}) => effect))
	const writes = kinds.has('writeF') ? 'f' : kinds.has('writeX') ? 'x' : undefined
	const uses: Uses = {readsX: [...readsX], readsF: [...readsF], writes, calls, has}
	known.set(instruction, uses)
	return uses
}

export function registersRead({instruction, operands}: Decoded): RegisterSet {
	const {readsX, readsF} = usesOf(instruction)
	let set = noRegisters
	for (const field of readsX) set = union(set, registerSetOf(operands[field]))
	for (const field of readsF) set = union(set, registerSetOf(firstFloat + operands[field]))
	return set
}

export function registersWritten({instruction, operands}: Decoded): RegisterSet {
	const {writes} = usesOf(instruction)
	if (!writes) return noRegisters
	return registerSetOf(writes === 'f' ? firstFloat + operands.rd : operands.rd)
}
