/** Loops in loops, left and entered again at each of their headers, in slices of every length. */
import test from 'ava'
import {code, pages} from '../interpreter/guest-map.ts'
import {Pair, wfi} from '../interpreter/pair.ts'
import {randomFor} from '../interpreter/seed.ts'
import {Assembly, reg} from './assembly.ts'
import {type Engine, on} from './engine.ts'

const slices = [1000, 1, 2, 3, 7, 11, 30, 1_000_000]
const {zero, ra, t0, t1, t2, s0, s1, a0, a1, a2, s2, s3} = reg
const main = code.gva + 0x10_0000n
const data = pages[0]!.gva + 0x100n
const turns = 3

type Body = (assembly: Assembly) => void
const nothing: Body = () => {}

/** counter = turns; do { body } while (--counter). */
function loop(assembly: Assembly, counter: number, body: Body): void {
	const again = assembly.op('addi', {rd: counter, rs1: zero, imm: turns}).label()
	assembly.at(again)
	body(assembly)
	assembly.op('addi', {rd: counter, rs1: counter, imm: -1}).to('bne', again, {rs1: counter, rs2: zero})
}

const add: Body = (assembly) => assembly.op('add', {rd: a1, rs1: a1, rs2: a2}).op('xor', {rd: a2, rs1: a2, rs2: s0})
const loadAndStore: Body = (assembly) => {
	assembly.op('ld', {rd: t2, rs1: a0, imm: 8}).op('add', {rd: a1, rs1: a1, rs2: t2})
	assembly.op('sd', {rs1: a0, rs2: a1, imm: 8})
}

const nests: readonly Readonly<{title: string; body: Body; from?: bigint}>[] = [
	{title: 'one in another', body: (assembly) => loop(assembly, s0, () => loop(assembly, s1, add))},
	{
		title: 'four in each other, with code before and behind each',
		body: (assembly) => {
			const around = (counter: number, inner: Body) => () => {
				add(assembly)
				loop(assembly, counter, inner)
				assembly.op('addi', {rd: a1, rs1: a1, imm: counter})
			}
			around(s0, around(s1, around(s2, around(s3, add))))()
		},
	},
	{
		title: 'two beside each other in a third',
		body: (assembly) => {
			loop(assembly, s0, () => {
				loop(assembly, s1, add)
				loop(assembly, s2, loadAndStore)
			})
		},
	},
	{
		title: 'one behind the other',
		body: (assembly) => {
			loop(assembly, s0, () => loop(assembly, s1, loadAndStore))
			loop(assembly, s0, () => loop(assembly, s1, add))
		},
	},
	{
		title: 'with a call in the inner one',
		body: (assembly) => {
			const [callee, behind] = [assembly.label(), assembly.label()]
			loop(assembly, s0, () =>
				loop(assembly, s1, () => {
					add(assembly)
					assembly.to('jal', callee, {rd: ra})
					add(assembly)
				}),
			)
			assembly.to('jal', behind, {rd: zero}).at(callee)
			// Too long to be in line.
			for (let index = 0; index < 30; index++) assembly.op('addi', {rd: a1, rs1: a1, imm: index})
			assembly.op('jalr', {rd: zero, rs1: ra, imm: 0}).at(behind)
		},
	},
	{
		title: 'with floating point',
		body: (assembly) => {
			assembly.op('fcvt.d.l', {rd: 1, rs1: a2, rm: 0}).op('fcvt.d.l', {rd: 2, rs1: zero, rm: 0})
			loop(assembly, s0, () => {
				assembly.op('fadd.d', {rd: 1, rs1: 1, rs2: 1, rm: 0})
				loop(assembly, s1, () => assembly.op('fadd.d', {rd: 2, rs1: 2, rs2: 1, rm: 0}))
			})
		},
	},
	{
		title: 'of which the inner one lies in the next page',
		from: 0xff0n,
		body: (assembly) => loop(assembly, s0, () => loop(assembly, s1, () => loop(assembly, s2, loadAndStore))),
	},
	{
		title: 'of which the inner one begins where the next page does not',
		from: 0xfd4n,
		body: (assembly) => loop(assembly, s0, () => loop(assembly, s1, loadAndStore)),
	},
	{
		title: 'that come to a page that is not there',
		body: (assembly) => {
			loop(assembly, s0, () =>
				loop(assembly, s1, () => {
					loadAndStore(assembly)
					assembly.op('addi', {rd: a0, rs1: a0, imm: -64})
				}),
			)
		},
	},
	{
		title: 'with two ways into a loop',
		body: (assembly) => {
			const [first, second] = [assembly.label(), assembly.label()]
			loop(assembly, s0, () => {
				assembly.op('addi', {rd: t0, rs1: zero, imm: turns}).op('andi', {rd: t1, rs1: s0, imm: 1})
				assembly.to('bne', second, {rs1: t1, rs2: zero})
				add(assembly.at(first))
				assembly.at(second).op('addi', {rd: t0, rs1: t0, imm: -1}).op('addi', {rd: a1, rs1: a1, imm: 5})
				assembly.to('bne', first, {rs1: t0, rs2: zero})
				loop(assembly, s1, nothing)
			})
		},
	},
]

export function testResumption(engine: Engine): void {
	for (const {title, body, from = 0n} of nests)
		test(`loops ${title}, end as they should wherever they are left${on(engine)}`, (t) => {
			const pair = new Pair(engine)
			const assembly = new Assembly(main + from)
			body(assembly)
			assembly.word(wfi).put(pair)
			for (const slice of slices) {
				pair.slice = slice
				pair.randomize(randomFor('resumption'))
				pair.setX(a0, data)
				t.is(pair.run(main + from), '', `slices of ${slice}`)
			}
		})
}
