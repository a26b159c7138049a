/** Data pages that are mapped anew between two runs of the same code: what it led its base registers to before is out of force. */
import test from 'ava'
import {type Gpa, ramBase} from '../../../src/memory/index.ts'
import {ExitReason} from '../../../src/vcpu-worker/interpreter/index.ts'
import {kernelPage, PageTables} from '../hart/page-tables.ts'
import {code} from '../interpreter/guest-map.ts'
import {InterpretedHart} from '../interpreter/interpreted-hart.ts'
import {wfi} from '../interpreter/pair.ts'
import {Assembly, reg} from './assembly.ts'
import {type Engine, on} from './engine.ts'

const {zero, ra, sp, tp, s0, t0, a0, a1, s2, s3} = reg
const [main, callee] = [code.gva + 0x8000n, code.gva + 0xa000n]
const megapage = 0x20_0000
/** Where the data lies: as a page of its own, and as one of a megapage. */
const kinds = {
	page: {gva: 0x6000_5000n, level: 0, targets: [ramBase + 0x20_1000, ramBase + 0x20_3000]},
	megapage: {gva: 0x6020_5000n, level: 1, targets: [ramBase + megapage, ramBase + 3 * megapage]},
} as const
const supervisor = 1
const satp = 0x180
const asid = 1n << 44n
const turns = 20

/** How translations go out of force, in the guest: a0 holds the address, s3 a bit of satp's ASID. */
const fences: Readonly<Record<string, (assembly: Assembly) => void>> = {
	'sfence.vma of the page': (assembly) => assembly.op('sfence.vma', {rs1: a0, rs2: zero}),
	'sfence.vma of all': (assembly) => assembly.op('sfence.vma', {rs1: zero, rs2: zero}),
	'a change of address space': (assembly) =>
		assembly
			.op('csrrs', {rd: t0, rs1: zero, csr: satp})
			.op('xor', {rd: t0, rs1: t0, rs2: s3})
			.op('csrrw', {rd: zero, rs1: t0, csr: satp}),
}

/** The fence, then a call `turns` times, which reads and writes through each register; sums up in a1 what was read. */
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
	const memory = {
		put: (gva: bigint, word: number): void => {
			const at = code.gpa + Number(gva - code.gva)
			hart.writeParcel(at, word & 0xffff)
			hart.writeParcel(at + 2, word >>> 16)
		},
	}
	assembly.put(memory)
	body.put(memory)
}

export function testRemapping(engine: Engine): void {
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
