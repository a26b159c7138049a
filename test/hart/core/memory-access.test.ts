/** Accesses beyond the inline TLB lookup: misaligned, page-crossing, atomic, devices, cbo.zero. */
import test from 'ava'
import {ramBase} from '../../../src/memory/index.ts'
import {HartCore, Privilege, rom} from './hart-core.ts'
import {kernelPage, PageTables, Pte} from './page-tables.ts'

const ram = BigInt(ramBase)
const uart = 0x1000_0000

test('misaligned accesses within a page work', (t) => {
	const hart = new HartCore()
	t.is(hart.write(ram + 3n, 8, 0x0123_4567_89ab_cdefn), 1n)
	t.is(hart.read(ram + 3n), 0x0123_4567_89ab_cdefn)
	t.is(hart.read(ram + 5n, 2), 0x89abn)
	t.is(hart.peek(ramBase), 0x6789_abcd_ef00_0000n)
})

for (const bytes of [2, 4, 8] as const) {
	test(`${bytes}-byte accesses across two pages that are far apart work at each split`, (t) => {
		const hart = new HartCore()
		const tables = new PageTables(hart)
		tables.map(0x4000n, ramBase + 0x9000, kernelPage)
		tables.map(0x5000n, ramBase + 0x3000, kernelPage)
		hart.enter(Privilege.supervisor, tables.satp)
		const value = BigInt.asUintN(bytes * 8, 0x8877_6655_4433_2211n)
		for (let first = 1n; first < bytes; first++) {
			t.is(hart.write(0x5000n - first, bytes, value), 1n)
			t.is(hart.read(0x5000n - first, bytes), value)
			t.is(hart.read(0x5000n, 1), (value >> (8n * first)) & 0xffn)
		}
	})
}

test('a store whose second page faults writes nothing, and names the second page', (t) => {
	const hart = new HartCore()
	const tables = new PageTables(hart)
	tables.map(0x4000n, ramBase + 0x9000, kernelPage)
	hart.enter(Privilege.supervisor, tables.satp)
	t.deepEqual(hart.write(0x4ffen, 4, 0xffff_ffffn), {cause: 15, tval: 0x5000n})
	t.is(hart.peek(ramBase + 0x9ff8), 0n)
	tables.map(0x5000n, ramBase + 0x3000, Pte.V | Pte.R)
	t.deepEqual(hart.write(0x4ffen, 4, 0xffff_ffffn), {cause: 15, tval: 0x5000n})
	t.is(hart.peek(ramBase + 0x9ff8), 0n)
	t.is(hart.read(0x4ffen, 4), 0n)
})

test('an access across pages names the first page when that one faults', (t) => {
	const hart = new HartCore()
	const tables = new PageTables(hart)
	tables.map(0x5000n, ramBase + 0x3000, kernelPage)
	hart.enter(Privilege.supervisor, tables.satp)
	t.deepEqual(hart.read(0x4ffdn), {cause: 13, tval: 0x4ffdn})
})

test('an access behind the end of RAM is an access fault', (t) => {
	const hart = new HartCore()
	hart.registers.clear()
	const end = ram + BigInt(hart.memory.region('ram').size)
	t.is(hart.read(end - 8n), 0n)
	t.deepEqual(hart.read(end), {cause: 5, tval: end})
	t.deepEqual(hart.write(end, 8, 1n), {cause: 7, tval: end})
	t.deepEqual(hart.fetch(end), {cause: 1, tval: end})
})

test('physical addresses beyond 56 bits are access faults', (t) => {
	const hart = new HartCore()
	const far = 0xffff_ffff_8000_0000n
	t.deepEqual(hart.read(far), {cause: 5, tval: far})
	t.deepEqual(hart.fetch(far), {cause: 1, tval: far})
})

test('the boot ROM can be read and fetched, not written', (t) => {
	const hart = new HartCore()
	hart.memory.u64[hart.memory.region('rom').offset / 8] = 42n
	const gva = BigInt(rom.gpa)
	t.is(hart.read(gva), 42n)
	t.is(typeof hart.fetch(gva), 'bigint')
	t.deepEqual(hart.write(gva, 4, 0n), {cause: 7, tval: gva})
	t.deepEqual(hart.atomic(gva, 4, 'amo'), {cause: 7, tval: gva})
	t.is(hart.read(gva), 42n)
})

test('device accesses reach the bus with their size', (t) => {
	const hart = new HartCore()
	hart.registers.set(uart, 0xffff_fff1).set(uart + 4, 0x8000_0002)
	t.is(hart.read(BigInt(uart), 1), 0xf1n)
	t.is(hart.read(BigInt(uart), 4), 0xffff_fff1n)
	t.is(hart.read(BigInt(uart), 8), 0x8000_0002_ffff_fff1n)
	t.is(hart.write(BigInt(uart), 2, 0x1_2345n), 1n)
	t.is(hart.write(BigInt(uart), 8, 0xfedc_ba98_7654_3210n), 1n)
	t.deepEqual(hart.mmio, [
		'read 10000000 1',
		'read 10000000 4',
		'read 10000000 8',
		'write 10000000 2 2345',
		'write 10000000 8 fedcba9876543210',
	])
})

test('no register: access fault. A misaligned register: address misaligned', (t) => {
	const hart = new HartCore()
	const gva = BigInt(uart)
	t.deepEqual(hart.read(gva, 4), {cause: 5, tval: gva})
	t.deepEqual(hart.write(gva, 4, 0n), {cause: 7, tval: gva})
	t.deepEqual(hart.fetch(gva), {cause: 1, tval: gva})
	t.deepEqual(hart.read(gva + 2n, 4), {cause: 4, tval: gva + 2n})
	t.deepEqual(hart.write(gva + 1n, 2, 0n), {cause: 6, tval: gva + 1n})
})

test('atomics return the place in RAM; misaligned ones, and those where nothing is, fault as loads (LR) and stores (SC, AMO)', (t) => {
	const hart = new HartCore()
	const gva = BigInt(uart)
	t.is(hart.atomic(ram + 8n, 8, 'lr'), BigInt(hart.ramOffset(ramBase + 8)))
	t.is(hart.atomic(ram + 12n, 4, 'amo'), BigInt(hart.ramOffset(ramBase + 12)))
	t.deepEqual(hart.atomic(ram + 4n, 8, 'lr'), {cause: 4, tval: ram + 4n})
	t.deepEqual(hart.atomic(ram + 2n, 4, 'amo'), {cause: 6, tval: ram + 2n})
	t.deepEqual(hart.atomic(gva, 4, 'lr'), {cause: 5, tval: gva})
	t.deepEqual(hart.atomic(gva, 4, 'amo'), {cause: 7, tval: gva})
})

test('an AMO on a device register is carried out by the device, and the old value lies at the offset that is returned', (t) => {
	const hart = new HartCore()
	hart.registers.set(uart, 0xffff_fff0).set(uart + 4, 1)
	const old = hart.atomic(BigInt(uart), 8, 'amo', 0x20n) as bigint
	t.is(hart.memory.u64[Number(old) / 8], 0x1_ffff_fff0n)
	t.deepEqual([hart.registers.get(uart), hart.registers.get(uart + 4)], [0x10, 2])
	t.deepEqual(hart.mmio, ['amo 10000000 8 20'])
})

test('an LR does not dirty the page, an SC does', (t) => {
	const hart = new HartCore()
	const tables = new PageTables(hart)
	const pte = tables.map(0x4000n, ramBase + 0x9000, Pte.V | Pte.R | Pte.W)
	hart.enter(Privilege.supervisor, tables.satp)
	hart.atomic(0x4000n, 8, 'lr')
	t.is(hart.peek(pte) & (Pte.A | Pte.D), Pte.A)
	hart.atomic(0x4000n, 8, 'amo')
	t.is(hart.peek(pte) & (Pte.A | Pte.D), Pte.A | Pte.D)
})

test('cbo.zero clears the 64-byte block around its address, where menvcfg and senvcfg allow it', (t) => {
	const hart = new HartCore()
	const fillBlock = () => {
		for (let i = -1; i <= 8; i++) hart.poke(ramBase + 0x1000 + i * 8, ~0n)
	}
	fillBlock()
	t.is(hart.core.zeroBlock(ram + 0x1013n), 1)
	for (let i = -1; i <= 8; i++) {
		t.is(hart.peek(ramBase + 0x1000 + i * 8), i < 0 || i > 7 ? 0xffff_ffff_ffff_ffffn : 0n)
	}
	hart.enter(Privilege.supervisor)
	t.is(hart.core.zeroBlock(ram), 2)
	hart.set('menvcfg', 1n << 7n)
	t.is(hart.core.zeroBlock(ram), 1)
	hart.enter(Privilege.user)
	t.is(hart.core.zeroBlock(ram), 2)
	hart.set('senvcfg', 1n << 7n)
	t.is(hart.core.zeroBlock(ram), 1)
	t.is(hart.core.zeroBlock(BigInt(uart)), 0)
	t.is(hart.get('trapCause'), 7n)
})

const [inval, clean, flush] = [0, 1, 2] as const
const illegal = 2

test('cbo.clean and cbo.flush need CBCFE of menvcfg below M, and of senvcfg in U; cbo.inval CBIE', (t) => {
	const hart = new HartCore()
	const outcomes = () => [inval, clean, flush].map((operation) => hart.core.manageBlock(ram + 5n, operation))
	t.deepEqual(outcomes(), [1, 1, 1])
	hart.enter(Privilege.supervisor)
	t.deepEqual(outcomes(), [illegal, illegal, illegal])
	hart.set('menvcfg', 0x40n)
	t.deepEqual(outcomes(), [illegal, 1, 1])
	for (const field of [0x10n, 0x30n]) {
		hart.set('menvcfg', field)
		t.deepEqual(outcomes(), [1, illegal, illegal])
	}
	hart.set('menvcfg', 0x70n)
	hart.enter(Privilege.user)
	t.deepEqual(outcomes(), [illegal, illegal, illegal])
	hart.set('senvcfg', 0x50n)
	t.deepEqual(outcomes(), [1, 1, 1])
})

test('cache-block management needs an address that can be loaded from; its faults are those of stores, at its address', (t) => {
	const hart = new HartCore()
	const tables = new PageTables(hart)
	tables.map(0x4000n, ramBase + 0x9000, Pte.V | Pte.R)
	tables.map(0x5000n, ramBase + 0x9000, Pte.V | Pte.X)
	tables.map(0x6000n, uart, kernelPage)
	hart.set('menvcfg', 0x70n | (1n << 61n))
	hart.enter(Privilege.supervisor, tables.satp)
	const outcome = (gva: bigint) =>
		hart.core.manageBlock(gva, flush) === 1 ? 'done' : [hart.get('trapCause'), hart.get('trapTval')]
	t.is(outcome(0x4fffn), 'done')
	t.deepEqual(outcome(0x5012n), [15n, 0x5012n])
	t.deepEqual(outcome(0x6000n), [7n, 0x6000n])
	t.deepEqual(outcome(0x7003n), [15n, 0x7003n])
})

test('cache-block management leaves memory as it is', (t) => {
	const hart = new HartCore()
	hart.poke(ramBase, 0x1234n)
	for (const operation of [inval, clean, flush]) hart.core.manageBlock(ram, operation)
	t.is(hart.read(ram), 0x1234n)
})
