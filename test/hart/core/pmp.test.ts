/** Physical memory protection: permissions, their granularity, and what the TLB keeps of them. */
import test from 'ava'
import {ramBase} from '../../../src/memory/index.ts'
import {FlushCause, Regime} from '../../../src/tlb/index.ts'
import {HartCore, Privilege} from './hart-core.ts'
import {kernelPage, PageTables, Pte} from './page-tables.ts'

const [R, W, X, L] = [1n, 2n, 4n, 0x80n]
const [TOR, NA4, NAPOT] = [0x08n, 0x10n, 0x18n]
const ram = BigInt(ramBase)
const page = ram + 0x5000n
const uart = 0x1000_0000

/** @returns pmpaddr for NAPOT. */
const napot = (base: bigint, bytes: bigint) => (base >> 2n) | (bytes / 8n - 1n)

type Entry = Readonly<{cfg: bigint; address: bigint}>

/** A hart with these PMP entries and no others, written as firmware would. */
function protectedBy(...entries: readonly Entry[]): HartCore {
	const hart = new HartCore()
	for (const [entry, {address}] of entries.entries()) hart.csrWrite(0x3b0 + entry, address)
	const word = (first: number) =>
		entries.slice(first, first + 8).reduce((bits, {cfg}, entry) => bits | (cfg << BigInt(8 * entry)), 0n)
	// Entries from 8 up first, so that entry 0, which permits everything, is replaced last.
	hart.csrWrite(0x3a2, word(8))
	hart.csrWrite(0x3a0, word(0))
	return hart
}

/** The accesses that succeed at gva, of 'rwx'. */
function allowed(hart: HartCore, gva: bigint, bytes: 1 | 2 | 4 | 8 = 4): string {
	const done = (outcome: unknown) => typeof outcome === 'bigint'
	const load = done(hart.read(gva, bytes))
	const store = done(hart.write(gva, bytes, 0n))
	return `${load ? 'r' : ''}${store ? 'w' : ''}${done(hart.fetch(gva)) ? 'x' : ''}`
}

test('with no entry, M-mode may do all and the others nothing, and the causes are those of access faults', (t) => {
	const hart = protectedBy()
	t.is(allowed(hart, page), 'rwx')
	for (const privilege of [Privilege.supervisor, Privilege.user]) {
		hart.enter(privilege)
		t.deepEqual(hart.read(page), {cause: 5, tval: page})
		t.deepEqual(hart.write(page, 8, 0n), {cause: 7, tval: page})
		t.deepEqual(hart.fetch(page), {cause: 1, tval: page})
		t.deepEqual(hart.atomic(page, 8, 'lr'), {cause: 5, tval: page})
		t.deepEqual(hart.atomic(page, 8, 'amo'), {cause: 7, tval: page})
	}
})

for (const [name, cfg, expected] of [
	['nothing', 0n, ''],
	['R', R, 'r'],
	['R W', R | W, 'rw'],
	['X', X, 'x'],
	['R X', R | X, 'rx'],
	['R W X', R | W | X, 'rwx'],
] as const) {
	test(`an entry with ${name} gives S and U ${expected || 'nothing'}; M is bound by it only when it is locked`, (t) => {
		for (const [lock, machine] of [
			[0n, 'rwx'],
			[L, expected],
		] as const) {
			const hart = protectedBy({cfg: cfg | NAPOT | lock, address: napot(page, 4096n)})
			t.is(allowed(hart, page), machine)
			t.is(allowed(hart, page + 0x1000n), 'rwx')
			hart.enter(Privilege.supervisor)
			t.is(allowed(hart, page), expected)
			t.is(allowed(hart, page + 0x1000n), '')
			hart.enter(Privilege.user)
			t.is(allowed(hart, page), expected)
		}
	})
}

test('the lowest-numbered entry that matches decides', (t) => {
	const all = {cfg: R | W | X | NAPOT, address: (1n << 54n) - 1n}
	const hart = protectedBy({cfg: R | NAPOT, address: napot(page, 4096n)}, all)
	hart.enter(Privilege.supervisor)
	t.is(allowed(hart, page), 'r')
	t.is(allowed(hart, page + 0x1000n), 'rwx')
	const open = protectedBy(all, {cfg: R | NAPOT, address: napot(page, 4096n)})
	open.enter(Privilege.supervisor)
	t.is(allowed(open, page), 'rwx')
})

test('top of range: from the address of the entry before, whatever that entry is, up to but not including its own', (t) => {
	const hart = protectedBy(
		{cfg: 0n, address: page >> 2n},
		{cfg: R | TOR, address: (page + 0x2000n) >> 2n},
		{cfg: R | W | TOR, address: (page + 0x1000n) >> 2n},
		{cfg: R | W | TOR, address: (page + 0x4000n) >> 2n},
	)
	hart.enter(Privilege.supervisor)
	t.is(allowed(hart, page - 8n), '')
	t.is(allowed(hart, page), 'r')
	t.is(allowed(hart, page + 0x1ffcn), 'r')
	t.is(allowed(hart, page + 0x2000n), 'rw', 'entry 2 is empty; entry 3 begins at its address')
	t.is(allowed(hart, page + 0x4000n), '')
	const first = protectedBy({cfg: R | TOR, address: page >> 2n})
	first.enter(Privilege.supervisor)
	t.is(allowed(first, ram), 'r', 'entry 0 begins at address 0')
	t.is(allowed(first, page), '')
})

test('four bytes are the granularity: neighbours are refused, and so is an access that the entry matches in part', (t) => {
	const hart = protectedBy({cfg: R | W | NA4, address: (page + 8n) >> 2n})
	hart.enter(Privilege.supervisor)
	t.is(allowed(hart, page + 8n), 'rw')
	t.is(allowed(hart, page + 0xan, 2), 'rw')
	t.is(allowed(hart, page + 4n), '')
	t.is(allowed(hart, page + 0xcn), '')
	t.is(allowed(hart, page + 8n, 8), '')
	t.is(allowed(hart, page + 6n), '', 'misaligned, half inside')
	hart.enter(Privilege.machine)
	t.is(allowed(hart, page + 4n), 'rwx')
	t.deepEqual(hart.read(page + 8n, 8), {cause: 5, tval: page + 8n}, 'a match in part fails in M-mode too')
})

test('eight bytes by NAPOT, and entries beyond the eighth', (t) => {
	const none = {cfg: 0n, address: 0n}
	const hart = protectedBy(...Array.from({length: 15}, () => none), {cfg: R | NAPOT, address: napot(page + 16n, 8n)})
	hart.enter(Privilege.supervisor)
	t.is(allowed(hart, page + 16n, 8), 'r')
	t.is(allowed(hart, page + 20n), 'r')
	t.is(allowed(hart, page + 24n), '')
	t.is(allowed(hart, page + 12n), '')
})

test('an access across pages needs permission for both parts, and names the part that is refused', (t) => {
	const hart = protectedBy({cfg: R | W | NAPOT, address: napot(page, 4096n)})
	hart.enter(Privilege.supervisor)
	hart.write(page + 0xff8n, 8, ~0n)
	t.deepEqual(hart.read(page + 0xffcn, 8), {cause: 5, tval: page + 0x1000n})
	t.deepEqual(hart.write(page + 0xffcn, 8, 0n), {cause: 7, tval: page + 0x1000n})
	t.is(hart.read(page + 0xff8n), 0xffff_ffff_ffff_ffffn, 'nothing was written')
	t.deepEqual(hart.read(page - 4n, 8), {cause: 5, tval: page - 4n})
})

test('the TLB keeps no more than every byte of the page is permitted', (t) => {
	const hart = protectedBy(
		{cfg: NA4, address: (page + 0x800n) >> 2n},
		{cfg: R | NAPOT, address: napot(page + 0x1000n, 4096n)},
		{cfg: R | W | X | NAPOT, address: napot(ram, 0x10_0000n)},
	)
	const bare = () => hart.descriptor(Regime.bare)
	hart.enter(Privilege.supervisor)
	t.is(hart.read(page, 8), 0n)
	t.is(hart.entry(page, bare()), '', 'split')
	t.is(hart.read(page + 0x1000n), 0n)
	t.is(hart.entry(page + 0x1000n, bare()), 'read')
	t.is(hart.read(page + 0x2000n), 0n)
	t.is(hart.entry(page + 0x2000n, bare()), 'read write')
	t.deepEqual(hart.read(page + 0x800n, 4), {cause: 5, tval: page + 0x800n})
	t.deepEqual(hart.read(page + 0x7fcn, 8), {cause: 5, tval: page + 0x7fcn})
	t.is(hart.read(page + 0x804n, 4), 0n)
})

test('M-mode and what lies below it do not share entries while neither is translated', (t) => {
	const hart = protectedBy()
	t.is(hart.read(page), 0n)
	t.is(hart.entry(page, hart.descriptor(Regime.machine)), 'read write')
	hart.enter(Privilege.supervisor)
	t.deepEqual(hart.read(page), {cause: 5, tval: page})
})

test('with MPRV, data accesses of M-mode are checked as those of MPP', (t) => {
	const hart = protectedBy({cfg: R | NAPOT, address: napot(page, 4096n)})
	hart.status((1n << 17n) | (1n << 11n))
	t.is(hart.read(page), 0n)
	t.deepEqual(hart.write(page, 8, 0n), {cause: 7, tval: page})
	t.deepEqual(hart.read(page + 0x1000n), {cause: 5, tval: page + 0x1000n})
	t.is(typeof hart.fetch(page + 0x1000n), 'bigint', 'fetches are M’s own')
	hart.status(3n << 11n)
	t.is(hart.write(page, 8, 0n), 1n)
})

test('a write that changes an entry flushes everything and asks for a restart; one that changes nothing does neither', (t) => {
	const hart = new HartCore()
	t.is(hart.core.csrAccess(0x3b1, 0, 5n, 0), 2)
	t.is(hart.core.csrAccess(0x3a0, 0, 0x1f1fn, 0), 2)
	t.deepEqual(hart.flushes, [FlushCause.pmpWrite, FlushCause.pmpWrite])
	t.is(hart.core.csrAccess(0x3b1, 0, 5n, 0), 1)
	t.is(hart.core.csrAccess(0x3a0, 0, 0x1f1fn, 0), 1)
	t.is(hart.core.csrAccess(0x3c0, 0, 5n, 0), 1, 'entry 16 is not there')
	t.is(hart.flushes.length, 2)
})

function paged(...entries: readonly Entry[]) {
	const hart = protectedBy(...entries)
	const tables = new PageTables(hart)
	hart.enter(Privilege.supervisor, tables.satp)
	return {hart, tables}
}
const tablesRegion = napot(ram + 0x40_0000n, 0x10_0000n)
const dataRegion = {cfg: R | W | X | NAPOT, address: napot(ram, 0x10_0000n)}
const gva = 0x4000n

test('a page table that S may not read is an access fault of the original access', (t) => {
	const {hart, tables} = paged(dataRegion)
	tables.map(gva, Number(page), kernelPage)
	t.deepEqual(hart.read(gva), {cause: 5, tval: gva})
	t.deepEqual(hart.write(gva, 8, 0n), {cause: 7, tval: gva})
	t.deepEqual(hart.fetch(gva), {cause: 1, tval: gva})
})

test('A and D are set in page tables that S may write; in others that is an access fault', (t) => {
	const {hart, tables} = paged(dataRegion, {cfg: R | NAPOT, address: tablesRegion})
	const pte = tables.map(gva, Number(page), Pte.V | Pte.R | Pte.W)
	t.deepEqual(hart.read(gva), {cause: 5, tval: gva})
	tables.map(gva, Number(page), Pte.V | Pte.R | Pte.W | Pte.A)
	t.is(hart.read(gva), 0n)
	t.deepEqual(hart.write(gva, 8, 0n), {cause: 7, tval: gva})
	t.is(hart.peek(pte) & 0xffn, Pte.V | Pte.R | Pte.W | Pte.A)
	tables.map(gva, Number(page), kernelPage)
	t.is(hart.write(gva, 8, 0n), 1n)
})

test('what a translation reaches is checked too, page by page of a superpage', (t) => {
	const {hart, tables} = paged(
		{cfg: 0n, address: page >> 2n},
		{cfg: R | TOR, address: (page + 0x1000n) >> 2n},
		dataRegion,
		{cfg: R | W | NAPOT, address: tablesRegion},
	)
	tables.map(0x20_0000n, ramBase, kernelPage, {level: 1})
	const at = (gpa: bigint) => 0x20_0000n + gpa - ram
	t.is(hart.write(at(page + 0x1000n), 8, 0n), 1n)
	t.is(hart.read(at(page)), 0n)
	t.deepEqual(hart.write(at(page), 8, 0n), {cause: 7, tval: at(page)})
	t.is(hart.entry(at(page)), 'read')
	t.deepEqual(hart.read(at(ram + 0x10_0000n)), {cause: 5, tval: at(ram + 0x10_0000n)})
})

test('device registers are checked to the byte', (t) => {
	const hart = protectedBy({cfg: R | NA4, address: BigInt(uart) >> 2n})
	hart.registers.set(uart, 7).set(uart + 4, 8)
	hart.enter(Privilege.supervisor)
	t.is(hart.read(BigInt(uart), 4), 7n)
	t.deepEqual(hart.write(BigInt(uart), 4, 0n), {cause: 7, tval: BigInt(uart)})
	t.deepEqual(hart.read(BigInt(uart + 4), 4), {cause: 5, tval: BigInt(uart + 4)})
	t.deepEqual(hart.read(BigInt(uart), 8), {cause: 5, tval: BigInt(uart)})
	t.deepEqual(hart.mmio, ['read 10000000 4'], 'no refused access reaches the device')
})

test('cbo.zero needs its whole block', (t) => {
	const hart = protectedBy(
		{cfg: R | W | NAPOT, address: napot(page, 32n)},
		{cfg: R | W | NAPOT, address: napot(page + 64n, 64n)},
	)
	hart.set('menvcfg', 0x80n)
	hart.enter(Privilege.supervisor)
	t.is(hart.core.zeroBlock(page + 70n), 1)
	t.is(hart.core.zeroBlock(page + 4n), 0)
	t.deepEqual([hart.get('trapCause'), hart.get('trapTval')], [7n, page + 4n])
})

const parcels = (hart: HartCore, at: bigint, ...words: readonly number[]) =>
	words.forEach((word, index) => {
		hart.memory.u16[(hart.ramOffset(Number(at)) + index * 2) / 2] = word
	})

test('in a page that PMP splits, instructions are fetched one by one', (t) => {
	const hart = protectedBy({cfg: R | X | NAPOT, address: napot(page + 16n, 16n)})
	// c.nop; a 32-bit nop; c.nop
	parcels(hart, page + 16n, 1, 0x13, 0, 1)
	hart.enter(Privilege.supervisor)
	const scratch = BigInt(hart.core.scratchCodePage())
	t.is(hart.fetch(page + 16n), scratch)
	t.is(hart.snapshot(scratch, 16), 1)
	t.is(hart.slot(scratch, 8), 0n)
	t.is(hart.slot(scratch, 9), 1n, 'whatever follows is fetched anew')
	t.is(hart.slot(scratch, 7), 1n)
	t.is(hart.fetch(page + 18n), scratch)
	t.is(hart.snapshot(scratch, 18), 0x13)
	t.is(hart.slot(scratch, 8), 1n)
	t.is(hart.slot(scratch, 9), 0n)
	t.is(hart.entry(page, hart.descriptor(Regime.bare)), '')
	t.deepEqual(hart.fetch(page + 32n), {cause: 1, tval: page + 32n})
	t.deepEqual(hart.fetch(page + 14n), {cause: 1, tval: page + 14n})
})

test('an instruction whose second half may not be fetched faults with that half’s address', (t) => {
	const hart = protectedBy({cfg: R | X | NAPOT, address: napot(page + 16n, 16n)})
	parcels(hart, page + 30n, 0x13, 0)
	hart.enter(Privilege.supervisor)
	t.deepEqual(hart.fetch(page + 30n), {cause: 1, tval: page + 32n})
	parcels(hart, page + 30n, 1)
	t.is(typeof hart.fetch(page + 30n), 'bigint')
})

test('instructions across pages work when either page is split', (t) => {
	const hart = protectedBy(
		{cfg: 0n, address: page >> 2n},
		{cfg: R | X | TOR, address: (page + 0x1008n) >> 2n},
		{cfg: 0n, address: (page + 0x1ff8n) >> 2n},
		{cfg: R | X | TOR, address: (page + 0x3000n) >> 2n},
	)
	parcels(hart, page + 0xffen, 0x13, 0x20)
	parcels(hart, page + 0x1ffen, 0x13, 0x30)
	hart.enter(Privilege.supervisor)
	const scratch = BigInt(hart.core.scratchCodePage())
	t.is(hart.fetchAcross(page + 0xffen), scratch)
	t.is(hart.snapshot(scratch, 0xffe), 0x20_0013)
	t.is(hart.fetch(page + 0x1ffen), scratch)
	t.is(hart.snapshot(scratch, 0xffe), 0x30_0013)
	t.is(hart.slot(scratch, 2047), 0n)
	t.is(hart.slot(scratch, 0), 1n)
})
