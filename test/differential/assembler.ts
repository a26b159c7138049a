/**
 * A small assembler on top of the instruction list, for the runtime: labels, constants, and an image at a fixed
 * address.
 */
import type {Operands} from '../../src/isa/index.ts'
import {word} from './encode.ts'

type Fixup = Readonly<{at: number; name: string; operands: Partial<Operands>; label: string}>

export class Assembler {
	readonly base: bigint
	readonly #words: number[] = []
	readonly #labels = new Map<string, number>()
	readonly #fixups: Fixup[] = []

	constructor(base: bigint) {
		this.base = base
	}

	label(name: string): void {
		this.#labels.set(name, this.#words.length)
	}

	/** @param label a branch's or jump's target; its distance becomes the immediate. */
	emit(name: string, operands: Partial<Operands> = {}, label?: string): void {
		if (label !== undefined) this.#fixups.push({at: this.#words.length, name, operands, label})
		this.#words.push(label === undefined ? word(name, operands) : 0)
	}

	/** rd = value. */
	constant(rd: number, value: bigint): void {
		for (const part of loadConstant(rd, value)) this.emit(part.name, part.operands)
	}

	/** @returns where a label lies. */
	address(label: string): bigint {
		const at = this.#labels.get(label)
		if (at === undefined) throw new Error(`The runtime must define ${label}`)
		return this.base + 4n * BigInt(at)
	}

	/** @returns the words, all labels resolved. */
	assemble(): readonly number[] {
		for (const {at, name, operands, label} of this.#fixups) {
			const imm = Number(this.address(label) - this.base) - 4 * at
			this.#words[at] = word(name, {...operands, imm})
		}
		return this.#words
	}
}

type ConstantPart = Readonly<{name: string; operands: Partial<Operands>}>

/** lui and addiw if 32 bits suffice; else the upper part, shifted, plus 12 bits at a time. */
export function loadConstant(rd: number, value: bigint): readonly ConstantPart[] {
	const signed = BigInt.asIntN(64, value)
	const low = BigInt.asIntN(12, signed)
	if (low === signed) return [{name: 'addi', operands: {rd, rs1: 0, imm: Number(low)}}]
	const add = low === 0n ? [] : [Number(low)]
	if (signed === BigInt.asIntN(32, signed)) {
		const upper = Number(BigInt.asIntN(32, signed - low))
		return [
			{name: 'lui', operands: {rd, imm: upper}},
			...add.map((imm) => ({name: 'addiw', operands: {rd, rs1: rd, imm}})),
		]
	}
	return [
		...loadConstant(rd, BigInt.asIntN(52, (signed - low) >> 12n)),
		{name: 'slli', operands: {rd, rs1: rd, imm: 12}},
		...add.map((imm) => ({name: 'addi', operands: {rd, rs1: rd, imm}})),
	]
}
