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

test('a page flush inside a superpage empties a small table in place, and leaves a larger one to the run loop', (t) => {
	const machine = paged({undoLimit: 2})
	const {hart, tables} = machine
	tables.map(0xffff_ffff_8060_0000n, ramBase + 0x20_0000, kernelPage, {level: 1})
	const readSome = (count: bigint) => {
		for (let index = 1n; index <= count; index++) hart.read(0xffff_ffff_8060_0000n + index * 4096n)
	}
	readSome(2n)
	const table = hart.descriptor(Regime.supervisor)
	hart.core.sfence(8, 0, 0xffff_ffff_8080_0000n, 0n)
	t.is(hart.counter('undone'), 0, 'behind it')
	hart.core.sfence(8, 0, 0xffff_ffff_807f_f000n, 0n)
	t.is(hart.counter('undone'), 1)
	t.true(isFresh(hart, table))
	readSome(3n)
	hart.core.sfence(8, 0, 0xffff_ffff_8070_0000n, 0n)
	t.deepEqual(hart.replaced, [1 << Regime.supervisor])
	t.is(hart.counter('pageFlushes'), 3)
	t.is(hart.counter('undone'), 1)
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
		t.deepEqual(hart.large(table), [BigInt(ramBase + 0x20_0000), BigInt(ramBase + 0x3f_f000)])
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
