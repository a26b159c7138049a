/** Address spaces that a hart keeps: csrw satp, sfence.vma, and stores to code, with real page tables. */
import test from 'ava'
import {ramBase} from '../../../src/memory/index.ts'
import {Regime} from '../../../src/tlb/index.ts'
import {HartCore, Privilege} from './hart-core.ts'
import {kernelPage, PageTables, Pte, userPage} from './page-tables.ts'

const satp = 0x180
const gva = 0x5000n
const [first, second] = [ramBase + 0x1_0000, ramBase + 0x2_0000]
const globalPage = kernelPage | Pte.G

/** In S-mode with SUM, in the space with ASID 1. One page table serves all spaces. */
function create({encoding}: {encoding?: 'poison-zero' | 'plus-one'} = {}) {
	const hart = new HartCore(undefined, {encoding, keepsSpaces: true})
	const tables = new PageTables(hart)
	hart.undoLimit = 1024
	hart.enter(Privilege.supervisor, 0n)
	hart.status(1n << 18n)
	const goTo = (asid: bigint) => void hart.csrWrite(satp, tables.satp | (asid << 44n))
	hart.poke(first, 1n)
	hart.poke(second, 2n)
	goTo(1n)
	tables.map(gva, first, userPage)
	return {hart, tables, goTo}
}

/** Maps the page to the second frame without a fence: a hit then reads 1, a walk 2. */
function remap({tables}: ReturnType<typeof create>, flags = userPage): void {
	tables.map(gva, second, flags)
}

for (const encoding of ['poison-zero', 'plus-one'] as const)
	test(`entries of a space last over a stay in another, with ${encoding}`, (t) => {
		const machine = create({encoding})
		const {hart, goTo} = machine
		t.is(hart.read(gva), 1n)
		remap(machine)
		goTo(2n)
		t.is(hart.read(gva), 2n, 'another space walks')
		goTo(1n)
		t.is(hart.read(gva), 1n, 'no fence came between')
	})

test('without an ASID a write of satp flushes, as on QEMU’s board', (t) => {
	const machine = create()
	const {hart, goTo} = machine
	goTo(0n)
	t.is(hart.read(gva), 1n)
	remap(machine)
	goTo(2n)
	goTo(0n)
	t.is(hart.read(gva), 2n)
})

const fences: readonly (readonly [name: string, rs1: number, rs2: number, asid: bigint, flushes: boolean])[] = [
	['everything', 0, 0, 0n, true],
	['the space', 0, 9, 1n, true],
	['the space, with bits above the ASID', 0, 9, 0xabc_0001n, true],
	['another space', 0, 9, 3n, false],
	['the page', 8, 0, 0n, true],
	['the page in the space', 8, 9, 1n, true],
	['the page in another space', 8, 9, 3n, false],
]
for (const [name, rs1, rs2, asid, flushes] of fences)
	for (const where of ['in the space', 'from outside'] as const)
		test(`sfence.vma of ${name}, ${where}`, (t) => {
			const machine = create()
			const {hart, goTo} = machine
			hart.read(gva)
			remap(machine)
			if (where === 'from outside') goTo(2n)
			t.is(hart.core.sfence(rs1, rs2, gva, asid), 1)
			goTo(1n)
			t.is(hart.read(gva), flushes ? 2n : 1n)
		})

test('a page that is not global leaves the table of S-mode with its space', (t) => {
	const {hart, tables, goTo} = create()
	hart.status(0n)
	const [local, global] = [0x8000n, 0x9000n]
	tables.map(global, first, globalPage)
	hart.read(global)
	goTo(2n)
	t.is(hart.entry(global), 'read write')
	tables.map(local, first, kernelPage)
	hart.read(local)
	goTo(1n)
	t.is(hart.entry(local), '')
	t.is(hart.entry(global), '')
})

test('a page is global, too, where a pointer to its PTE is', (t) => {
	const {hart, tables, goTo} = create()
	hart.status(0n)
	tables.map(0x9000n, first, kernelPage)
	const pointer = tables.pteOf(0x9000n, 1)
	const another = 0x20_0000n
	tables.map(another, first, kernelPage)
	hart.poke(pointer, hart.peek(pointer) | Pte.G)
	hart.read(0x9000n)
	goTo(2n)
	t.is(hart.entry(0x9000n), 'read write')
	hart.read(another)
	goTo(1n)
	t.is(hart.entry(0x9000n), '')
})

test('a fence of one space leaves global pages, a fence of everything does not', (t) => {
	const {hart, tables} = create()
	hart.status(0n)
	const global = 0x9000n
	tables.map(global, first, globalPage)
	hart.read(global)
	hart.core.sfence(0, 9, 0n, 1n)
	hart.core.sfence(8, 9, global, 1n)
	t.is(hart.entry(global), 'read write')
	hart.core.sfence(8, 0, global, 0n)
	t.is(hart.entry(global), '')
	hart.read(global)
	hart.core.sfence(0, 0, 0n, 0n)
	t.is(hart.entry(global), '')
})

test('a page that becomes code has no write entry in a kept space either', (t) => {
	const {hart, tables, goTo} = create()
	t.is(hart.write(gva, 8, 1n), 1n)
	const kept = hart.descriptor(Regime.supervisorSum)
	t.is(hart.entry(gva, kept), 'read write')
	goTo(2n)
	hart.status(0n)
	tables.map(0xa000n, first, kernelPage)
	const code = hart.fetch(0xa000n)
	hart.core.coverInstruction(Number(code), 0)
	t.is(hart.entry(gva, kept), 'read')
	hart.status(1n << 18n)
	goTo(1n)
	t.is(hart.descriptor(Regime.supervisorSum), kept)
	t.is(hart.entry(gva, kept), 'read')
})
