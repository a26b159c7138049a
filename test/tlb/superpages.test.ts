/** Flushes of pages that belong to superpages. */
import test from 'ava'
import {
	FlushCause,
	formatTlbDesign,
	logCapacity,
	Regime,
	superpageCount,
	type TlbConfig,
	type TlbDesign,
	tagEncodings,
	trailerWord,
} from '../../src/tlb/index.ts'
import {randomNumbers} from '../rcu/shared-memory.ts'
import {fill, isFresh, lookUp, openTable} from './lookup.ts'
import {TestMachine} from './test-machine.ts'

const [kilobytes64, megabytes2, gigabyte] = [16, 21, 30]

/** The user's table of a machine with one vCPU, which is online. With the policy epoch-tag it is in its second generation. */
function create(config: Partial<TlbConfig> = {}) {
	const machine = TestMachine.create({vcpus: 1, ...config})
	machine.enter(0)
	if (config.design?.policy === 'epoch-tag') {
		const before = machine.descriptor(0, Regime.user)
		openTable(machine.memory, before)
		for (let page = 0; page < 64; page++) fill(machine, before, page, 4)
		machine.tlb.flush(0, FlushCause.sfenceAll)
	}
	const descriptor = machine.descriptor(0, Regime.user)
	openTable(machine.memory, descriptor)
	return {
		machine,
		descriptor,
		/** Pages of their own. */
		fillPages: (...pages: number[]) => {
			for (const page of pages) fill(machine, descriptor, page, 5)
		},
		/** Pages of one superpage. */
		fillPieces: (log2: number, ...pages: number[]) => {
			machine.operations.noteSuperpage(descriptor, BigInt(pages[0]!) << 12n, 1n << BigInt(log2))
			for (const page of pages) fill(machine, descriptor, page, 5)
		},
		/** Whether there are superpages that the table does not name. */
		isCrowded: () => machine.memory.u64[trailerWord(descriptor, 'superpagesUnnamed') / 2] !== 0n,
		isThere: (page: number) => lookUp(machine, descriptor, page) === 5,
		isSwapped: () => machine.descriptor(0, Regime.user) !== descriptor,
		isEmptied: () =>
			machine.descriptor(0, Regime.user) !== descriptor || machine.memory.i32[trailerWord(descriptor, 'filled')] === 0,
	}
}

const upTo = (first: number, count: number) => Array.from({length: count}, (_, index) => first + index)

for (const encoding of tagEncodings) {
	for (const [way, size, others] of [
		['the log names few entries', '4096', 0],
		['the log names more entries than the superpage has slots', '4096', 600],
		['the log has overflowed', '4096', logCapacity + 600],
		['the superpage is larger than the table', '64', 0],
	] as const)
		test(`a flush of any page of a superpage takes all of its pages and no others where ${way}, with ${encoding}`, (t) => {
			const {machine, fillPages, fillPieces, isThere, isSwapped} = create({design: {size, encoding}})
			fillPages(...upTo(0x600, others))
			fillPieces(megabytes2, 0x200, 0x210, 0x3ff)
			// With 2^6 entries they take other slots than the pieces.
			fillPages(0x1f1, 0x401)
			machine.flushPage(0, 0x3a7, 0)
			t.false(isSwapped())
			t.deepEqual([0x200, 0x210, 0x3ff].map(isThere), [false, false, false])
			t.deepEqual([0x1f1, 0x401].map(isThere), [true, true])
			t.true(upTo(0x600, others).every(isThere))
		})

	for (const others of [0, 30])
		test(`of a superpage at address 0 only what was filled is invalidated, ${others} entries beside it, with ${encoding}`, (t) => {
			const {machine, descriptor, fillPages, fillPieces, isThere} = create({design: {encoding}})
			fillPages(...upTo(0x100, others))
			fillPieces(kilobytes64, 0, 7)
			machine.flushPage(0, 3, 0)
			t.deepEqual([0, 7].map(isThere), [false, false])
			fillPages(5)
			machine.tlb.flush(0, FlushCause.sfenceAll)
			t.is(machine.tlb.tlbStatistics(0).undone, 1)
			t.true(isFresh(machine, descriptor), 'the log names all that is not zero')
		})
}

test('pages between two superpages are flushed one by one', (t) => {
	const {machine, fillPages, fillPieces, isThere} = create()
	fillPieces(megabytes2, 0x200)
	fillPieces(megabytes2, 0x800)
	fillPages(0x400, 0x401)
	machine.flushPage(0, 0x400, 0)
	t.deepEqual([0x200, 0x400, 0x401, 0x800].map(isThere), [true, false, true, true])
})

test('a superpage that was flushed is forgotten, so that later pages there are flushed one by one', (t) => {
	const {machine, fillPages, fillPieces, isThere} = create()
	fillPieces(megabytes2, 0x200, 0x201)
	machine.flushPage(0, 0x200, 0)
	fillPages(0x200, 0x201)
	machine.flushPage(0, 0x200, 0)
	t.deepEqual([0x200, 0x201].map(isThere), [false, true])
})

test('superpages of two sizes at one address both go', (t) => {
	const {machine, fillPieces, isThere} = create()
	fillPieces(kilobytes64, 0x200, 0x201)
	fillPieces(megabytes2, 0x200, 0x300)
	machine.flushPage(0, 0x20f, 0)
	t.deepEqual([0x201, 0x300].map(isThere), [false, false])
})

test('superpages that share a place are all flushed, again and again', (t) => {
	const {machine, fillPages, fillPieces, isCrowded, isThere} = create()
	const bases: number[] = []
	// Each has slots of its own.
	while (!isCrowded()) {
		const base = 0x200 + bases.length * 0x200 + bases.length * 4
		fillPieces(megabytes2, base, base + 1)
		bases.push(base)
	}
	t.true(bases.length > 8, 'neighbours lie in different places')
	for (let round = 0; round < 3; round++) {
		for (const base of bases) fillPieces(megabytes2, base, base + 1)
		for (const base of bases) {
			t.deepEqual([base, base + 1].map(isThere), [true, true])
			machine.flushPage(0, base + 2, 0)
			t.deepEqual([base, base + 1].map(isThere), [false, false])
		}
	}
	machine.tlb.flush(0, FlushCause.sfenceAll)
	t.false(isCrowded(), 'nor does an empty table hold any')
	fillPages(3)
})

test('superpages at round addresses lie in different places', (t) => {
	const {fillPieces, isCrowded} = create()
	for (const base of [0x4_0000, 0x8_0000, 0xc_0000]) fillPieces(megabytes2, base)
	for (const log2 of [kilobytes64, gigabyte]) fillPieces(log2, 0)
	t.false(isCrowded())
})

test('a range forgets each superpage that it touches, and its own pages', (t) => {
	const {machine, fillPages, fillPieces, isThere} = create()
	fillPages(0x1f7, 0x1f8)
	fillPieces(kilobytes64, 0x200, 0x20f)
	fillPages(0x210, 0x211)
	fillPieces(megabytes2, 0x400, 0x5ff)
	machine.flushPage(0, 0x1f8, 0, 25)
	t.deepEqual([0x1f7, 0x1f8].map(isThere), [true, false])
	t.deepEqual([0x200, 0x20f].map(isThere), [false, false])
	t.deepEqual([0x210, 0x211, 0x400, 0x5ff].map(isThere), [false, true, true, true])
	t.is(machine.tlb.tlbStatistics(0).pageFlushes, 25)
	machine.flushPage(0, 0x3f0, 0, 17)
	t.deepEqual([0x400, 0x5ff].map(isThere), [false, false])
})

test('a range may go on behind the end of the address space, at its start', (t) => {
	const {machine, descriptor, fillPages, fillPieces, isThere} = create()
	machine.operations.noteSuperpage(descriptor, -1n, 1n << 21n)
	fillPieces(kilobytes64, 0, 3)
	fillPages(0x20)
	machine.flushPage(0, -8, 0x000f_ffff, 9)
	t.deepEqual([3, 0x20].map(isThere), [false, true])
	const names = trailerWord(descriptor, 'superpages') / 2
	t.true(machine.memory.u64.slice(names, names + superpageCount).every((name) => name === 0n))
})

for (const [what, size, swapped] of [
	['is invalidated piece by piece in a table of 1024 entries', '1024', false],
	['empties a larger table whose log has overflowed', '4096', true],
] as const)
	test(`a superpage of 1 GiB ${what}`, (t) => {
		const {machine, fillPages, fillPieces, isThere, isSwapped} = create({design: {size}})
		fillPieces(gigabyte, ...upTo(0x4_0000, Math.min(Number(size), 2048)))
		fillPages(0x3_0900)
		machine.flushPage(0, 0x5_0000, 0)
		t.is(isSwapped(), swapped)
		if (!swapped) t.deepEqual([0x4_0001, 0x3_0900].map(isThere), [false, true])
	})

const sizes = ['256', '512', '1024', '2048', '4096'] as const
const designs: readonly Partial<TlbDesign>[] = [
	{},
	{encoding: 'plus-one'},
	{index: 'hashed'},
	{policy: 'epoch-tag'},
	{policy: 'clear', index: 'hashed', encoding: 'plus-one'},
]
for (const design of designs)
	test(`after any flush no page of a superpage is left, and no other is lost: ${formatTlbDesign(design) || 'default'}`, (t) => {
		const seed = Date.now() % 1_000_000
		t.log(`seed ${seed}`)
		const random = randomNumbers(seed)
		for (let run = 0; run < 60; run++) {
			const {machine, fillPages, fillPieces, isCrowded, isThere, isEmptied} = create({
				design: {size: sizes[random(sizes.length)]!, ...design},
				undoLimit: random(2) === 0 ? -1 : 512,
			})
			type Leaf = readonly [first: number, pages: number]
			/** The leaf that each page was last filled from. */
			const leaves = new Map<number, Leaf>()
			/** Superpages that were filled since they were flushed. */
			let filled: Leaf[] = []
			for (let step = 0; step < 300; step++) {
				const log2 = [12, kilobytes64, megabytes2, gigabyte][random(4)]!
				const pages = 1 << (log2 - 12)
				const page = random(0x10_0000)
				if (random(3) > 0) {
					const first = Math.floor(page / pages) * pages
					const pieces = upTo(page, Math.min(1 + random(40), first + pages - page))
					if (log2 === 12) fillPages(...pieces)
					else fillPieces(log2, ...pieces)
					filled.push([first, pages])
					for (const piece of pieces) leaves.set(piece, [first, pages])
					continue
				}
				const flushed = random(2) === 0 ? page : ([...leaves.keys()][random(leaves.size || 1)] ?? page)
				const there = new Set([...leaves.keys()].filter(isThere))
				const count = 1 + random(64)
				machine.flushPage(0, flushed, 0, count)
				if (isEmptied()) break
				const isMeant = ([first, size]: Leaf) => first < flushed + count && flushed < first + size
				const meant = filled.filter(isMeant)
				const isInside = (piece: number) => meant.some(([first, size]) => piece >= first && piece < first + size)
				for (const [piece, leaf] of leaves) {
					if (isMeant(leaf)) t.false(isThere(piece), `page ${piece} after a flush of ${count} from ${flushed}`)
					else if (!isCrowded() && !isInside(piece)) t.is(isThere(piece), there.has(piece))
				}
				for (const [piece, leaf] of leaves) if (isMeant(leaf)) leaves.delete(piece)
				filled = filled.filter((leaf) => !isMeant(leaf))
			}
		}
		t.pass()
	})
