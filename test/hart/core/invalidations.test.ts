/** Svinval: sinval.vma names pages, sfence.inval.ir invalidates them. */
import test from 'ava'
import {FenceStatus} from '../../../src/hart/index.ts'
import {mostPendingRanges} from '../../../src/hart/run-state.ts'
import {ramBase} from '../../../src/memory/index.ts'
import {FlushCause, Regime} from '../../../src/tlb/index.ts'
import {HartCore, Privilege} from './hart-core.ts'
import {kernelPage, PageTables, userPage} from './page-tables.ts'

const page = ramBase + 0x5000
const {illegal, done, flushed} = FenceStatus
const [satp, tvm, sum] = [0x180, 1n << 20n, 1n << 18n]

/** In S-mode, in the space with ASID 1, with readable pages. */
function create({pages = 16n, spaces = false} = {}) {
	const hart = new HartCore(undefined, {keepsSpaces: spaces})
	const tables = new PageTables(hart)
	hart.undoLimit = 1024
	hart.enter(Privilege.supervisor, 0n)
	const goTo = (asid: bigint) => void hart.csrWrite(satp, tables.satp | (asid << 44n))
	goTo(1n)
	for (let number = 0n; number < pages; number++) {
		tables.map(number << 12n, page, kernelPage)
		hart.read(number << 12n)
	}
	return {
		hart,
		tables,
		goTo,
		/** sinval.vma of a page in all address spaces, or in one. */
		sinval: (number: bigint, asid?: bigint) =>
			hart.core.sinval(8, asid === undefined ? 0 : 9, (number << 12n) | 0x123n, asid ?? 0n),
		/** The pages that are in the table. */
		there: () => Array.from({length: Number(pages)}, (_, number) => number).filter((n) => hart.entry(BigInt(n) << 12n)),
	}
}

const except = (...gone: number[]) => Array.from({length: 16}, (_, n) => n).filter((n) => !gone.includes(n))

test('sinval.vma names pages, and sfence.inval.ir invalidates them', (t) => {
	const {hart, sinval, there} = create()
	for (const number of [3n, 4n, 5n, 4n, 9n]) t.is(sinval(number), done)
	t.deepEqual(there(), except())
	t.is(hart.core.sfenceInvalIr(), flushed)
	t.deepEqual(there(), except(3, 4, 5, 9))
	t.is(hart.flushes.filter((cause) => cause === FlushCause.sfencePage).length, 5)
	t.is(hart.counter('pageFlushes'), 4)
	t.is(hart.core.sfenceInvalIr(), done, 'nothing is left to do')
})

test('sinval.vma invalidates what was named when it finds no room', (t) => {
	const {hart, sinval, there} = create({pages: 32n})
	const numbers = Array.from({length: mostPendingRanges + 1}, (_, index) => BigInt(index) * 2n)
	for (const number of numbers.slice(0, -1)) t.is(sinval(number), done)
	t.is(there().length, 32)
	t.is(sinval(numbers.at(-1)!), flushed)
	t.is(there().length, 32 - mostPendingRanges)
	hart.core.sfenceInvalIr()
	t.is(there().length, 32 - mostPendingRanges - 1)
})

test('pages that follow each other take one place, but not in different address spaces', (t) => {
	const {hart, sinval} = create({pages: 0n})
	for (let number = 0n; number < 64n * BigInt(mostPendingRanges); number++) t.is(sinval(number), done)
	t.is(sinval(7n), flushed)
	t.is(sinval(8n, 1n), done)
	t.is(sinval(9n), done)
	t.is(hart.get('pendingCount'), 3n)
})

test('sinval.vma of all addresses flushes at once', (t) => {
	const {hart, there} = create()
	t.is(hart.core.sinval(0, 9, 0n, 7n), flushed)
	t.deepEqual(there(), except())
	t.is(hart.core.sinval(0, 9, 0n, 1n), flushed)
	t.deepEqual(there(), [])
	hart.read(0n)
	t.is(hart.core.sinval(0, 0, 0n, 0n), flushed)
	t.deepEqual(there(), [])
})

for (const [name, end] of [
	['sfence.vma of another page', ({hart}) => hart.core.sfence(8, 0, 0x9_0000n, 0n)],
	['a return from a trap', ({hart}) => hart.core.sret()],
	['the end of the slice', ({hart}) => hart.core.invalidatePending()],
] as const satisfies [string, (machine: ReturnType<typeof create>) => void][])
	test(`without sfence.inval.ir pages are invalidated at ${name}`, (t) => {
		const machine = create()
		machine.sinval(3n)
		end(machine)
		t.deepEqual(machine.there(), except(3))
	})

test('mret invalidates pages, too', (t) => {
	const {hart, sinval, there} = create()
	sinval(3n)
	hart.set('privilege', Privilege.machine)
	t.is(hart.core.mret(), 1)
	t.deepEqual(there(), except(3))
})

test('pages that were named reach an address space that a write of satp leaves', (t) => {
	const {hart, tables, goTo, sinval} = create({spaces: true})
	hart.status(sum)
	const gva = 0x10_0000n
	tables.map(gva, page, userPage)
	hart.read(gva)
	const kept = hart.descriptor(Regime.supervisorSum)
	t.is(hart.entry(gva, kept), 'read write')
	sinval(gva >> 12n, 1n)
	goTo(2n)
	t.is(hart.entry(gva, kept), '')
	goTo(1n)
	hart.read(gva)
	goTo(2n)
	t.is(hart.entry(gva, kept), 'read write')
	sinval(gva >> 12n, 1n)
	hart.core.sfenceInvalIr()
	t.is(hart.entry(gva, kept), '', 'nor is one forgotten that is not current')
})

test('a superpage that was named goes as a whole', (t) => {
	const {hart, tables, sinval} = create()
	tables.map(0x60_0000n, ramBase + 0x20_0000, kernelPage, {level: 1})
	for (const gva of [0x61_0000n, 0x7f_0000n]) hart.read(gva)
	for (const number of [0x600n, 0x7ffn]) sinval(number)
	hart.core.sfenceInvalIr()
	for (const gva of [0x61_0000n, 0x7f_0000n]) t.is(hart.entry(gva), '')
})

test('sinval.vma is illegal where sfence.vma is, and names nothing then', (t) => {
	const {hart, sinval} = create()
	hart.status(tvm)
	t.deepEqual([sinval(3n), hart.core.sinval(0, 0, 0n, 0n)], [illegal, illegal])
	hart.enter(Privilege.user, hart.get('satp'))
	t.deepEqual([sinval(3n), hart.core.sinval(0, 0, 0n, 0n), hart.core.sfenceInvalIr()], [illegal, illegal, illegal])
	t.is(hart.get('pendingCount'), 0n)
	hart.enter(Privilege.machine)
	t.is(sinval(3n), done)
	t.is(hart.core.sfenceInvalIr(), flushed)
})
