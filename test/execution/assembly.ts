/** Assembles guest code from instructions and labels. */
import type {OperandName, Operands} from '../../src/isa/index.ts'
import {encode} from '../interpreter/encode.ts'
import {describe, type Pair} from '../interpreter/pair.ts'

export type Place = {gva: bigint | undefined}

type Item = Readonly<{gva: bigint; word(): number}>

/** Register numbers by their names in the calling convention. */
export const reg = {
	zero: 0,
	ra: 1,
	sp: 2,
	gp: 3,
	tp: 4,
	t0: 5,
	t1: 6,
	t2: 7,
	s0: 8,
	s1: 9,
	a0: 10,
	a1: 11,
	a2: 12,
	s2: 18,
	s3: 19,
	s11: 27,
} as const

/** The immediate that completes upper(). */
export const lowPart = (distance: number): number => ((distance + 4) << 20) >> 20

export class Assembly {
	gva: bigint
	readonly #items: Item[] = []

	constructor(gva: bigint) {
		this.gva = gva
	}

	word(word: number): this {
		this.#items.push({gva: this.gva, word: () => word})
		this.gva += (word & 3) === 3 ? 4n : 2n
		return this
	}

	op(name: string, operands: Partial<Operands> = {}): this {
		return this.word(encode(name, operands))
	}

	/** A 32-bit instruction whose immediate is the distance to a label, or what `immediate` makes of that. */
	to(name: string, label: Place, operands: Partial<Operands> = {}, immediate = (distance: number) => distance): this {
		const {gva} = this
		this.#items.push({
			gva,
			word: () => {
				if (label.gva === undefined) throw new Error('Expected a label that has been placed')
				return encode(name, {...operands, ['imm' satisfies OperandName]: immediate(Number(label.gva - gva))})
			},
		})
		this.gva += 4n
		return this
	}

	label(): Place {
		return {gva: undefined}
	}

	/** Puts the label here. */
	at(label: Place): this {
		label.gva = this.gva
		return this
	}

	/** rd = the label's address. */
	address(rd: number, label: Place): this {
		return this.upper(rd, label).to('addi', label, {rd, rs1: rd}, lowPart)
	}

	/** rd = the label's address, less the lowPart() that the next instruction adds. */
	upper(rd: number, label: Place): this {
		return this.to('auipc', label, {rd}, (distance) => (distance + 0x800) & ~0xfff)
	}

	put(memory: Pick<Pair, 'put'>): void {
		for (const {gva, word} of this.#items) memory.put(gva, word())
	}

	/** For messages of failures. */
	listing(): string {
		return this.#items.map(({gva, word}) => `${gva.toString(16)} ${describe(word())}`).join('\n')
	}
}
