/** Why pages miss: the classes of misses, with every page sampled, and tables of 64 entries. */
import test from 'ava'
import {ramBase} from '../../../src/memory/index.ts'
import {FlushCause, Regime, tagEncodings} from '../../../src/tlb/index.ts'
import {noteEmptied} from '../../../src/tlb/shadow.ts'
import {HartCore, type HartCoreOptions, Privilege, withEncoding} from './hart-core.ts'
import {kernelPage, PageTables, Pte, userPage} from './page-tables.ts'

const {V, R, W, X, A, D} = Pte
const entries = 64
const satp = 0x180
const frame = ramBase + 0x5000

/** In S-mode; every page from 0 on is mapped to the same frame. */
function create(options: HartCoreOptions & {pages?: number; flags?: bigint; undoLimit?: number} = {}) {
	const hart = new HartCore(undefined, {samples: 'all pages', ...options})
	const tables = new PageTables(hart)
	hart.undoLimit = options.undoLimit ?? 1024
	for (let page = 0; page < (options.pages ?? 3 * entries); page++)
		tables.map(BigInt(page) << 12n, frame, options.flags ?? kernelPage)
	hart.enter(Privilege.supervisor, tables.satp)
	return {hart, tables, satp: tables.satp}
}

function read(hart: HartCore, ...pages: number[]): void {
	for (const page of pages) hart.read(BigInt(page) << 12n)
}

const range = (first: number, end: number) => Array.from({length: end - first}, (_, index) => first + index)
const sfence = (hart: HartCore) => hart.core.sfence(0, 0, 0n, 0n)
const sfencePage = (hart: HartCore, page: number) => hart.core.sfence(8, 0, BigInt(page) << 12n, 0n)

for (const encoding of tagEncodings) {
	test(`the first touch of a page is cold, and a hit is no miss${withEncoding(encoding)}`, (t) => {
		const {hart} = create({encoding})
		read(hart, ...range(0, 10), ...range(0, 10))
		t.deepEqual(hart.misses, {cold: 10})
	})

	test(`two pages that take turns in one slot are conflicts, whatever the slot${withEncoding(encoding)}`, (t) => {
		for (const page of [0, 7]) {
			const {hart} = create({encoding})
			for (let round = 0; round < 5; round++) read(hart, page, page + entries)
			t.deepEqual(hart.misses, {cold: 2, conflict: 8})
		}
	})

	test(`a working set of twice the table, again and again, misses for want of capacity${withEncoding(encoding)}`, (t) => {
		const {hart} = create({encoding})
		for (let round = 0; round < 4; round++) read(hart, ...range(0, 2 * entries))
		t.deepEqual(hart.misses, {cold: 2 * entries, capacity: 3 * 2 * entries})
	})
}

test('a page that is used all along, and then displaced by a page of a stream, is a conflict', (t) => {
	const {hart} = create()
	for (const page of range(1, 2 * entries)) {
		read(hart, 0)
		read(hart, page)
	}
	// Filled 65 fills before, displaced one fill before: when it was used last, nobody has seen.
	t.deepEqual(hart.misses, {cold: 2 * entries, conflict: 1, uncertain: 1})
})

test('a page that was displaced long after its fill was lost for want of capacity, if not for sure', (t) => {
	const {hart} = create()
	// 126 pages before the one that displaces page 0, which is used again six fills later.
	read(
		hart,
		...range(0, entries),
		...range(entries + 1, 2 * entries),
		entries,
		...range(2 * entries + 1, 2 * entries + 6),
		0,
	)
	t.deepEqual(hart.misses, {cold: 2 * entries + 5, capacity: 1, uncertain: 1})
})

for (const undoLimit of [1024, -1])
	test(`sfence.vma in a loop: what is used again was flushed, with an undo limit of ${undoLimit}`, (t) => {
		const {hart} = create({undoLimit})
		for (let round = 0; round < 5; round++) {
			read(hart, 1, 2, 3)
			sfence(hart)
		}
		t.deepEqual(hart.misses, {cold: 3, flush: {sfenceAll: 12}})
	})

test('a flush of one page costs that page, for its own cause', (t) => {
	const {hart} = create()
	read(hart, 1, 2)
	sfencePage(hart, 1)
	// In the same slot, but not in the table.
	sfencePage(hart, 2 + entries)
	hart.core.flushPages(hart.block, 2, 0, 1, -1)
	read(hart, 1, 2)
	t.deepEqual(hart.misses, {cold: 2, flush: {sfencePage: 1, remoteRange: 1}})
})

test('a flush of one page costs no other page that is remembered beside it', (t) => {
	const {hart} = create({samples: 'all pages, four remembered'})
	read(hart, 1, 2, 3)
	sfencePage(hart, 2)
	read(hart, 1, 2, 3)
	read(hart, 1 + entries, 1)
	t.deepEqual(hart.misses, {cold: 4, conflict: 1, flush: {sfencePage: 1}})
})

test('the first of several flushes is the cause', (t) => {
	const {hart} = create()
	read(hart, 1, 2)
	sfencePage(hart, 1)
	hart.csrSet(0x100, 1n << 19n)
	sfence(hart)
	read(hart, 1, 2)
	sfence(hart)
	hart.csrSet(0x100, 1n << 18n)
	hart.csrClear(0x100, 1n << 18n)
	read(hart, 2)
	t.deepEqual(hart.misses, {cold: 2, flush: {sfencePage: 1, statusChange: 1, sfenceAll: 1}})
})

test('a page that was displaced before a flush was lost to the other page', (t) => {
	const {hart} = create()
	read(hart, 1, 1 + entries)
	sfence(hart)
	read(hart, 1, 1 + entries)
	t.deepEqual(hart.misses, {cold: 2, conflict: 1, flush: {sfenceAll: 1}})
})

test('a table that another thread swapped away was flushed from outside', (t) => {
	const {hart} = create({undoLimit: -1})
	read(hart, 1, 2)
	noteEmptied(hart.memory, hart.tlbState, hart.descriptor(Regime.supervisor), FlushCause.remoteAll)
	hart.swapTables()
	read(hart, 1)
	t.deepEqual(hart.misses, {cold: 2, flush: {remoteAll: 1}})
})

for (const policy of ['clear', 'atomic-clear', 'undo', 'swap-pool', 'epoch-tag'] as const)
	test(`what a flush takes is met under the policy ${policy}`, (t) => {
		const {hart} = create({design: {policy}, undoLimit: policy === 'undo' ? 1024 : -1})
		for (let round = 0; round < 3; round++) {
			read(hart, 1, 2, 2 + entries)
			sfence(hart)
		}
		t.deepEqual(hart.misses, {cold: 3, conflict: 2, flush: {sfenceAll: 4}})
	})

test('a table that was emptied from outside and stays begins a life of its own', (t) => {
	const {hart} = create({design: {policy: 'epoch-tag'}, undoLimit: -1})
	read(hart, 1, 2)
	hart.nextGeneration(Regime.supervisor)
	noteEmptied(hart.memory, hart.tlbState, hart.descriptor(Regime.supervisor), FlushCause.remoteAll)
	read(hart, 1, 2)
	t.deepEqual(hart.misses, {cold: 2, flush: {remoteAll: 2}})
	sfence(hart)
	read(hart, 1)
	t.deepEqual(hart.misses, {cold: 2, flush: {remoteAll: 2, sfenceAll: 1}})
})

test('a page that becomes a victim is displaced when it leaves the victims', (t) => {
	const inOneSlot = (count: number) => range(1, 1 + count).map((index) => index * entries)
	const {hart} = create({design: {victim: '8'}, pages: 12 * entries})
	for (let round = 0; round < 3; round++) read(hart, ...inOneSlot(9))
	t.deepEqual(hart.misses, {cold: 9})
	for (let round = 0; round < 2; round++) read(hart, ...inOneSlot(10))
	const {cold, conflict} = hart.misses
	t.is(cold, 10)
	t.true(Number(conflict) > 0)
	t.is(BigInt(Number(cold) + Number(conflict)), hart.fills)
})

test('victims that a flush of another page takes were flushed', (t) => {
	const {hart} = create({design: {victim: '8'}})
	read(hart, 1, 1 + entries)
	sfencePage(hart, 5)
	read(hart, 1)
	t.deepEqual(hart.misses, {cold: 2, flush: {sfencePage: 1}})
})

test('with a hashed index, pages that share a slot are conflicts', (t) => {
	const {hart} = create({design: {index: 'hashed'}, pages: 1024})
	// 512 + 1 and 0 lead to slot 0.
	for (let round = 0; round < 3; round++) read(hart, 0, 513, entries)
	t.deepEqual(hart.misses, {cold: 3, conflict: 6})
})

test('an entry that was there without the permission is an upgrade', (t) => {
	const {hart} = create({flags: V | R | W | X | A})
	read(hart, 1, 2)
	hart.write(0x1000n, 8, 1n)
	hart.fetch(0x2000n)
	t.deepEqual(hart.misses, {cold: 2, upgrade: 2})
})

test('a page that can only be fetched is known by its execute tag', (t) => {
	const {hart} = create({flags: V | X | A})
	hart.fetch(0x1000n)
	hart.fetch(BigInt(1 + entries) << 12n)
	hart.fetch(0x1000n)
	t.deepEqual(hart.misses, {cold: 2, conflict: 1})
})

test('a page that leads to another frame could not have been kept', (t) => {
	const {hart, tables} = create()
	read(hart, 1)
	tables.map(0x1000n, frame + 0x1000, V | R | W | A | D)
	sfencePage(hart, 1)
	read(hart, 1)
	t.deepEqual(hart.misses, {cold: 1, remapped: 1})
})

test('a page of a superpage that is met without a walk is a miss like any other', (t) => {
	const {hart, tables} = create({pages: 0})
	tables.map(0x60_0000n, ramBase + 0x20_0000, kernelPage, {level: 1})
	read(hart, 0x600, 0x601, 0x600 + entries, 0x600)
	t.deepEqual(hart.misses, {cold: 3, conflict: 1})
	sfencePage(hart, 0x600)
	read(hart, 0x601)
	t.deepEqual(hart.misses, {cold: 3, conflict: 1, flush: {sfencePage: 1}})
})

test('regimes have pages of their own', (t) => {
	const {hart, satp} = create({flags: userPage, samples: 'all pages, four remembered'})
	hart.status(1n << 18n)
	read(hart, 1)
	hart.enter(Privilege.user, satp)
	read(hart, 1)
	hart.enter(Privilege.machine)
	hart.read(BigInt(frame))
	hart.enter(Privilege.user, satp)
	read(hart, 1)
	t.deepEqual(hart.misses, {cold: 3})
})

/** In U-mode, in the space with this ASID; csrw satp is made in S-mode. */
function goTo(hart: HartCore, satpOf: bigint, asid: bigint): void {
	hart.set('privilege', Privilege.supervisor)
	hart.csrWrite(satp, satpOf | (asid << 44n))
	hart.set('privilege', Privilege.user)
	hart.core.updateRegimes()
}

for (const keepsSpaces of [true, false])
	test(`a space that comes back ${keepsSpaces ? 'has its pages' : 'has lost its pages to the write of satp'}`, (t) => {
		const {hart, satp} = create({flags: userPage, keepsSpaces})
		for (const asid of [1n, 2n, 1n, 2n]) {
			goTo(hart, satp, asid)
			read(hart, 1, 2)
		}
		t.deepEqual(hart.misses, keepsSpaces ? {cold: 4} : {cold: 4, flush: {satpWrite: 4}})
	})

test('a space that was kept loses its pages to a fence of it, of everything, or to others that need its place', (t) => {
	const {hart, satp} = create({flags: userPage, keepsSpaces: true})
	const visit = (asid: bigint) => {
		goTo(hart, satp, asid)
		read(hart, 1)
	}
	visit(1n)
	visit(2n)
	hart.set('privilege', Privilege.supervisor)
	hart.core.sfence(0, 9, 0n, 1n)
	visit(1n)
	t.deepEqual(hart.misses, {cold: 2, flush: {sfenceAll: 1}})
	hart.set('privilege', Privilege.supervisor)
	sfencePage(hart, 1)
	visit(2n)
	t.deepEqual(hart.misses, {cold: 2, flush: {sfenceAll: 1, sfencePage: 1}})
	for (const asid of [3n, 4n, 5n, 2n]) visit(asid)
	t.deepEqual(hart.misses, {cold: 5, flush: {sfenceAll: 1, sfencePage: 1, satpWrite: 1}})
})

test('a kept space that another hart fenced meanwhile was flushed from outside', (t) => {
	const {hart, satp} = create({flags: userPage, keepsSpaces: true})
	goTo(hart, satp, 1n)
	read(hart, 1)
	goTo(hart, satp, 2n)
	hart.countFence()
	goTo(hart, satp, 1n)
	read(hart, 1)
	t.deepEqual(hart.misses, {cold: 1, flush: {remoteAll: 1}})
})

for (const stride of [1, 2, 64, 512])
	test(`one page of 32 is sampled where pages lie ${stride} apart`, (t) => {
		const {hart, tables} = create({samples: 'some pages', pages: 0})
		for (const index of range(0, 1024)) {
			const page = index * stride
			tables.map(BigInt(page) << 12n, frame, kernelPage)
			read(hart, page)
		}
		const {cold} = hart.misses
		t.true(Number(cold) >= 24 && Number(cold) <= 40, `${cold} of 1024`)
	})

test('the sample forgets what was filled longest ago, and says so', (t) => {
	const {hart} = create({pages: 0x2000})
	for (let round = 0; round < 2; round++) read(hart, ...range(0, 0x2000))
	const {cold, givenUp} = hart.misses
	t.true(Number(cold) > 0x2000)
	t.is(Number(givenUp), Number(cold) - 4096)
})

test('without statistics nothing is noted, and no flush is timed', (t) => {
	const {hart} = create({samples: undefined})
	read(hart, 1, 1 + entries, 1)
	sfence(hart)
	t.deepEqual([hart.trailer('life'), hart.trailer('lifeFills')], [0, 0])
	t.deepEqual(hart.misses, {})
	t.deepEqual(hart.timedFlushes, [])
})

test('with statistics each flush is timed, and where it was carried out is told', (t) => {
	const {hart, satp: first} = create({undoLimit: -1})
	sfence(hart)
	read(hart, 1)
	sfencePage(hart, 1)
	sfence(hart)
	hart.core.sfence(0, 9, 0n, 0n)
	hart.csrWrite(satp, first | (1n << 44n))
	const replaced = 1 << Regime.supervisor
	t.deepEqual(hart.timedFlushes, ['begins', 0, 'begins', 0, 'begins', replaced, 'begins', 0, 'begins', 0])
})
