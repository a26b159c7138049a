/** Code to put around the border of two pages. */
import {code, pageBytes, pages} from '../interpreter/guest-map.ts'
import type {Pair} from '../interpreter/pair.ts'
import {type Assembly, reg} from './assembly.ts'

const {zero, ra, t0, t1, t2, s0, s1, a0, a1, s2, s3} = reg
/** The address of the first page. In the small TLB the two pages share no entries with data pages. */
export const left = 0x6000_8000n
/** A function in another page, which adds to a0. */
export const helper = code.gva + 0x5_c000n

type Case = Readonly<{name: string; put(assembly: Assembly): void; before?(pair: Pair): void}>
const op = (name: string, operands: Parameters<Assembly['op']>[1] = {}): Case => ({
	name,
	put: (assembly) => void assembly.op(name, operands),
})

/** Each begins with a 32-bit instruction. s1 points to data, s2 counts down the turns of the loop. */
export const borderCases: readonly Case[] = [
	op('add', {rd: a0, rs1: a0, rs2: s2}),
	op('auipc', {rd: a0, imm: 0x1000}),
	op('ld', {rd: a0, rs1: s1, imm: 8}),
	op('sd', {rs1: s1, rs2: a0, imm: 16}),
	op('amoadd.d', {rd: a0, rs1: s1, rs2: a1}),
	op('fadd.d', {rd: 1, rs1: 2, rs2: 3, rm: 7}),
	op('csrrs', {rd: a0, csr: 0xc02, rs1: zero}),
	op('fence'),
	op('fence.i'),
	op('sfence.vma'),
	{name: 'ecall', put: (assembly) => void assembly.op('ecall')},
	{name: 'ebreak', put: (assembly) => void assembly.op('ebreak')},
	{name: 'an illegal word', put: (assembly) => void assembly.word(0xffff_ffff)},
	{
		name: 'a load that faults in its fourth turn',
		put: (assembly) => void assembly.op('ld', {rd: t0, rs1: s0, imm: 0}).op('addi', {rd: s0, rs1: s0, imm: 8}),
		before: (pair) => pair.setX(s0, pages[1]!.gva + pageBytes - 24n),
	},
	{
		name: 'a store that faults in its third turn',
		put: (assembly) => void assembly.op('sw', {rs1: s0, rs2: a0, imm: 0}).op('addi', {rd: s0, rs1: s0, imm: 4}),
		before: (pair) => pair.setX(s0, pages[1]!.gva + pageBytes - 8n),
	},
	{
		name: 'a branch that is taken at every other turn',
		put: (assembly) => {
			const end = assembly.label()
			assembly.to('beq', end, {rs1: t1, rs2: zero}).op('addi', {rd: a0, rs1: a0, imm: 77}).at(end)
			assembly.op('xori', {rd: t1, rs1: t1, imm: 1})
		},
		before: (pair) => pair.setX(t1, 0n),
	},
	{
		name: 'a branch back',
		put: (assembly) => {
			const [again, back] = [assembly.label(), assembly.label()]
			assembly.to('jal', again, {rd: zero}).at(back)
			assembly.op('addi', {rd: t1, rs1: t1, imm: -1}).at(again).to('blt', back, {rs1: zero, rs2: t1})
		},
		before: (pair) => pair.setX(t1, 4n),
	},
	{
		name: 'a call of a function in the first page',
		put: (assembly) => void assembly.to('jal', {gva: left + 0x100n}, {rd: ra}),
	},
	{
		name: 'a call of a function in the second page',
		put: (assembly) => void assembly.to('jal', {gva: left + 0x1100n}, {rd: ra}),
	},
	{
		name: 'a call through a register',
		put: (assembly) => void assembly.op('jalr', {rd: ra, rs1: s3, imm: 0}),
		before: (pair) => pair.setX(s3, helper),
	},
	{
		name: 'a jump through a register, to one of two places behind it',
		put: (assembly) => {
			const [one, two] = [assembly.label(), assembly.label()]
			assembly.address(t0, one).op('andi', {rd: t2, rs1: s2, imm: 1}).op('slli', {rd: t2, rs1: t2, imm: 2})
			assembly.op('add', {rd: t0, rs1: t0, rs2: t2}).op('jalr', {rd: zero, rs1: t0, imm: 0})
			assembly.at(one).op('addi', {rd: a0, rs1: a0, imm: 9}).at(two).op('addi', {rd: a0, rs1: a0, imm: 13})
		},
	},
]
