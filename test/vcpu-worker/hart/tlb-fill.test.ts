/** What the hart core puts into TLB tables. */
import test from 'ava'
import {ramBase} from '../../../src/memory/index.ts'
import {Regime, type TagEncoding, tagEncodings} from '../../../src/tlb/index.ts'
import {codePages, HartCore, Privilege, rom, withEncoding} from './hart-core.ts'
import {kernelPage, PageTables, Pte, userPage} from './page-tables.ts'

const {V, R, W, X, A, D} = Pte
const page = ramBase + 0x5000

function paged(encoding?: TagEncoding) {
	const hart = new HartCore(undefined, {encoding})
	const tables = new PageTables(hart)
	hart.enter(Privilege.supervisor, tables.satp)
	return {hart, tables}
}

for (const encoding of tagEncodings) {
	for (const [name, flags, tags] of [
		['a dirty page', V | R | W | A | D, 'read write'],
		['a clean page', V | R | W | A, 'read'],
		['a read-only page', V | R | A, 'read'],
		['an executable page that no fetch has met', kernelPage, 'read write'],
	] as const) {
		test(`a load fills ${name} as: ${tags}${withEncoding(encoding)}`, (t) => {
			const {hart, tables} = paged(encoding)
			tables.map(0x4000n, page, flags)
			hart.read(0x4000n)
			t.is(hart.entry(0x4000n), tags)
			t.is(hart.entryTarget(0x4123n), hart.ramOffset(page + 0x123))
			t.is(hart.trailer('logged'), 1)
			t.is(hart.trailer('filled'), 1)
		})
	}

	test(`a fetch fills the execute tag, and a later load or store of the page keeps it${withEncoding(encoding)}`, (t) => {
		const {hart, tables} = paged(encoding)
		tables.map(0x4000n, page, V | R | W | X)
		const code = hart.fetch(0x4000n)
		t.is(typeof code, 'bigint')
		t.is(hart.entry(0x4000n), 'read exec')
		hart.write(0x4000n, 8, 1n)
		t.is(hart.entry(0x4000n), 'read write exec')
		t.is(hart.fetch(0x4000n), code)
	})

	test(`a page that was mapped elsewhere meanwhile loses its old execute tag${withEncoding(encoding)}`, (t) => {
		const {hart, tables} = paged(encoding)
		tables.map(0x4000n, page, V | R | X | A)
		hart.fetch(0x4000n)
		tables.map(0x4000n, page + 0x1000, kernelPage)
		hart.write(0x4000n, 8, 1n)
		t.is(hart.entry(0x4000n), 'read write')
		t.is(hart.entryTarget(0x4000n), hart.ramOffset(page + 0x1000))
	})

	test(`page 0 can be filled, and slot 0 of a fresh table does not match it before${withEncoding(encoding)}`, (t) => {
		const {hart, tables} = paged(encoding)
		t.is(hart.entry(0n), '')
		tables.map(0n, page, kernelPage)
		hart.poke(page, 6n)
		t.is(hart.read(0n), 6n)
		t.is(hart.entry(0n), 'read write')
	})
}

test('each regime fills a table of its own', (t) => {
	const {hart, tables} = paged()
	tables.map(0x4000n, page, userPage)
	hart.status(1n << 18n)
	hart.read(0x4000n)
	t.is(hart.entry(0x4000n), '')
	t.is(hart.entry(0x4000n, hart.descriptor(Regime.supervisorSum)), 'read write')
	hart.enter(Privilege.user, tables.satp)
	hart.read(0x4000n)
	t.is(hart.entry(0x4000n, hart.descriptor(Regime.user)), 'read write')
	hart.enter(Privilege.machine)
	hart.read(BigInt(page))
	t.is(hart.entry(BigInt(page), hart.descriptor(Regime.machine)), 'read write')
})

test('the boot ROM gets no write tag, a device no entry at all', (t) => {
	const hart = new HartCore()
	const bare = hart.descriptor(Regime.machine)
	hart.read(BigInt(rom.gpa))
	t.is(hart.entry(BigInt(rom.gpa), bare), 'read')
	hart.registers.set(0x1000_0000, 1)
	hart.read(0x1000_0000n, 1)
	t.is(hart.entry(0x1000_0000n, bare), '')
	t.is(hart.trailer('logged', bare), 1)
})

test('a walk that faults fills nothing, but has announced itself', (t) => {
	const {hart} = paged()
	hart.read(0x4000n)
	t.is(hart.trailer('logged'), 0)
	t.is(hart.trailer('filled'), 1)
})

test('superpages widen the range in which a page flush swaps', (t) => {
	const {hart, tables} = paged()
	t.deepEqual(hart.large(), [0n, 0n])
	tables.map(0x60_0000n, ramBase + 0x20_0000, kernelPage, {level: 1})
	hart.read(0x61_2000n)
	t.deepEqual(hart.large(), [0x60_0000n, 0x7f_f000n])
	tables.map(0x20_0000n, ramBase + 0x20_0000, kernelPage, {level: 1})
	hart.read(0x20_1000n)
	t.deepEqual(hart.large(), [0x20_0000n, 0x7f_f000n])
	tables.map(0xffff_ffff_8000_0000n, ramBase, kernelPage, {level: 2})
	hart.read(0xffff_ffff_8000_0000n)
	t.deepEqual(hart.large(), [0x20_0000n, 0xffff_ffff_bfff_f000n])
})

test('a superpage of device registers widens nothing: it gets no entries', (t) => {
	const {hart, tables} = paged()
	hart.registers.set(0x1000_0000, 1)
	tables.map(0x60_0000n, 0x1000_0000, kernelPage, {level: 1})
	t.is(hart.read(0x60_0000n, 4), 1n)
	t.is(hart.write(0x60_0000n, 4, 1n), 1n)
	t.deepEqual(hart.large(), [0n, 0n])
})

test('a fill whose table was swapped since the walk began goes to the retired table', (t) => {
	const hart = new HartCore()
	for (let i = 0; i < codePages - 1; i++) hart.fetch(BigInt(ramBase + i * 4096))
	const retired = hart.descriptor(Regime.machine)
	const last = BigInt(ramBase + codePages * 4096)
	// The code cache is full: this fetch resets it and flushes between its walk and its fill.
	hart.fetch(last)
	t.not(hart.descriptor(Regime.machine), retired)
	t.is(hart.entry(last, retired), 'read write exec')
	t.is(hart.entry(last, hart.descriptor(Regime.machine)), '')
	t.is(hart.trailer('filled', hart.descriptor(Regime.machine)), 0)
})
