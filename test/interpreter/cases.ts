/** Single instructions on a pair of harts, with registers, addresses and jump targets at the edges of each. */

import {type Decoded, decode, type OperandName, type Operands} from '../../src/isa/index.ts'
import {binary32, binary64} from '../../src/isa/oracle/float-value.ts'
import {type Random, randomOperands, specialFloats} from '../hart/core/float-operands.ts'
import {type Form, withOperand} from './encode.ts'
import {code, pages, places} from './guest-map.ts'
import {drawValue, drawWord, edges, type RegisterChoice} from './operands.ts'
import {describe, type Pair, wfi} from './pair.ts'

const boxed = 0xffff_ffff_0000_0000n
const u64 = (value: bigint) => BigInt.asUintN(64, value)
/** Offsets of an instruction in the code: at a page's start, at and across its end, at both ends of the megapage. */
const pcOffsets = [0x10_0000n, 0x10_0ff8n, 0x10_0ffan, 0x10_0ffcn, 0x10_0ffen, 0x0n, 0x1f_fff8n]

/** The parts of an instruction's tree that decide what its operands should be. */
type Traits = Readonly<{call: string | undefined; gva: boolean; directJump: boolean; registerJump: boolean}>
const known = new Map<string, Traits>()

function traitsOf({instruction}: Form): Traits {
	const found = known.get(instruction.name) ?? findTraits(JSON.stringify(instruction.effects, withoutBigInts))
	known.set(instruction.name, found)
	return found
}

const withoutBigInts = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value)

function findTraits(tree: string): Traits {
	return {
		call: /"op":"call","type":"i\d\d","name":"(\w+)"/.exec(tree)?.[1],
		gva: tree.includes('"gva"'),
		directJump: /"effect":"(branch|jump)"/.test(tree),
		registerJump: tree.includes('"jumpRegister"'),
	}
}

/** The parts of a case that are chosen; the others are random. */
export type Chosen = Readonly<{
	rs1?: bigint
	rs2?: bigint
	registers?: RegisterChoice
	operands?: Partial<Operands>
	/** Bytes from the start of the code. */
	pc?: bigint
	word?: number
}>

/** Instructions of a case: the one that is tested, one that cannot be fetched where it goes, and a wfi. */
const longestCase = 3

/** Prepares one instruction of the form on both harts, and runs it. @returns '' or the failure, in words. */
export function runCase(pair: Pair, form: Form, random: Random, chosen: Chosen = {}): string {
	const word = chosen.word ?? chosenWord(form, random, chosen)
	const decoded = decode(word)
	// Some forms cannot encode the chosen operands.
	if (decoded?.name !== form.name || !holds(decoded.operands, chosen.operands ?? {})) return ''
	const traits = traitsOf(form)
	const pc = chosen.pc === undefined ? drawPc(random, decoded, traits) : code.gva + chosen.pc
	if (pc === undefined) return ''
	setIntegers(pair, {operands: decoded.operands, random, traits, chosen, decoded})
	setFloats(pair, form, random, decoded.operands)
	if (form.name === 'sret') pair.setCsr('sepc', pc + returnOffset)
	if (form.name.startsWith('cbo.')) pair.enableBlocks(random.below(8) ? 'yes' : 'no')
	if (form.name === 'ecall') pair.setBuiltInSbi(random.below(2) ? 'yes' : 'no')
	putProgram(pair, {pc, word, decoded, traits})
	const before = [...new Set([decoded.operands.rs1, decoded.operands.rs2, decoded.operands.rs3])].map(
		(index) => `x${index}=${pair.hart.x[index]!.toString(16)} f${index}=${pair.hart.f[index]!.toString(16)}`,
	)
	const difference = pair.run(pc, longestCase)
	return difference && `${describe(word)} at ${pc.toString(16)}, ${before.join(' ')}: ${difference}`
}

const holds = (operands: Operands, wanted: Partial<Operands>): boolean =>
	Object.entries(wanted).every(([name, value]) => operands[name as OperandName] === value)

function chosenWord(form: Form, random: Random, {registers = 'any', operands = {}}: Chosen): number {
	let word = drawWord(form, random, registers)
	for (const [name, value] of Object.entries(operands)) {
		word = withOperand(form.pattern, word, {name: name as OperandName, value})
	}
	return word >>> 0
}

/** Bytes from an sret to where it returns. */
const returnOffset = 64n

/** The instruction, and a wfi everywhere it can go: no other word, which could lie across the first wfi. */
function putProgram(pair: Pair, program: {pc: bigint; word: number; decoded: Decoded; traits: Traits}): void {
	const {pc, word, decoded, traits} = program
	const {operands, length} = decoded
	if (traits.directJump) pair.put(pc + BigInt(operands.imm), wfi)
	if (traits.registerJump) pair.put(registerTarget(pair, operands), wfi)
	if (decoded.name === 'sret') pair.put(pc + returnOffset, wfi)
	pair.put(pc + BigInt(length), wfi)
	pair.put(pc, word)
}

const registerTarget = (pair: Pair, {rs1, imm}: Operands) => u64(pair.hart.x[rs1]! + BigInt(imm)) & ~1n

/** @returns undefined when the jump would land in the instruction or its wfi. */
function drawPc(random: Random, decoded: Decoded, traits: Traits): bigint | undefined {
	const inside = random.below(4) === 0
	const pc = code.gva + (inside ? 0x10_0000n + BigInt(random.below(2040) * 2) : random.pick(pcOffsets))
	return landsInside(decoded, traits) ? undefined : pc
}

function setIntegers(
	pair: Pair,
	options: {operands: Operands; random: Random; traits: Traits; chosen: Chosen; decoded: Decoded},
): void {
	const {operands, random, traits, chosen} = options
	const {rs1, rs2, imm} = operands
	pair.setX(rs2, chosen.rs2 ?? drawValue(random))
	if (traits.gva) pair.setX(rs1, u64(drawPlace(random) - BigInt(imm)))
	else if (traits.registerJump) pair.setX(rs1, u64(drawTarget(random) - BigInt(imm)))
	else pair.setX(rs1, chosen.rs1 ?? (random.below(6) ? drawValue(random) : pair.hart.x[rs2]!))
}

function drawPlace(random: Random): bigint {
	// Mostly accesses that succeed.
	if (random.below(3)) return random.pick(pages).gva + BigInt(random.below(500) * 8)
	return random.pick(places)
}

/** Even or odd, in code or outside, but never within 64 KiB of the middle of the code, where the instruction lies. */
function drawTarget(random: Random): bigint {
	if (random.below(8) === 0) return random.pick(places)
	return code.gva + 0x11_0000n + BigInt(random.below(0x8_0000))
}

/** Hard operands for the instruction's function; most singles are boxed. */
function setFloats(pair: Pair, {instruction}: Form, random: Random, operands: Operands): void {
	const fs = random.below(8) ? random.pick([1, 2, 3] as const) : 0
	pair.setFloat({fs, frm: random.below(8), fflags: random.below(32)})
	if (!instruction.floatingPoint) return
	const name = traitsOf({name: '', instruction} as Form).call
	const isDouble = /\.d(\.|$)|d$/.test(instruction.name)
	const format = isDouble ? binary64 : binary32
	const given = name && /^f/.test(name) && random.below(2) ? randomOperands(name, random) : []
	const singles = name ? name.startsWith('f32') : !isDouble
	;[operands.rs1, operands.rs2, operands.rs3].forEach((index, place) => {
		const bits = given[place] ?? random.pick(specialFloats(format))
		pair.setF(
			index,
			singles && random.below(10) ? (bits & 0xffff_ffffn) | boxed : random.below(10) ? bits : random.bits(64),
		)
	})
}

/** Random cases per form; in regions each one is a translation. */
const randomCases = {interpreter: 150, regions: 30}
/** Words that a form's edge cases share in regions. */
const wordsForEdges = 3

/** Every pair of edges for instructions that only compute, then random cases. @returns the first differences. */
export function runForm(pair: Pair, form: Form, random: Random): string[] {
	const wrong: string[] = []
	const attempt = (chosen: Chosen): void => {
		if (wrong.length >= 3) return
		const difference = runCase(pair, form, random, chosen)
		if (!difference) return
		wrong.push(difference)
		// Makes both harts equal again.
		pair.randomize(random)
	}
	pair.randomize(random)
	const edgeCases = pair.engine.translation ? shareWords(someOf(edgesOf(form), random), form, random) : edgesOf(form)
	for (const chosen of [...edgeCases, ...jumpsOf(form), {operands: {rd: 0}}]) attempt(chosen)
	const rounds = randomCases[pair.engine.translation ? 'regions' : 'interpreter']
	for (let round = 0; round < rounds; round++) attempt({})
	return wrong
}

/** A fifth: the interpreter runs all of them, with the same expressions. */
const someOf = (cases: readonly Chosen[], random: Random) => cases.filter(() => random.below(5) === 0)

/** A few words, each at its own place: the translation for one case also runs the next ones. */
function shareWords(cases: readonly Chosen[], form: Form, random: Random): Chosen[] {
	const words = Array.from({length: wordsForEdges}, () => wordForEdges(form, random, cases[0]?.registers))
	return cases.map((chosen, index) => {
		const shared = Math.floor((index * wordsForEdges) / cases.length)
		return {...chosen, word: words[shared]!, pc: BigInt(0x10_0000 + 32 * shared)}
	})
}

function wordForEdges(form: Form, random: Random, registers: RegisterChoice = 'any'): number {
	for (;;) {
		const word = drawWord(form, random, registers)
		if (!landsInside(decode(word)!, traitsOf(form))) return word
	}
}

/** Whether the jump lands in the instruction itself or in the wfi after it. */
function landsInside({operands, length}: Decoded, {directJump}: Traits): boolean {
	return directJump && operands.imm > -4 && operands.imm < length + 4 && operands.imm !== length
}

function edgesOf(form: Form): readonly Chosen[] {
	const {has} = form.pattern
	const {gva, call, registerJump} = traitsOf(form)
	if (gva || registerJump || form.instruction.floatingPoint || call || !has.has('rs1')) return []
	if (has.has('rs2')) {
		return edges.flatMap((rs1) => edges.map((rs2) => ({rs1, rs2, registers: 'distinct' as const})))
	}
	return edges.flatMap((rs1) => Array.from({length: has.has('imm') ? 8 : 1}, () => ({rs1})))
}

/** Direct jumps from the middle of a page: near and far, forward and backward, with and without a link. */
function jumpsOf(form: Form): readonly Chosen[] {
	if (!traitsOf(form).directJump) return []
	const distances = [62, 64, 66, 0x7fe, 0x800, -64, -0x800, -0x802, 0xffe, -0x1000]
	const links = form.pattern.has.has('rd') ? [{rd: 0}, {rd: 1}] : [{}]
	return distances.flatMap((imm) => links.map((link) => ({pc: 0x10_0800n, operands: {imm, ...link}})))
}
