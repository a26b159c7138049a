/**
 * Machine code of litmus programs: per hart a function of the variables' addresses that returns the hart's part of the
 * outcome.
 */
import {encode} from '../interpreter/encode.ts'
import type {Form, Link, Program, Step} from './program.ts'

const zero = 0
const ra = 1
/** Temporaries; the second and third belong to loops of lr and sc. */
const [dependent, failed, old] = [5, 6, 7]
/** a0 … a3: the variables' addresses. */
const pointer = (variable: number) => 10 + variable
const result = 10
/** a4, a5: what reads saw. */
const observed = (index: number) => 14 + index
/** t3, t4: what is written, loaded beforehand. */
const prepared = (index: number) => 28 + index

const [acquire, release] = [1 << 26, 1 << 25]
const fenceSets: Readonly<Record<string, number>> = {r: 2, w: 1, rw: 3}

/** @returns instruction words. @param firstShift of the hart's first read in the outcome. */
export function hartCode(steps: readonly Step[], firstShift: number): number[] {
	const words: number[] = []
	for (const [index, {access}] of steps.entries())
		if (access.kind === 'write') words.push(encode('addi', {rd: prepared(index), rs1: zero, imm: access.value}))
	let reads = 0
	for (const [index, step] of steps.entries()) {
		const {access, form, link} = step
		const source = observed(reads - 1)
		const place = link?.kind === 'addr' ? dependent : pointer(access.variable)
		const value = link?.kind === 'data' ? dependent : prepared(index)
		const code = access.kind === 'write' ? writeCode(form, place, value) : [readCode(form, place, observed(reads++))]
		const registers = {source, pointer: pointer(access.variable), value: prepared(index)}
		if (link) words.push(...linkCode(link, {...registers, accessBytes: 4 * code.length}))
		words.push(...code)
	}
	words.push(encode('addi', {rd: dependent, rs1: zero, imm: 0}))
	for (let read = 0; read < reads; read++) {
		words.push(encode('slli', {rd: old, rs1: observed(read), imm: firstShift + 2 * read}))
		words.push(encode('or', {rd: dependent, rs1: dependent, rs2: old}))
	}
	words.push(encode('addi', {rd: result, rs1: dependent, imm: 0}))
	words.push(encode('jalr', {rd: zero, rs1: ra, imm: 0}))
	return words
}

/** All harts' code of one program. */
export function programCode({harts, observations}: Program): number[][] {
	let reads = 0
	return harts.map((steps) => {
		const code = hartCode(steps, observations[reads]?.shift ?? 0)
		reads += steps.filter(({access}) => access.kind === 'read').length
		return code
	})
}

/** No variable ever has this bit. */
const noBit = 4

function linkCode(
	link: Link,
	registers: {source: number; pointer: number; value: number; accessBytes: number},
): number[] {
	const {source, accessBytes} = registers
	const isReal = 'isReal' in link && link.isReal
	const nothing = isReal
		? encode('andi', {rd: dependent, rs1: source, imm: noBit})
		: encode('xor', {rd: dependent, rs1: source, rs2: source})
	switch (link.kind) {
		case 'po':
			return []
		case 'fence':
			return [encode('fence', {}) | (fenceSets[link.before]! << 24) | (fenceSets[link.after]! << 20)]
		case 'fence.tso':
			return [encode('fence', {}) | (8 << 28) | (3 << 24) | (3 << 20)]
		case 'addr':
			return [nothing, encode('add', {rd: dependent, rs1: dependent, rs2: registers.pointer})]
		case 'data':
			return [nothing, encode('add', {rd: dependent, rs1: dependent, rs2: registers.value})]
		case 'ctrl':
			return [
				// Skips the access at a value that never occurs; or branches to the next instruction.
				...(isReal ? [nothing] : []),
				encode(
					'bne',
					isReal
						? {rs1: dependent, rs2: zero, imm: 4 + accessBytes + (link.hasFenceI ? 4 : 0)}
						: {rs1: source, rs2: zero, imm: 4},
				),
				...(link.hasFenceI ? [encode('fence.i', {})] : []),
			]
	}
}

function writeCode({name, bytes, aq, rl}: Form, rs1: number, rs2: number): number[] {
	const width = bytes === 4 ? 'w' : 'd'
	const order = (aq ? acquire : 0) | (rl ? release : 0)
	if (name === 'sd' || name === 'sw') return [encode(name, {rs1, rs2, imm: 0})]
	if (name !== 'lrsc') return [encode(`${name}.${width}`, {rd: zero, rs1, rs2}) | order]
	return [
		encode(`lr.${width}`, {rd: old, rs1}) | (aq ? acquire : 0),
		encode(`sc.${width}`, {rd: failed, rs1, rs2}) | order,
		encode('bne', {rs1: failed, rs2: zero, imm: -8}),
	]
}

function readCode({name, bytes, aq, rl}: Form, rs1: number, rd: number): number {
	const width = bytes === 4 ? 'w' : 'd'
	const order = (aq ? acquire : 0) | (rl ? release : 0)
	if (name === 'ld' || name === 'lw') return encode(name, {rd, rs1, imm: 0})
	if (name === 'lr') return encode(`lr.${width}`, {rd, rs1}) | order
	return encode(`${name}.${width}`, {rd, rs1, rs2: zero}) | order
}
