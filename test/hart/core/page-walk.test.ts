/**
 * Sv39, Sv48 and Sv57, Svnapot, Svpbmt, Svade and Svadu: which translations succeed or fault, and their A and D bits.
 */
import test from 'ava'
import {ramBase} from '../../../src/memory/index.ts'
import {Environment, HartCore, Privilege} from './hart-core.ts'
import {kernelPage, PageTables, type PagingMode, Pte, userPage} from './page-tables.ts'

const {V, R, W, X, U, A, D} = Pte
const gva = 0x12_3456_7000n
/** Of Svnapot. */
const N = 1n << 63n
const page = ramBase + 0x5000
const Status = {SUM: 1n << 18n, MXR: 1n << 19n, MPRV: 1n << 17n, mppSupervisor: 1n << 11n}

function paged(mode: PagingMode = 'Sv39', privilege: number = Privilege.supervisor) {
	const hart = new HartCore()
	const tables = new PageTables(hart, mode)
	hart.enter(privilege, tables.satp)
	return {hart, tables}
}

const fault = (cause: number, tval = gva) => ({cause, tval})

for (const mode of ['Sv39', 'Sv48', 'Sv57'] as const) {
	test(`${mode} translates a 4 KiB page`, (t) => {
		const {hart, tables} = paged(mode)
		tables.map(gva, page, kernelPage)
		hart.poke(page + 0x18, 0x1122_3344_5566_7788n)
		t.is(hart.read(gva + 0x18n), 0x1122_3344_5566_7788n)
		t.is(hart.write(gva + 0x18n, 8, 5n), 1n)
		t.is(hart.peek(page + 0x18), 5n)
	})

	for (const [level, name] of [
		[1, 'megapage'],
		[2, 'gigapage'],
	] as const) {
		test(`${mode} translates a ${name}, and refuses one whose physical page is misaligned`, (t) => {
			const {hart, tables} = paged(mode)
			const pte = tables.map(gva, level === 1 ? ramBase + 0x20_0000 : ramBase, kernelPage, {level})
			const offset = level === 1 ? gva & 0x1f_f000n : 0x12_3000n
			const within = (gva & ~((1n << BigInt(12 + 9 * level)) - 1n)) + offset
			hart.poke(Number(BigInt(level === 1 ? ramBase + 0x20_0000 : ramBase) + offset), 77n)
			t.is(hart.read(within), 77n)
			hart.swapTables()
			hart.poke(pte, hart.peek(pte) | (1n << 10n))
			t.deepEqual(hart.read(within), fault(13, within))
		})
	}
}

test('Sv48 reaches 512 GiB pages', (t) => {
	const {hart, tables} = paged('Sv48')
	tables.map(0n, 0, kernelPage, {level: 3})
	hart.poke(page, 9n)
	t.is(hart.read(BigInt(page)), 9n)
})

test('Sv57 reaches 256 TiB pages, and both ends of its range', (t) => {
	const {hart, tables} = paged('Sv57')
	tables.map(0n, 0, kernelPage, {level: 4})
	hart.poke(page, 9n)
	t.is(hart.read(BigInt(page)), 9n)
	for (const end of [0xff_ffff_ffff_f000n, 0xff00_0000_0000_0000n, 0xffff_ffff_ffff_f000n]) {
		tables.map(end, page, kernelPage)
		hart.swapTables()
		t.is(hart.read(end), 9n)
	}
})

test('Svnapot: sixteen PTEs map 64 KiB together, each of them all of it', (t) => {
	const {hart, tables} = paged()
	const base = ramBase + 0x3_0000
	// The size is in the low bits of the page number: 8 is 64 KiB.
	for (let index = 0n; index < 16n; index++) tables.map(0x40_0000n + index * 0x1000n, base + 0x8000, kernelPage | N)
	for (let index = 0; index < 16; index++) hart.poke(base + index * 0x1000 + 8, BigInt(index))
	for (let index = 0n; index < 16n; index++) t.is(hart.read(0x40_0008n + index * 0x1000n), index)
	t.deepEqual(hart.superpages(), [[0x40_0000n, 0x1_0000n]], 'a fence of any page of it forgets all')
})

test('Svnapot: A and D are set in the PTE that the walk found', (t) => {
	const {hart, tables} = paged()
	const pte = tables.map(0x40_3000n, ramBase + 0x3_8000, V | R | W | N)
	hart.write(0x40_3000n, 8, 5n)
	t.is(hart.peek(pte), ((BigInt(ramBase + 0x3_8000) >> 12n) << 10n) | V | R | W | A | D | N)
	t.is(hart.peek(ramBase + 0x3_3000), 5n)
})

test('Svnapot: N in a superpage is reserved', (t) => {
	const {hart, tables} = paged()
	tables.map(0x40_0000n, ramBase, kernelPage | N, {level: 1})
	t.deepEqual(hart.read(0x40_0000n), fault(13, 0x40_0000n))
})

test('Svpbmt: with menvcfg.PBMTE the types NC and IO change nothing here, and the third is reserved', (t) => {
	const {hart, tables} = paged()
	hart.set('menvcfg', Environment.ADUE | Environment.PBMTE)
	hart.poke(page, 3n)
	for (const [type, outcome] of [
		[0n, 3n],
		[1n, 3n],
		[2n, 3n],
		[3n, fault(13)],
	] as const) {
		tables.map(gva, page, kernelPage | (type << 61n))
		hart.swapTables()
		t.deepEqual(hart.read(gva), outcome)
	}
})

test('without menvcfg.ADUE a PTE that lacks A, or D for a store, is a page fault, and stays as it is', (t) => {
	const {hart, tables} = paged()
	hart.set('menvcfg', 0)
	const pte = tables.map(gva, page, V | R | W | X)
	t.deepEqual(hart.read(gva), fault(13))
	t.deepEqual(hart.write(gva, 8, 1n), fault(15))
	t.deepEqual(hart.fetch(gva), fault(12))
	t.is(hart.peek(pte) & 0xffn, V | R | W | X)
	tables.map(gva, page, V | R | W | X | A)
	t.is(hart.read(gva), 0n)
	t.is(typeof hart.fetch(gva), 'bigint')
	t.deepEqual(hart.write(gva, 8, 1n), fault(15))
	t.deepEqual(hart.atomic(gva, 8, 'amo'), fault(15))
	tables.map(gva, page, V | R | W | X | A | D)
	t.is(hart.write(gva, 8, 1n), 1n)
})

for (const [name, mode, address] of [
	['Sv39 above bit 38', 'Sv39', 1n << 39n],
	['Sv39 with a wrong upper half', 'Sv39', 0x7fff_ffff_ffff_f000n],
	['Sv39, bit 38 not extended', 'Sv39', 1n << 38n],
	['Sv48 above bit 47', 'Sv48', 1n << 48n],
	['Sv48, bit 47 not extended', 'Sv48', 1n << 47n],
	['Sv57 above bit 56', 'Sv57', 1n << 57n],
	['Sv57, bit 56 not extended', 'Sv57', 1n << 56n],
] as const) {
	test(`a non-canonical address is a page fault: ${name}`, (t) => {
		const {hart, tables} = paged(mode)
		// The page that the address would reach without its upper bits.
		tables.map(address, page, kernelPage)
		t.deepEqual(hart.read(address), {cause: 13, tval: address})
		t.deepEqual(hart.write(address, 8, 0n), {cause: 15, tval: address})
		t.deepEqual(hart.fetch(address), {cause: 12, tval: address})
	})
}

test('the highest canonical addresses translate', (t) => {
	const {hart, tables} = paged()
	const top = 0xffff_ffff_ffff_f000n
	tables.map(top, page, kernelPage)
	hart.poke(page + 0xff8, 3n)
	t.is(hart.read(top + 0xff8n), 3n)
})

for (const [name, flags] of [
	['not valid', R | W | A | D],
	['W without R', V | W | A | D],
	['W and X without R', V | W | X | A | D],
	['a pointer at the last level', V],
	['reserved bit 54', kernelPage | (1n << 54n)],
	['reserved bit 60', kernelPage | (1n << 60n)],
	['a memory type of Svpbmt without menvcfg.PBMTE', kernelPage | (1n << 61n)],
	['N of Svnapot with another size than 64 KiB', kernelPage | N | (1n << 12n)],
	['N of Svnapot with no size', kernelPage | N],
] as const) {
	test(`each access through a PTE is a page fault: ${name}`, (t) => {
		const {hart, tables} = paged()
		tables.map(gva, page, flags)
		t.deepEqual(hart.read(gva), fault(13))
		t.deepEqual(hart.write(gva, 1, 0n), fault(15))
		t.deepEqual(hart.fetch(gva), fault(12))
		t.deepEqual(hart.atomic(gva, 4, 'lr'), fault(13))
		t.deepEqual(hart.atomic(gva, 8, 'amo'), fault(15))
	})
}

for (const [name, bit] of [
	['A', A],
	['D', D],
	['U', U],
	['a memory type', 1n << 61n],
	['N', N],
] as const) {
	test(`a pointer PTE with ${name} is a page fault`, (t) => {
		const {hart, tables} = paged()
		tables.map(gva, page, kernelPage)
		const pointer = tables.pteOf(gva, 1)
		hart.poke(pointer, hart.peek(pointer) | bit)
		t.deepEqual(hart.read(gva), fault(13))
	})
}

test('a page table outside RAM is an access fault', (t) => {
	const {hart, tables} = paged()
	hart.poke(tables.pteOf(gva, 1), ((0x1000_0000n >> 12n) << 10n) | V)
	t.deepEqual(hart.read(gva), fault(5))
	t.deepEqual(hart.write(gva, 8, 0n), fault(7))
	t.deepEqual(hart.fetch(gva), fault(1))
})

test('a load sets A, a store A and D, a refused access neither', (t) => {
	const {hart, tables} = paged()
	const pte = tables.map(gva, page, V | R | W)
	const bits = () => hart.peek(pte) & 0xffn
	t.deepEqual(hart.fetch(gva), fault(12))
	t.is(bits(), V | R | W)
	hart.read(gva)
	t.is(bits(), V | R | W | A)
	t.is(hart.write(gva, 8, 1n), 1n)
	t.is(bits(), V | R | W | A | D)
})

test('a store through a page that was only read comes back to set D', (t) => {
	const {hart, tables} = paged()
	const pte = tables.map(gva, page, V | R | W)
	hart.read(gva)
	t.is(hart.entry(gva), 'read')
	hart.write(gva, 8, 1n)
	t.is(hart.peek(pte) & D, D)
	t.is(hart.entry(gva), 'read write')
})

const permissions = [
	// privilege, mstatus, PTE, [load, store, fetch] allowed
	['S on a supervisor page', Privilege.supervisor, 0n, kernelPage, [true, true, true]],
	['S on a user page', Privilege.supervisor, 0n, userPage, [false, false, false]],
	['S with SUM on a user page', Privilege.supervisor, Status.SUM, userPage, [true, true, false]],
	['S with SUM on a supervisor page', Privilege.supervisor, Status.SUM, kernelPage, [true, true, true]],
	['U on a user page', Privilege.user, 0n, userPage, [true, true, true]],
	['U on a supervisor page', Privilege.user, 0n, kernelPage, [false, false, false]],
	['U with SUM on a supervisor page', Privilege.user, Status.SUM, kernelPage, [false, false, false]],
	['S on an execute-only page', Privilege.supervisor, 0n, V | X | A, [false, false, true]],
	['S with MXR on an execute-only page', Privilege.supervisor, Status.MXR, V | X | A, [true, false, true]],
	['U with MXR on a supervisor page', Privilege.user, Status.MXR, kernelPage, [false, false, false]],
	['S on a read-only page', Privilege.supervisor, 0n, V | R | A, [true, false, false]],
] as const
for (const [name, privilege, status, flags, [load, store, fetch]] of permissions) {
	test(`${name}: load ${load}, store ${store}, fetch ${fetch}`, (t) => {
		const {hart, tables} = paged('Sv39', privilege)
		tables.map(gva, page, flags)
		hart.status(status)
		t.is(typeof hart.read(gva) === 'bigint', load)
		t.is(typeof hart.write(gva, 8, 1n) === 'bigint', store)
		t.is(typeof hart.fetch(gva) === 'bigint', fetch)
	})
}

test('M-mode is not translated, unless MPRV lends it the privilege in MPP for data', (t) => {
	const {hart, tables} = paged('Sv39', Privilege.machine)
	tables.map(gva, page, userPage)
	hart.poke(page, 1n)
	t.deepEqual(hart.read(gva), fault(5))
	hart.status(Status.MPRV)
	t.is(hart.read(gva), 1n)
	hart.status(Status.MPRV | Status.mppSupervisor)
	t.deepEqual(hart.read(gva), fault(13))
	hart.status(Status.MPRV | Status.mppSupervisor | Status.SUM)
	t.is(hart.read(gva), 1n)
	t.deepEqual(hart.fetch(gva), fault(1))
})
