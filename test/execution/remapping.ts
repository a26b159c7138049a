/** Data pages that are remapped, by the code itself or between runs: its base registers must not reach the old page. */
import test from 'ava'
import {ExitReason} from '../../src/interpreter/index.ts'
import {type Gpa, ramBase} from '../../src/memory/index.ts'
import {kernelPage, PageTables, tablesAt} from '../hart/core/page-tables.ts'
import {code} from '../interpreter/guest-map.ts'
import {InterpretedHart} from '../interpreter/interpreted-hart.ts'
import {wfi} from '../interpreter/pair.ts'
import {Assembly, reg} from './assembly.ts'
import {type Engine, on} from './engine.ts'

const {zero, ra, sp, gp, tp, s0, s1, t0, t1, t2, a0, a1, a2, s2, s3, s11} = reg
const [main, callee] = [code.gva + 0x8000n, code.gva + 0xa000n]
const megapage = 0x20_0000
/** How the data is mapped: as a page, and as a part of a megapage. */
const kinds = {
	page: {gva: 0x6000_5000n, level: 0, targets: [ramBase + 0x20_1000, ramBase + 0x20_3000]},
	megapage: {gva: 0x6020_5000n, level: 1, targets: [ramBase + megapage, ramBase + 3 * megapage]},
} as const
const supervisor = 1
const satp = 0x180
const asid = 1n << 44n
const turns = 20

/** How the guest invalidates translations: a0 holds the address, s3 a bit of satp's ASID. */
const fences: Readonly<Record<string, (assembly: Assembly) => void>> = {
	'sfence.vma of the page': (assembly) => assembly.op('sfence.vma', {rs1: a0, rs2: zero}),
	'sinval.vma of the page': (assembly) =>
		assembly.op('sfence.w.inval', {}).op('sinval.vma', {rs1: a0, rs2: zero}).op('sfence.inval.ir', {}),
	'sfence.vma of all': (assembly) => assembly.op('sfence.vma', {rs1: zero, rs2: zero}),
	'a change of address space': (assembly) =>
		assembly
			.op('csrrs', {rd: t0, rs1: zero, csr: satp})
			.op('xor', {rd: t0, rs1: t0, rs2: s3})
			.op('csrrw', {rd: zero, rs1: t0, csr: satp}),
}

const memoryOf = (hart: InterpretedHart) => ({
	put: (gva: bigint, word: number): void => {
		const at = code.gpa + Number(gva - code.gva)
		hart.writeParcel(at, word & 0xffff)
		hart.writeParcel(at + 2, word >>> 16)
	},
})

/** The fence, then `turns` calls, which read and write through each register; a1 is the sum of the values read. */
function put(hart: InterpretedHart, fence: (assembly: Assembly) => void): void {
	const assembly = new Assembly(main)
	const again = assembly.label()
	fence(assembly)
	assembly.op('addi', {rd: s2, rs1: zero, imm: turns}).op('addi', {rd: a1, rs1: zero, imm: 0}).at(again)
	assembly.to('jal', {gva: callee}, {rd: ra}).op('addi', {rd: s2, rs1: s2, imm: -1})
	assembly.to('bne', again, {rs1: s2, rs2: zero}).word(wfi)
	const body = new Assembly(callee)
	for (const rs1 of [sp, tp, s0, a0]) {
		body.op('ld', {rd: t0, rs1, imm: 0}).op('add', {rd: a1, rs1: a1, rs2: t0}).op('sd', {rs1, rs2: t0, imm: 8})
	}
	body.op('jalr', {rd: zero, rs1: ra, imm: 0})
	for (const each of [assembly, body]) each.put(memoryOf(hart))
}

/** The address at which the guest reaches its page tables. */
const tablesGva = 0x7000_0000n
const rounds = 8
/** Offsets of the words that each level of calls increments, before and after the call. */
const counters = {before: 16, after: 24, middle: 32} as const

/**
 * `rounds` turns of: read and count; call a function that calls another one, which remaps the page, and then counts;
 * count and read.
 */
function putNested(hart: InterpretedHart, base: number, fence: (assembly: Assembly) => void): void {
	const [outer, middle, inner] = [new Assembly(main), new Assembly(main + 0x200n), new Assembly(callee)]
	const again = outer.label()
	const count = (assembly: Assembly, imm: number): Assembly =>
		assembly
			.op('ld', {rd: t1, rs1: base, imm})
			.op('addi', {rd: t1, rs1: t1, imm: 1})
			.op('sd', {rs1: base, rs2: t1, imm})
	const note = (assembly: Assembly, rd: number): Assembly =>
		assembly.op('ld', {rd: t0, rs1: base, imm: 0}).op('slli', {rd, rs1: rd, imm: 4}).op('add', {rd, rs1: rd, rs2: t0})
	count(note(outer.at(again), a1), counters.before).to('jal', {gva: main + 0x200n}, {rd: ra})
	note(count(outer, counters.after), a2).op('addi', {rd: s2, rs1: s2, imm: -1})
	outer.to('bne', again, {rs1: s2, rs2: zero}).word(wfi)
	middle.op('addi', {rd: t2, rs1: ra, imm: 0}).to('jal', {gva: callee}, {rd: ra})
	count(middle, counters.middle).op('jalr', {rd: zero, rs1: t2, imm: 0})
	// Changes the PTE, at s11, to the other page's.
	inner.op('ld', {rd: t0, rs1: s11, imm: 0}).op('xor', {rd: t0, rs1: t0, rs2: s1}).op('sd', {rs1: s11, rs2: t0, imm: 0})
	fence(inner)
	inner.op('jalr', {rd: zero, rs1: ra, imm: 0})
	for (const each of [outer, middle, inner]) each.put(memoryOf(hart))
}

export function testRemapping(engine: Engine): void {
	for (const [kind, {gva, level, targets}] of Object.entries(kinds)) {
		for (const [name, fence] of Object.entries(fences)) {
			test(`a ${kind} that is mapped anew two calls deep is another one for the callers, with ${name}${on(engine)}`, (t) => {
				for (const base of [sp, gp, tp, s0, a0]) {
					for (const undoLimit of [512, -1]) {
						const hart = new InterpretedHart(engine)
						hart.undoLimit = undoLimit
						const tables = new PageTables(hart)
						tables.map(code.gva, code.gpa, kernelPage, {level: 1})
						tables.map(tablesGva, tablesAt, kernelPage, {level: 1})
						const at = (target: Gpa) => target + (level === 1 ? Number(gva & BigInt(megapage - 1)) : 0)
						const first = level === 1 ? gva & BigInt(-megapage) : gva
						const pte = tables.map(first, targets[0]!, kernelPage, {level})
						putNested(hart, base, fence)
						hart.core.fenceI()
						for (let again = 0; again < 3; again++) {
							for (const [index, target] of targets.entries()) {
								hart.poke(at(target), BigInt(index + 1))
								for (const offset of Object.values(counters)) hart.poke(at(target) + offset, 0n)
							}
							hart.enter(supervisor, tables.satp)
							hart.x[base] = gva
							hart.x[a0] = gva
							hart.x[s1] = ((BigInt(targets[0]!) ^ BigInt(targets[1]!)) >> 12n) << 10n
							hart.x[s3] = asid
							hart.x[s11] = tablesGva + BigInt(pte - tablesAt)
							hart.x[s2] = BigInt(rounds)
							hart.x[a1] = hart.x[a2] = 0n
							hart.set('pc', main)
							t.is(hart.run(100_000), ExitReason.waitForInterrupt)
							t.deepEqual([hart.x[a1], hart.x[a2]], [0x1212_1212n, 0x2121_2121n], `x${base}, run ${again}`)
							for (const target of targets) {
								for (const offset of Object.values(counters)) t.is(hart.peek(at(target) + offset), BigInt(rounds / 2))
							}
						}
					}
				}
			})
		}
	}

	for (const [kind, {gva, level, targets}] of Object.entries(kinds)) {
		for (const [name, fence] of Object.entries(fences)) {
			for (const undoLimit of [512, -1]) {
				const how = undoLimit < 0 ? 'tables are swapped' : 'tables are undone'
				test(`a ${kind} that is mapped anew is read and written after ${name}, where ${how}${on(engine)}`, (t) => {
					const hart = new InterpretedHart(engine)
					hart.undoLimit = undoLimit
					const tables = new PageTables(hart)
					tables.map(code.gva, code.gpa, kernelPage, {level: 1})
					put(hart, fence)
					const at = (target: Gpa) => target + (level === 1 ? Number(gva & BigInt(megapage - 1)) : 0)
					for (const [index, target] of targets.entries()) hart.poke(at(target), BigInt(index + 1))
					hart.core.fenceI()
					for (let round = 0; round < 6; round++) {
						const target = targets[round % 2]!
						tables.map(level === 1 ? gva & BigInt(-megapage) : gva, target, kernelPage, {level})
						for (const other of targets) hart.poke(at(other) + 8, 0n)
						hart.enter(supervisor, tables.satp)
						for (const register of [sp, tp, s0, a0]) hart.x[register] = gva
						hart.x[s3] = asid
						hart.set('pc', main)
						t.is(hart.run(100_000), ExitReason.waitForInterrupt)
						t.is(hart.x[a1], BigInt(4 * turns * ((round % 2) + 1)), `round ${round}`)
						t.deepEqual(
							targets.map((each) => hart.peek(at(each) + 8)),
							round % 2 ? [0n, 2n] : [1n, 0n],
						)
					}
				})
			}
		}
	}
}
