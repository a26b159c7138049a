/** Short callees that regions have in line: whatever happens in them, in slices of every length. */
import test from 'ava'
import {code, pages} from '../interpreter/guest-map.ts'
import {Pair, wfi} from '../interpreter/pair.ts'
import {randomFor} from '../interpreter/seed.ts'
import {Assembly, lowPart, reg} from './assembly.ts'
import {type Engine, on} from './engine.ts'

const slices = [1000, 1, 2, 3, 7, 1_000_000]
const {zero, ra, t0, t1, s0, a0, a1, a2} = reg
const main = code.gva + 0x10_0000n
const data = pages[0]!.gva
const rounds = 9n

type Leaf = Readonly<{
	title: string
	/** The callee's body; what returns is added unless it ends by itself. */
	body: (assembly: Assembly) => void
	ends?: (assembly: Assembly, link: number) => void
	link?: number
	/** Bytes from the caller to the callee. */
	distance?: bigint
	isFar?: boolean
	/** What a0 is at first: an address that the callee may use. */
	address?: bigint
}>

const add = (assembly: Assembly) => assembly.op('add', {rd: a1, rs1: a1, rs2: a2})

const leaves: readonly Leaf[] = [
	{title: 'adds', body: add},
	{
		title: 'has two ways',
		body: (assembly) => {
			const skip = assembly.op('andi', {rd: t1, rs1: a2, imm: 1}).label()
			add(assembly.to('beq', skip, {rs1: t1, rs2: zero}))
				.at(skip)
				.op('addi', {rd: a1, rs1: a1, imm: 3})
		},
	},
	{
		title: 'has a loop',
		body: (assembly) => {
			const again = assembly.op('addi', {rd: t1, rs1: zero, imm: 5}).label()
			add(assembly.at(again)).op('addi', {rd: t1, rs1: t1, imm: -1}).to('bne', again, {rs1: t1, rs2: zero})
		},
	},
	{
		title: 'loads and stores',
		body: (assembly) => {
			assembly
				.op('ld', {rd: t1, rs1: a0, imm: 8})
				.op('add', {rd: a1, rs1: a1, rs2: t1})
				.op('sd', {rs1: a0, rs2: a1, imm: 8})
		},
	},
	{
		title: 'comes to a page that is not there',
		address: data - 40n,
		body: (assembly) => {
			add(assembly).op('addi', {rd: a0, rs1: a0, imm: -512}).op('ld', {rd: t1, rs1: a0, imm: 8})
		},
	},
	{title: 'reads the return address', body: (assembly) => assembly.op('add', {rd: a1, rs1: a1, rs2: ra})},
	{title: 'returns by t0', link: t0, body: add},
	{title: 'is called by auipc and jalr', isFar: true, body: add},
	{title: 'is in the next page', distance: 0x1000n, body: add},
	{
		title: 'is in the next page, is long, and ends with an instruction across both pages',
		distance: 0x1040n,
		body: (assembly) => {
			for (let count = 0; count < 24; count++) add(assembly)
		},
		ends: (assembly) => {
			const across = assembly.label()
			assembly.to('jal', across, {rd: zero})
			assembly.gva = main + 0xffen
			assembly.at(across).op('addi', {rd: a1, rs1: a1, imm: 7}).op('jalr', {rd: zero, rs1: ra, imm: 0})
		},
	},
	{
		title: 'goes on elsewhere',
		body: add,
		ends: (assembly) => {
			const elsewhere = assembly.label()
			assembly.to('jal', elsewhere, {rd: zero})
			assembly.gva += 0x2000n
			assembly.at(elsewhere).op('addi', {rd: a1, rs1: a1, imm: 7}).op('jalr', {rd: zero, rs1: ra, imm: 0})
		},
	},
	{
		title: 'meets what only the interpreter executes',
		body: (assembly) => {
			const [rare, back] = [assembly.label(), assembly.label()]
			assembly.op('andi', {rd: t1, rs1: a2, imm: 1}).to('bne', rare, {rs1: t1, rs2: zero})
			const returns = () => assembly.op('jalr', {rd: zero, rs1: ra, imm: 0})
			add(assembly.at(back))
			returns()
			assembly.at(rare).op('fence.i').op('addi', {rd: a1, rs1: a1, imm: 9}).to('jal', back, {rd: zero})
		},
	},
	{
		title: 'moves its link register',
		body: add,
		ends: (assembly) => {
			assembly.op('addi', {rd: ra, rs1: ra, imm: 4}).op('jalr', {rd: zero, rs1: ra, imm: 0})
		},
	},
	{
		title: 'returns to another place',
		body: add,
		ends: (assembly, link) => {
			assembly.op('jalr', {rd: zero, rs1: link, imm: 4})
		},
	},
	{
		title: 'returns by a register that is not its link',
		body: add,
		ends: (assembly) => {
			assembly.op('addi', {rd: t0, rs1: ra, imm: 4}).op('jalr', {rd: zero, rs1: t0, imm: 0})
		},
	},
]

/** main: do { a2 = s0; call; a1++; call; a1 += a2 } while (--s0). */
function programOf({body, ends, link = ra, distance = 0x100n, isFar = false}: Leaf): Assembly {
	const assembly = new Assembly(main)
	const [again, leaf] = [assembly.label(), assembly.label()]
	const call = () => {
		if (!isFar) return assembly.to('jal', leaf, {rd: link})
		return assembly.upper(link, leaf).to('jalr', leaf, {rd: link, rs1: link}, lowPart)
	}
	assembly.at(again).op('addi', {rd: a2, rs1: s0, imm: 0})
	call().op('addi', {rd: a1, rs1: a1, imm: 1}).op('addi', {rd: a1, rs1: a1, imm: 16})
	call().op('add', {rd: a1, rs1: a1, rs2: a2}).op('add', {rd: a1, rs1: a1, rs2: link})
	assembly.op('addi', {rd: s0, rs1: s0, imm: -1}).to('bne', again, {rs1: s0, rs2: zero}).word(wfi)
	assembly.gva = main + distance
	body(assembly.at(leaf))
	if (ends) ends(assembly, link)
	else assembly.op('jalr', {rd: zero, rs1: link, imm: 0})
	return assembly
}

export function testLeafCalls(engine: Engine): void {
	for (const leaf of leaves)
		test(`a short callee that ${leaf.title} does what it does${on(engine)}`, (t) => {
			const pair = new Pair(engine)
			programOf(leaf).put(pair)
			for (const slice of slices) {
				pair.slice = slice
				pair.randomize(randomFor('leaf calls'))
				pair.setX(s0, rounds)
				pair.setX(a0, leaf.address ?? data + 0x100n)
				t.is(pair.run(main), '', `slices of ${slice}`)
			}
		})
}
