/** Fills of TLB tables by the hart core. */
import test from 'ava'
import {ramBase} from '../../../src/memory/index.ts'
import {largePageCount, Regime, type TagEncoding, tagEncodings} from '../../../src/tlb/index.ts'
import {codePages, HartCore, Privilege, ramBytes, rom, withEncoding} from './hart-core.ts'
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
		['an executable page that was not fetched from', kernelPage, 'read write'],
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

test('superpages are named once each', (t) => {
	const {hart, tables} = paged()
	t.deepEqual(hart.superpages(), [])
	tables.map(0x60_0000n, ramBase + 0x20_0000, kernelPage, {level: 1})
	hart.read(0x61_2000n)
	hart.write(0x61_3000n, 8, 1n)
	hart.fetch(0x61_4000n)
	t.deepEqual(hart.superpages(), [[0x60_0000n, 0x20_0000n]])
	tables.map(0x4_5000n, ramBase + 0x1_8000, kernelPage | (1n << 63n))
	hart.read(0x4_5000n)
	tables.map(0xffff_ffff_8000_0000n, ramBase, kernelPage, {level: 2})
	hart.read(0xffff_ffff_8000_0000n)
	t.deepEqual(hart.superpages(), [
		[0x4_0000n, 0x1_0000n],
		[0x60_0000n, 0x20_0000n],
		[0xffff_ffff_8000_0000n, 0x4000_0000n],
	])
})

test('a superpage of device registers is not named: it gets no entries', (t) => {
	const {hart, tables} = paged()
	hart.registers.set(0x1000_0000, 1)
	tables.map(0x60_0000n, 0x1000_0000, kernelPage, {level: 1})
	t.is(hart.read(0x60_0000n, 4), 1n)
	t.is(hart.write(0x60_0000n, 4, 1n), 1n)
	t.deepEqual(hart.superpages(), [])
})

test('a fill whose table was swapped since the walk began goes to the retired table', (t) => {
	const hart = new HartCore()
	for (let i = 0; i < codePages - 1; i++) hart.fetch(BigInt(ramBase + i * 4096))
	const retired = hart.descriptor(Regime.machine)
	const last = BigInt(ramBase + codePages * 4096)
	// The code cache is full: this fetch resets it and flushes between its walk and its fill.
	hart.fetch(last)
	t.not(hart.descriptor(Regime.machine), retired)
	t.is(hart.entry(last, retired), 'read exec')
	t.is(hart.entry(last, hart.descriptor(Regime.machine)), '')
	t.is(hart.trailer('filled', hart.descriptor(Regime.machine)), 0)
})

const megapage = 0x20_0000

test('one walk of a superpage is enough for all of its pages, and one more where it was clean', (t) => {
	const {hart, tables} = paged()
	tables.map(0x60_0000n, ramBase + megapage, V | R | W | A, {level: 1})
	hart.poke(ramBase + megapage + 0x3008, 7n)
	hart.poke(ramBase + 2 * megapage - 8, 8n)
	hart.read(0x60_0000n)
	const walks = hart.get('pageWalks')
	t.is(hart.read(0x60_3008n), 7n)
	t.is(hart.read(0x7f_fff8n), 8n)
	t.is(hart.entry(0x60_3000n), 'read')
	t.is(hart.get('pageWalks'), walks)
	hart.write(0x60_4000n, 8, 9n)
	t.is(hart.peek(ramBase + megapage + 0x4000), 9n)
	t.is(hart.get('pageWalks'), walks + 1n)
	hart.write(0x61_4000n, 8, 9n)
	t.is(hart.entry(0x61_4000n), 'read write')
	t.is(hart.get('pageWalks'), walks + 1n)
})

test('superpages that share a place are distinguished', (t) => {
	const {hart, tables} = paged()
	const far = 0x60_0000n + BigInt(megapage * largePageCount)
	tables.map(0x60_0000n, ramBase + megapage, kernelPage, {level: 1})
	tables.map(far, ramBase + megapage, V | R | A, {level: 1})
	hart.read(0x60_0000n)
	hart.read(far + 0x1000n)
	t.like(hart.write(far + 0x2000n, 8, 1n), {cause: 15})
	t.is(hart.write(0x60_2000n, 8, 1n), 1n)
})

test('a superpage permits a fetch no more than its pages do', (t) => {
	const {hart, tables} = paged()
	tables.map(0x60_0000n, ramBase + megapage, V | R | W | A | D, {level: 1})
	hart.read(0x60_0000n)
	t.like(hart.fetch(0x60_1000n), {cause: 12})
})

test('of a superpage that reaches beyond guest RAM only what was met is known', (t) => {
	const {hart, tables} = paged()
	tables.map(0xffff_ffff_8000_0000n, ramBase, kernelPage, {level: 2})
	const end = 0xffff_ffff_8000_0000n + BigInt(ramBytes)
	hart.poke(ramBase + ramBytes - 8, 5n)
	t.is(hart.read(end - 8n), 5n)
	t.like(hart.read(end), {cause: 5})
})

test('a megapage that was kept before another thread began a generation is not found in it', (t) => {
	const hart = new HartCore(undefined, {design: {policy: 'epoch-tag'}})
	const tables = new PageTables(hart)
	hart.enter(Privilege.supervisor, tables.satp)
	const [before, after] = [ramBase + 0x20_0000, ramBase + 0x60_0000]
	for (const offset of [0x1000, 0x2000]) {
		hart.poke(before + offset, 1n)
		hart.poke(after + offset, 2n)
	}
	tables.map(0x20_0000n, before, kernelPage, {level: 1})
	hart.read(0x20_0000n)
	tables.map(0x20_0000n, after, kernelPage, {level: 1})
	t.is(hart.read(0x20_1000n), 1n, 'without a flush the kept megapage serves')
	hart.beginGeneration(Regime.supervisor)
	t.is(hart.read(0x20_2000n), 2n)
	t.is(hart.read(0x20_1000n), 2n)
})
