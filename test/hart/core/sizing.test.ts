/** What fills show of a table: entries in use, and displaced pages that come back. Victims of fills. */
import test from 'ava'
import {Doorbell, ramBase, VcpuWords} from '../../../src/memory/index.ts'
import {Regime, resizeBit, type TlbDesign, tagEncodings} from '../../../src/tlb/index.ts'
import {HartCore, Privilege} from './hart-core.ts'
import {kernelPage, PageTables} from './page-tables.ts'

const page = ramBase + 0x5000
const entries = 64

function paged(design: Partial<TlbDesign>) {
	const hart = new HartCore(undefined, {design})
	const tables = new PageTables(hart)
	hart.enter(Privilege.supervisor, tables.satp)
	const read = (number: number) => {
		tables.map(BigInt(number) << 12n, page, kernelPage)
		return hart.read(BigInt(number) << 12n)
	}
	return {hart, tables, read}
}

test('entries in use are counted once each, by generation', (t) => {
	const {hart, read} = paged({size: 'adaptive', policy: 'epoch-tag'})
	for (const number of [1, 2, 3, 2 + entries, 2]) read(number)
	t.is(hart.trailer('used'), 3)
	hart.core.sfence(0, 0, 0n, 0n)
	t.is(hart.trailer('used'), 0)
	read(3)
	read(4)
	t.is(hart.trailer('used'), 2)
	t.is(hart.trailer('logged'), 2)
})

test('pages that displace each other again and again ring for a larger table, pages that are read once do not', (t) => {
	const once = paged({size: 'adaptive'})
	for (let number = 0; number < 40 * entries; number++) once.read(number)
	t.is(once.hart.trailer('returned'), 0)
	t.is(once.hart.doorbell & Doorbell.flush, 0)
	const {hart, read} = paged({size: 'adaptive'})
	for (let round = 0; round < 20; round++) for (let number = 0; number < 2 * entries; number++) read(number)
	t.true(hart.trailer('returned') >= 8)
	t.is(hart.doorbell & Doorbell.flush, Doorbell.flush)
	t.is(hart.requestBits, resizeBit)
})

test('a table that could not grow asks again', (t) => {
	const {hart, read} = paged({size: 'adaptive'})
	const displace = (returns: number) => {
		for (let number = 0; hart.trailer('returned') < returns; number = (number + 1) % (2 * entries)) read(number)
	}
	displace(8)
	hart.memory.i32[(hart.block + VcpuWords.offset.doorbell) / 4] = 0
	displace(15)
	t.is(hart.doorbell & Doorbell.flush, 0)
	displace(16)
	t.is(hart.doorbell & Doorbell.flush, Doorbell.flush)
})

test('pages of a fixed size are not counted', (t) => {
	const {hart, read} = paged({})
	for (let number = 0; number < 5; number++) read(number)
	t.is(hart.trailer('used'), 0)
})

for (const policy of ['swap-undo', 'epoch-tag'] as const)
	test(`a page that was displaced comes back from the victims without a walk, until a flush, under ${policy}`, (t) => {
		const {hart, tables, read} = paged({victim: '8', policy})
		for (let number = 1; number < 9; number++) read(number)
		for (let number = 1; number < 9; number++) read(number + entries)
		const fills = hart.fills
		for (let number = 1; number < 9; number++) t.is(typeof hart.read(BigInt(number) << 12n), 'bigint')
		t.is(hart.fills, fills)
		t.is(hart.entry(0x1000n), 'read write')
		// The exchange has made victims of the others.
		hart.read(BigInt(1 + entries) << 12n)
		t.is(hart.fills, fills)

		// A fence of one page forgets it among the victims, too.
		tables.map(0x1000n, page, 0n)
		hart.core.sfence(1, 0, 0x1000n, 0n)
		t.deepEqual(hart.read(0x1000n), {cause: 13, tval: 0x1000n})
		// Not the first victim, whose place is filled again below.
		read(3 + entries)
		read(2)
		read(2 + entries)
		tables.map(0x2000n, page, 0n)
		hart.core.sfence(0, 0, 0n, 0n)
		// From now on there are victims again.
		read(5)
		read(5 + entries)
		t.deepEqual(hart.read(0x2000n), {cause: 13, tval: 0x2000n})
	})

for (const encoding of tagEncodings)
	for (const policy of ['swap-undo', 'epoch-tag'] as const)
		test(`page 0 is not found where there is no victim yet, under ${policy}, ${encoding}`, (t) => {
			const {hart, read} = paged({victim: '8', policy, encoding})
			read(1)
			read(1 + entries)
			t.deepEqual(hart.read(0n), {cause: 13, tval: 0n})
			t.deepEqual(hart.write(0n, 8, 1n), {cause: 15, tval: 0n})
			t.deepEqual(hart.fetch(0n), {cause: 12, tval: 0n})
			t.is(typeof read(0), 'bigint')
		})

test('without victims a displaced page is walked for again', (t) => {
	const {hart, read} = paged({})
	read(1)
	read(1 + entries)
	const fills = hart.fills
	hart.read(0x1000n)
	t.is(hart.fills, fills + 1n)
})

test('a victim that is fetched brings its code page along', (t) => {
	const {hart, tables} = paged({victim: '8'})
	const other = BigInt(4 + entries) << 12n
	tables.map(0x4000n, page, kernelPage)
	tables.map(other, page + 0x1000, kernelPage)
	const code = hart.fetch(0x4000n)
	hart.fetch(other)
	const fills = hart.fills
	t.is(hart.fetch(0x4000n), code)
	t.is(hart.fills, fills)
})

test('the write entry of a victim whose page becomes code is tracked', (t) => {
	const {hart, tables} = paged({victim: '8'})
	tables.map(0x4000n, page, kernelPage)
	hart.write(0x4000n, 8, 1n)
	tables.map(BigInt(4 + entries) << 12n, page + 0x1000, kernelPage)
	hart.read(BigInt(4 + entries) << 12n)
	// Code of the same page, at another address.
	tables.map(0x8000n, page, kernelPage)
	const code = hart.fetch(0x8000n)
	hart.core.coverInstruction(Number(code), 0)
	hart.read(0x4000n)
	t.is(hart.entry(0x4000n), 'read')
})

test('a hashed index puts pages that a direct one puts into one entry into two', (t) => {
	const {hart, read} = paged({index: 'hashed'})
	read(1)
	read(1 + 512)
	const fills = hart.fills
	hart.read(0x1000n)
	t.is(hart.fills, fills)
	t.is(hart.entry(0x1000n, hart.descriptor(Regime.supervisor)), 'read write')
})
