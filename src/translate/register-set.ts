/** Sets of guest registers. Register numbers: x0–x31 are 0–31, f0–f31 are 32–63. */
import {type Decoded, traitsOf} from '../isa/index.ts'

/** Bits of the x and of the f registers. */
export type RegisterSet = Readonly<{x: number; f: number}>

export const noRegisters: RegisterSet = {x: 0, f: 0}
export const everyRegister: RegisterSet = {x: -1, f: -1}
export const firstFloat = 32

export const union = (a: RegisterSet, b: RegisterSet): RegisterSet => ({x: a.x | b.x, f: a.f | b.f})
export const intersection = (a: RegisterSet, b: RegisterSet): RegisterSet => ({x: a.x & b.x, f: a.f & b.f})
export const difference = (a: RegisterSet, b: RegisterSet): RegisterSet => ({x: a.x & ~b.x, f: a.f & ~b.f})
export const contains = (a: RegisterSet, b: RegisterSet): boolean => (b.x & ~a.x) === 0 && (b.f & ~a.f) === 0

/** Empty for x0. */
export const registerSetOf = (register: number): RegisterSet => {
	if (register >= firstFloat) return {x: 0, f: 1 << (register - firstFloat)}
	return {x: register === 0 ? 0 : 1 << register, f: 0}
}

/** The numbers in the set, ascending. */
export function* numbersIn({x, f}: RegisterSet): Generator<number> {
	for (let bits = x; bits !== 0; bits &= bits - 1) yield 31 - Math.clz32(bits & -bits)
	for (let bits = f; bits !== 0; bits &= bits - 1) yield firstFloat + 31 - Math.clz32(bits & -bits)
}

export function registersRead({instruction, operands}: Decoded): RegisterSet {
	const {readsX, readsF} = traitsOf(instruction)
	let set = noRegisters
	for (const field of readsX) set = union(set, registerSetOf(operands[field]))
	for (const field of readsF) set = union(set, registerSetOf(firstFloat + operands[field]))
	return set
}

export function registersWritten({instruction, operands}: Decoded): RegisterSet {
	const {writes} = traitsOf(instruction)
	if (!writes) return noRegisters
	return registerSetOf(writes === 'f' ? firstFloat + operands.rd : operands.rd)
}

type Instructions = Readonly<{instructions: readonly Readonly<{decoded: Decoded}>[]}>

/** What a block's instructions write, and read. */
export const writtenIn = ({instructions}: Instructions): RegisterSet =>
	instructions.map(({decoded}) => registersWritten(decoded)).reduce(union, noRegisters)
export const readIn = ({instructions}: Instructions): RegisterSet =>
	instructions.map(({decoded}) => registersRead(decoded)).reduce(union, noRegisters)

/** Read before they are written. */
export function readFirst({instructions}: Instructions): RegisterSet {
	let [found, written] = [noRegisters, noRegisters]
	for (const {decoded} of instructions) {
		found = union(found, difference(registersRead(decoded), written))
		written = union(written, registersWritten(decoded))
	}
	return found
}
