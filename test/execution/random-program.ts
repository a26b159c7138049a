/** Random programs with branches, loops, calls, recursion and code that changes itself. */
import {decode} from '../../src/isa/index.ts'
import type {Random} from '../hart/core/float-operands.ts'
import {code} from '../interpreter/guest-map.ts'
import {wfi} from '../interpreter/pair.ts'
import {Assembly, lowPart, type Place, reg} from './assembly.ts'
import {drawStraight} from './draw-straight.ts'

const {zero, ra, sp, t0, t1, t2, s0, s1, s2, s11} = reg
const bases = [s0, s1]
/** s2 and the registers after it count the turns of loops, one for each level. */
const loopLevels = 2
const counters = Array.from({length: loopLevels}, (_, level) => s2 + level)
/** Straight-line code keeps these. s11 is fuel: a function takes a unit, and returns at once if none is left. */
const kept = [ra, sp, t0, ...bases, ...counters, s11]
const frameBytes = 16 + 8 * loopLevels
const conditions = ['beq', 'bne', 'blt', 'bge', 'bltu', 'bgeu']

/** A write of frm, which may make later instructions illegal, or an instruction that S-mode may not execute. */
function isRisky(word: number): boolean {
	const decoded = decode(word)
	return [0x002, 0x003].includes(decoded?.operands.csr ?? 0) || decoded?.name.startsWith('cbo.') === true
}

/** `link`: its link register. */
type Function = Readonly<{start: Place; link: number}>

export class RandomProgram {
	readonly assembly = new Assembly(0n)
	readonly start: bigint
	readonly #random: Random
	readonly #functions: readonly Function[]
	#current = 0
	/** Items that the function being drawn may still have. */
	#items = 0

	constructor(random: Random) {
		this.#random = random
		this.#functions = Array.from({length: 1 + random.below(4)}, () => ({
			start: this.assembly.label(),
			link: random.below(4) ? ra : t0,
		}))
		// Some in one page, some across two, some in pages of their own.
		let page = code.gva + 0x10_0000n
		for (const [index] of this.#functions.entries()) {
			this.assembly.gva = page + BigInt(random.pick([0, 0x800, 0xf00, 0xfc0, 0xff0]) + 2 * random.below(8))
			this.#function(index)
			page = ((this.assembly.gva >> 12n) + BigInt(random.below(2))) << 12n
			if (page <= this.assembly.gva) page += 0x1000n
		}
		this.assembly.gva = page + BigInt(2 * random.below(2000))
		this.start = this.assembly.gva
		this.#callFunction(this.#functions[0]!)
		this.#straight()
		this.assembly.word(wfi)
	}

	#function(index: number): void {
		const {assembly} = this
		const {start, link} = this.#functions[index]!
		const back = assembly.label()
		this.#current = index
		this.#items = 9
		assembly.at(start).op('addi', {rd: s11, rs1: s11, imm: -1}).to('blt', back, {rs1: s11, rs2: zero})
		assembly.op('addi', {rd: sp, rs1: sp, imm: -frameBytes}).op('sd', {rs1: sp, rs2: link, imm: 0})
		for (const [level, counter] of counters.entries()) assembly.op('sd', {rs1: sp, rs2: counter, imm: 8 + 8 * level})
		this.#body(0)
		for (const [level, counter] of counters.entries()) assembly.op('ld', {rd: counter, rs1: sp, imm: 8 + 8 * level})
		assembly.op('ld', {rd: link, rs1: sp, imm: 0}).op('addi', {rd: sp, rs1: sp, imm: frameBytes})
		assembly.at(back).op('jalr', {rd: zero, rs1: link, imm: 0})
	}

	#body(level: number): void {
		const length = 1 + this.#random.below(4)
		for (let count = 0; count < length; count++) {
			this.#straight()
			if (this.#items-- > 0) this.#item(level)
		}
	}

	#straight(): void {
		for (let count = this.#random.below(5); count > 0; count--) {
			const word = drawStraight(this.#random, {bases, kept})
			if (word !== undefined && (this.#random.below(32) === 0 || !isRisky(word))) this.assembly.word(word)
		}
	}

	#item(level: number): void {
		switch (this.#random.below(14)) {
			case 0:
			case 1:
				return this.#choice(level)
			case 2:
			case 3:
				return level < loopLevels ? this.#loop(level) : this.#choice(level)
			case 4:
			case 5:
				return this.#callFunction(this.#random.pick(this.#functions.slice(this.#current)))
			case 6:
				return this.#moveBase()
			case 7:
				return this.#computedJump()
			case 8:
				return void this.assembly.op(this.#random.pick(['fence.i', 'fence', 'sfence.vma', 'pause']))
			case 9:
				return this.#float()
			case 10:
				return this.#tangle()
			case 11:
				return this.#switch()
			case 12:
				return void this.assembly.op('csrrs', {rd: this.#random.pick([10, 11, zero]), csr: 0xc02, rs1: zero})
			default:
				return this.#patch(level)
		}
	}

	/** Branches to a label on a random condition. */
	#branch(label: Place): void {
		const name = this.#random.pick(conditions)
		this.assembly.to(name, label, {rs1: this.#random.below(32), rs2: this.#random.below(32)})
	}

	#choice(level: number): void {
		const {assembly} = this
		const [otherwise, end] = [assembly.label(), assembly.label()]
		this.#branch(otherwise)
		this.#body(level)
		if (this.#random.below(2)) {
			assembly.to('jal', end, {rd: zero}).at(otherwise)
			this.#body(level)
		} else assembly.at(otherwise)
		assembly.at(end)
	}

	#loop(level: number): void {
		const {assembly} = this
		const counter = counters[level]!
		const [again, next, end] = [assembly.label(), assembly.label(), assembly.label()]
		assembly.op('addi', {rd: counter, rs1: zero, imm: 1 + this.#random.below(3)}).at(again)
		this.#body(level + 1)
		if (this.#random.below(3) === 0) this.#branch(end)
		if (this.#random.below(3) === 0) this.#branch(next)
		this.#body(level + 1)
		assembly.at(next).op('addi', {rd: counter, rs1: counter, imm: -1}).to('bne', again, {rs1: counter, rs2: zero})
		assembly.at(end)
	}

	#callFunction({start, link}: Function): void {
		const {assembly} = this
		const kind = this.#random.below(3)
		if (kind === 0) {
			// A call through a register; the link may be that register.
			const through = this.#random.pick([t1, link])
			assembly.upper(through, start).to('jalr', start, {rd: link, rs1: through}, lowPart)
		} else assembly.to('jal', start, {rd: link})
	}

	/** Arithmetic in another rounding mode, or with NX cleared, which the callers of this function then see, too. */
	#float(): void {
		const {assembly} = this
		const register = () => this.#random.below(8)
		if (this.#random.below(2)) assembly.op('csrrwi', {rd: zero, csr: 0x002, imm: this.#random.pick([0, 0, 1, 2, 3, 4])})
		if (this.#random.below(2)) assembly.op('csrrwi', {rd: 10, csr: 0x001, imm: this.#random.below(2)})
		for (let count = 1 + this.#random.below(4); count > 0; count--) {
			const width = this.#random.pick(['s', 'd'])
			const name = this.#random.pick(['fadd', 'fsub', 'fmul', 'fdiv', 'fmadd', 'fsqrt'])
			const [rd, rs1] = [register(), register()]
			const second = name === 'fsqrt' ? {} : {rs2: register()}
			const third = name === 'fmadd' ? {rs3: register()} : {}
			assembly.op(`${name}.${width}`, {rd, rs1, ...second, ...third, rm: this.#random.pick([0, 7, 7])})
		}
	}

	/** Pieces that jump to each other at random, so that loops are entered in the middle, too; each takes fuel. */
	#tangle(): void {
		const {assembly} = this
		const end = assembly.label()
		const pieces = Array.from({length: 3 + this.#random.below(5)}, () => assembly.label())
		for (const piece of pieces) {
			assembly.at(piece).op('addi', {rd: s11, rs1: s11, imm: -1}).to('blt', end, {rs1: s11, rs2: zero})
			this.#straight()
			this.#branch(this.#random.pick(pieces))
			if (this.#random.below(2)) assembly.to('jal', this.#random.pick([...pieces, end]), {rd: zero})
		}
		assembly.at(end)
	}

	#moveBase(): void {
		const base = this.#random.pick(bases)
		this.assembly.op('addi', {rd: base, rs1: base, imm: 8 * (this.#random.below(33) - 16)})
	}

	#computedJump(): void {
		const {assembly} = this
		const [first, second] = [assembly.label(), assembly.label()]
		const through = this.#random.pick([t1, t2])
		assembly.address(through, first)
		if (this.#random.below(2)) {
			const other = assembly.label()
			this.#branch(other)
			assembly.address(through, second).at(other)
		}
		assembly.op('jalr', {rd: zero, rs1: through, imm: 0}).at(first)
		this.#straight()
		assembly.at(second)
	}

	/** A jump through a table to cases that jump again, on their own or from one shared place; each jump takes fuel. */
	#switch(): void {
		const {assembly} = this
		const [table, again, end] = [assembly.label(), assembly.label(), assembly.label()]
		const cases = Array.from({length: 4}, () => assembly.label())
		const dispatch = () => {
			assembly.op('addi', {rd: s11, rs1: s11, imm: -1}).to('blt', end, {rs1: s11, rs2: zero})
			assembly.op('andi', {rd: t2, rs1: s11, imm: 3}).op('slli', {rd: t2, rs1: t2, imm: 2}).address(t1, table)
			assembly.op('add', {rd: t1, rs1: t1, rs2: t2}).op('jalr', {rd: zero, rs1: t1, imm: 0})
		}
		assembly.at(again)
		dispatch()
		assembly.at(table)
		for (const each of cases) assembly.to('jal', each, {rd: zero})
		for (const each of cases) {
			assembly.at(each)
			this.#straight()
			if (this.#random.below(4) === 0) this.#branch(end)
			if (this.#random.below(2)) dispatch()
			else assembly.to('jal', again, {rd: zero})
		}
		assembly.at(end)
	}

	/** Overwrites an instruction ahead, with another immediate in each turn of the loop around it. */
	#patch(level: number): void {
		const {assembly} = this
		const place = assembly.label()
		const load = assembly.label()
		const word = assembly.label()
		assembly.to('jal', load, {rd: zero}).at(word)
		assembly.op('addi', {rd: 10, rs1: 10, imm: this.#random.below(16)}).at(load)
		assembly.address(t1, word).op('lw', {rd: t2, rs1: t1, imm: 0})
		if (level > 0) {
			assembly.op('slli', {rd: t1, rs1: counters[level - 1]!, imm: 20}).op('add', {rd: t2, rs1: t2, rs2: t1})
		}
		assembly.address(t1, place).op('sw', {rs1: t1, rs2: t2, imm: 0}).op('fence.i')
		this.#straight()
		assembly.at(place).op('addi', {rd: 10, rs1: 10, imm: 0})
	}
}
