/** Flushes that the hart core carries out itself. */
import test from 'ava'
import {ramBase} from '../../../src/memory/index.ts'
import {
	FlushCause,
	Regime,
	type TagEncoding,
	TlbEntry,
	tableAddress,
	tagEncodings,
	trailerWord,
} from '../../../src/tlb/index.ts'
import {codePages, HartCore, Privilege, withEncoding} from './hart-core.ts'
import {kernelPage, PageTables, userPage} from './page-tables.ts'

const page = ramBase + 0x5000
const satp = 0x180

function paged({undoLimit, encoding}: {undoLimit: number; encoding?: TagEncoding}) {
	const hart = new HartCore(undefined, {encoding})
	const tables = new PageTables(hart)
	hart.undoLimit = undoLimit
	hart.enter(Privilege.supervisor, tables.satp)
	return {hart, tables}
}

/** Maps pages of the supervisor from gva `first` on, and reads each. @returns the table's descriptor. */
function readPages({hart, tables}: ReturnType<typeof paged>, count: number, first = 0n): number {
	for (let index = 0; index < count; index++) {
		const gva = first + BigInt(index) * 4096n
		tables.map(gva, page, kernelPage)
		hart.read(gva)
	}
	return hart.descriptor(Regime.supervisor)
}

/** Every byte but the log's is as in a fresh table. */
function isFresh({memory, encoding}: HartCore, descriptor: number): boolean {
	const bytes = memory.u8.subarray(tableAddress(descriptor), trailerWord(descriptor, 'log') * 4)
	const poisoned = encoding === 'poison-zero' ? TlbEntry.offset.addend : 0
	return bytes.every((byte, index) => byte === (index < poisoned ? 0xff : 0))
}

for (const encoding of tagEncodings) {
	for (const [name, flush, cause] of [
		['sfence.vma', (hart: HartCore) => hart.core.sfence(0, 0, 0n, 0n), FlushCause.sfenceAll],
		['a write of satp', (hart: HartCore) => hart.csrWrite(satp, 8n << 60n), FlushCause.satpWrite],
		['a change of MXR', (hart: HartCore) => hart.csrSet(0x100, 1n << 19n), FlushCause.statusChange],
	] as const) {
		test(`${name} empties tables of up to undoLimit entries in place, and leaves larger ones to the run loop${withEncoding(encoding)}`, (t) => {
			const machine = paged({undoLimit: 5, encoding})
			const {hart} = machine
			// A poisoned slot 0 does not count.
			const table = readPages(machine, encoding === 'poison-zero' ? 6 : 5)
			t.is(hart.trailer('logged'), 5)
			flush(hart)
			t.is(hart.descriptor(Regime.supervisor), table)
			t.true(isFresh(hart, table))
			t.deepEqual(hart.replaced, [])
			t.deepEqual(hart.flushes, [cause])
			t.deepEqual([hart.counter('undone'), hart.counter('elided')], [1, 2])

			hart.enter(Privilege.supervisor, machine.tables.satp)
			hart.status(0n)
			readPages(machine, 6, 0x1000n)
			flush(hart)
			t.deepEqual(hart.replaced, [1 << Regime.supervisor])
			t.not(hart.descriptor(Regime.supervisor), table)
			t.deepEqual(hart.flushes, [cause, cause])
			t.deepEqual([hart.counter('undone'), hart.counter('elided')], [1, 4])
		})
	}
}

test('tables that do not translate are left alone', (t) => {
	const machine = paged({undoLimit: 5})
	const {hart} = machine
	hart.enter(Privilege.machine)
	hart.read(BigInt(page))
	hart.core.sfence(0, 0, 0n, 0n)
	t.is(hart.entry(BigInt(page), hart.descriptor(Regime.machine)), 'read write')
	t.is(hart.counter('elided'), 3)
})

for (const encoding of tagEncodings) {
	test(`a page flush forgets that page in every regime that translates, and the entry stays logged${withEncoding(encoding)}`, (t) => {
		const machine = paged({undoLimit: 5, encoding})
		const {hart, tables} = machine
		const supervisor = readPages(machine, 2, 0x4000n)
		hart.status(1n << 18n)
		tables.map(0x4000n, page, userPage)
		hart.read(0x4000n)
		const sum = hart.descriptor(Regime.supervisorSum)
		hart.core.sfence(8, 0, 0x4567n, 0n)
		t.is(hart.entry(0x4000n, supervisor), '')
		t.is(hart.entry(0x5000n, supervisor), 'read write')
		t.is(hart.entry(0x4000n, sum), '')
		t.deepEqual(hart.flushes, [FlushCause.sfencePage])
		t.is(hart.counter('pageFlushes'), 1)
		t.deepEqual(hart.replaced, [])
		hart.read(0x4000n)
		t.is(hart.trailer('logged', sum), 1)
		// Another page of the same slot.
		hart.core.sfence(8, 0, 0x4_5000n, 0n)
		t.is(hart.entry(0x5000n, supervisor), 'read write')
	})
}

/** Two megapages of guest RAM. */
const [firstFrame, secondFrame] = [ramBase + 0x20_0000, ramBase + 0x60_0000]
const megapage = 0xffff_ffff_8060_0000n

for (const encoding of tagEncodings) {
	test(`a page flush inside a superpage forgets all of it, and nothing else${withEncoding(encoding)}`, (t) => {
		const machine = paged({undoLimit: 64, encoding})
		const {hart, tables} = machine
		hart.poke(firstFrame + 0x3000, 1n)
		hart.poke(secondFrame + 0x3000, 2n)
		tables.map(megapage, firstFrame, kernelPage, {level: 1})
		// Beyond the superpage, between it and another, and before that.
		tables.map(megapage + 0x20_0000n, page, kernelPage)
		tables.map(megapage - 0x1000n, page, kernelPage)
		tables.map(megapage - 0x40_0000n, secondFrame, kernelPage, {level: 1})
		const others = [megapage + 0x20_0000n, megapage - 0x1000n, megapage - 0x40_0000n + 0x5000n]
		for (const gva of others) hart.read(gva)
		for (const gva of [0x3000n, 0x4000n]) hart.read(megapage + gva)
		tables.map(megapage, secondFrame, kernelPage, {level: 1})
		t.is(hart.read(megapage + 0x3000n), 1n)
		hart.core.sfence(8, 0, megapage + 0x1f_f123n, 0n)
		for (const gva of [0x3000n, 0x4000n]) t.is(hart.entry(megapage + gva), '')
		for (const gva of others) t.is(hart.entry(gva), 'read write')
		const walks = hart.get('pageWalks')
		t.is(hart.read(megapage + 0x3000n), 2n)
		hart.read(megapage + 0x5000n)
		hart.read(megapage - 0x40_0000n + 0x6000n)
		t.is(hart.get('pageWalks'), walks + 1n, 'each superpage needs one walk')
		t.deepEqual(hart.replaced, [])
		t.is(hart.counter('undone'), 0)
	})
}

test('a page that was a piece of a superpage is flushed alone once it is one of its own', (t) => {
	const {hart, tables} = paged({undoLimit: 64})
	tables.map(megapage, firstFrame, kernelPage, {level: 1})
	hart.read(megapage)
	tables.map(megapage, 0, 0n, {level: 1})
	for (const gva of [megapage, megapage + 0x1000n]) tables.map(gva, page, kernelPage)
	hart.core.sfence(8, 0, megapage, 0n)
	t.deepEqual(hart.superpages(), [])
	t.is(hart.largePages(), 0)
	for (const gva of [megapage, megapage + 0x1000n]) hart.read(gva)
	hart.core.sfence(8, 0, megapage, 0n)
	t.is(hart.entry(megapage), '')
	t.is(hart.entry(megapage + 0x1000n), 'read write')
})

test('a page flush inside a 64 KiB page forgets its sixteen pages', (t) => {
	const {hart, tables} = paged({undoLimit: 64})
	for (let index = 0n; index < 16n; index++)
		tables.map(0x4_0000n + index * 4096n, ramBase + 0x1_8000, kernelPage | (1n << 63n))
	tables.map(0x5_0000n, page, kernelPage)
	for (const gva of [0x4_0000n, 0x4_f000n, 0x5_0000n]) hart.read(gva)
	hart.core.sfence(8, 0, 0x4_7000n, 0n)
	t.deepEqual(
		[0x4_0000n, 0x4_f000n, 0x5_0000n].map((gva) => hart.entry(gva)),
		['', '', 'read write'],
	)
})

test('a page flush inside a gigapage forgets the large pages that it gave', (t) => {
	const {hart, tables} = paged({undoLimit: 64})
	const gigapage = 0xffff_ffff_8000_0000n
	tables.map(gigapage, ramBase, kernelPage, {level: 2})
	tables.map(0xa0_0000n, firstFrame, kernelPage, {level: 1})
	for (const gva of [gigapage, gigapage + 0x60_0000n, 0xa0_0000n]) hart.read(gva)
	t.is(hart.largePages(), 3)
	hart.core.sfence(8, 0, gigapage + 0x3fff_f000n, 0n)
	t.is(hart.largePages(), 1)
	t.is(hart.entry(gigapage + 0x60_0000n), '')
	t.is(hart.entry(0xa0_0000n), 'read write')
})

for (const encoding of tagEncodings) {
	test(`page 0’s entry in slot 0 is undone too${withEncoding(encoding)}`, (t) => {
		const machine = paged({undoLimit: encoding === 'poison-zero' ? 0 : 1, encoding})
		const table = readPages(machine, 1)
		t.is(machine.hart.entry(0n, table), 'read write')
		machine.hart.core.sfence(0, 0, 0n, 0n)
		t.true(isFresh(machine.hart, table))
	})
}

for (const undoLimit of [5, -1]) {
	test(`a write of pmpcfg empties the tables that do not translate too, large pages included, with an undo limit of ${undoLimit}`, (t) => {
		const {hart} = paged({undoLimit})
		hart.replacesInPlace = true
		hart.enter(Privilege.machine)
		const table = hart.descriptor(Regime.machine)
		hart.read(BigInt(ramBase + 0x20_0000))
		t.is(hart.entry(BigInt(ramBase + 0x20_0000), table), 'read write')
		t.is(hart.largePages(table), 1)
		hart.csrWrite(0x3a0, 0x1f1fn)
		t.deepEqual(hart.flushes, [FlushCause.pmpWrite])
		t.deepEqual(hart.replaced, undoLimit < 0 ? [1 << Regime.machine] : [])
		t.true(isFresh(hart, table))
	})
}

test('nothing is filled into a table that was emptied in place since the walk began', (t) => {
	const hart = new HartCore()
	hart.replacesInPlace = true
	for (let index = 0; index < codePages - 1; index++) hart.fetch(BigInt(ramBase + index * 4096))
	const table = hart.descriptor(Regime.machine)
	// The code cache is full: this fetch resets it and flushes between its walk and its fill.
	t.is(typeof hart.fetch(BigInt(ramBase + codePages * 4096)), 'bigint')
	t.is(hart.descriptor(Regime.machine), table)
	t.true(isFresh(hart, table))
	t.is(hart.trailer('filled', table), 0)
})
