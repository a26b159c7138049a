/** Decoded code pages: found again, compared after fence.i, dropped when the cache is full. */
import test from 'ava'
import {codeBuckets} from '../../../src/hart/code-cache.ts'
import {ramBase, SharedMemory} from '../../../src/memory/index.ts'
import {FlushCause} from '../../../src/tlb/index.ts'
import {codePages, HartCore, mapWith, Privilege, rom} from './hart-core.ts'
import {kernelPage, PageTables} from './page-tables.ts'

const ram = BigInt(ramBase)

test('a code cache has at least twice as many buckets as pages, a power of two', (t) => {
	const counts = [8, 9, 100, 1024, 4000]
	t.deepEqual(counts.map(codeBuckets), [16, 32, 256, 2048, 8192])
})

test('a code page is found by its physical page once it is there, and not after a reset', (t) => {
	const hart = new HartCore()
	const find = (page: number) => hart.core.findCodePage(hart.ramOffset(ramBase + page * 37 * 4096)) >>> 0
	for (let page = 0; page < codePages - 1; page++) {
		t.is(find(page), 0)
		const code = Number(hart.fetch(ram + BigInt(page * 37 * 4096)))
		t.is(find(page), code)
	}
	hart.fetch(ram + 0x1000n)
	t.is(hart.get('codeCacheResets'), 1n)
	t.is(find(0), 0)
})

test('a fresh code page has empty slots and two sentinels, and those bytes of its page that are covered', (t) => {
	const hart = new HartCore()
	hart.poke(ramBase, 0x1111_2222_3333_4444n)
	hart.poke(ramBase + 0xff8, 0x5555_6666_7777_8888n)
	const code = hart.fetch(ram + 0x10n)
	t.deepEqual([hart.snapshot(code, 0), hart.snapshot(code, 0xffc)], [0, 0], 'nothing is copied that does not run')
	hart.core.coverBytes(Number(code), 0, 4)
	hart.core.coverBytes(Number(code), 0xffe, 2)
	t.is(hart.snapshot(code, 0), 0x3333_4444)
	t.is(hart.snapshot(code, 0xffc), 0x5555_0000)
	t.is(hart.slot(code, 0), 0n)
	t.is(hart.slot(code, 2047), 0n)
	t.is(hart.slot(code, 2048), 1n)
	t.is(hart.slot(code, 2049), 1n)
})

test('a code page of ROM has all bytes of its page', (t) => {
	const hart = new HartCore()
	hart.memory.u32[(hart.memory.region('rom').offset + 0xff8) / 4] = 0x1234_5678
	t.is(hart.snapshot(hart.fetch(BigInt(rom.gpa)), 0xff8), 0x1234_5678)
})

test('a physical page has one code page, whatever addresses it is fetched at', (t) => {
	const hart = new HartCore()
	const code = hart.fetch(ram)
	const tables = new PageTables(hart)
	tables.map(0x4000n, ramBase, kernelPage)
	hart.enter(Privilege.supervisor, tables.satp)
	t.is(hart.fetch(0x4000n), code)
})

test('after fence.i code that is unchanged keeps its slots, what changed loses them', (t) => {
	const hart = new HartCore(undefined, {harts: 2})
	const [kept, changed] = [hart.fetch(ram), hart.fetch(ram + 0x1000n)]
	const [first, last] = [5, 0x7fc]
	for (const code of [kept, changed]) {
		for (const slot of [first, last]) {
			hart.core.coverInstruction(Number(code), 2 * slot)
			hart.setSlot(code, slot, 0x77n)
		}
	}
	// As another hart does, so that no store is noticed. In the first page nothing is decoded there.
	hart.poke(ramBase + 0x800, 1n)
	hart.poke(ramBase + 0x1ff8, 1n)
	t.is(hart.fetch(ram + 0x1000n), changed)
	t.is(hart.slot(changed, last), 0x77n)
	hart.core.fenceI()
	t.deepEqual(hart.flushes, [], 'no translation changes')
	t.is(hart.fetch(ram), kept)
	t.deepEqual([hart.slot(kept, first), hart.slot(kept, last)], [0x77n, 0x77n])
	t.is(hart.fetch(ram + 0x1000n), changed)
	t.deepEqual([hart.slot(changed, first), hart.slot(changed, last)], [0x77n, 0n])
	hart.core.coverInstruction(Number(changed), 2 * last)
	t.is(hart.snapshot(changed, 0xff8), 1)
	t.is(hart.get('codePagesChanged'), 1n)
})

test('an only hart compares nothing after fence.i, since each store was noticed; a page of ROM is compared whole', (t) => {
	const hart = new HartCore()
	const firstOf = (gpa: number) => hart.memory.region(gpa === rom.gpa ? 'rom' : 'ram').offset
	const compares = (gpa: number) => {
		const code = hart.fetch(BigInt(gpa))
		hart.core.coverInstruction(Number(code), 0)
		hart.setSlot(code, 0, 0x77n)
		// Behind its back.
		hart.memory.u8[firstOf(gpa)]! ^= 0xff
		hart.core.fenceI()
		hart.fetch(BigInt(gpa))
		return hart.slot(code, 0) === 0n
	}
	t.false(compares(ramBase))
	t.true(compares(rom.gpa))
})

test('each copy of a page has a number of its own, which it keeps while it stays', (t) => {
	const hart = new HartCore(undefined, {harts: 2})
	const [kept, changed] = [hart.fetch(ram), hart.fetch(ram + 0x1000n)]
	const numbers = [hart.snapshotNumber(kept), hart.snapshotNumber(changed)]
	const cover = () => hart.core.coverInstruction(Number(changed), 0xff8)
	cover()
	hart.poke(ramBase + 0x1ff8, 1n)
	hart.core.fenceI()
	hart.fetch(ram)
	hart.fetch(ram + 0x1000n)
	t.is(hart.snapshotNumber(kept), numbers[0]!)
	numbers.push(hart.snapshotNumber(changed))
	cover()
	// Back to the old bytes, and then in a cache that is reset.
	hart.poke(ramBase + 0x1ff8, 0n)
	hart.core.fenceI()
	hart.fetch(ram + 0x1000n)
	numbers.push(hart.snapshotNumber(changed))
	for (let page = 0; page < 2 * codePages; page++)
		numbers.push(hart.snapshotNumber(hart.fetch(ram + BigInt((2 + page) * 4096))))
	t.is(new Set(numbers).size, numbers.length)
	t.false(numbers.includes(0n))
	t.true(hart.get('codeCacheResets') > 0n)
})

/** Fetches page n of RAM. */
const fetchPage = (hart: HartCore, page: number) => hart.fetch(ram + BigInt(page * 4096))

test('a full cache gives up the pages that were not fetched lately, and keeps the others with their slots', (t) => {
	const hart = new HartCore()
	const pages = Array.from({length: codePages - 1}, (_, page) => page)
	for (const page of pages) hart.setSlot(fetchPage(hart, page), 0, 0x77n)
	// Of the first ones, which are older than half of the others, one is in use.
	const kept = fetchPage(hart, 0)
	t.deepEqual(hart.flushes, [])
	const code = fetchPage(hart, 0x100)
	t.deepEqual(hart.flushes, [FlushCause.codeCacheReset])
	t.is(hart.get('codeCacheResets'), 1n)
	t.is(hart.slot(code, 0), 0n)
	const found = (page: number) => hart.core.findCodePage(hart.ramOffset(ramBase + page * 4096)) !== 0
	t.deepEqual(pages.filter(found), [0, 3, 4, 5, 6])
	t.is(fetchPage(hart, 0), kept)
	t.is(hart.slot(kept, 0), 0x77n)
	// One that was given up is decoded anew, and shares its place with none.
	t.is(hart.slot(fetchPage(hart, 1), 0), 0n)
	t.is(new Set([0, 1, 3, 4, 5, 6, 0x100].map((page) => fetchPage(hart, page))).size, 7)
	t.is(hart.get('codeCacheResets'), 1n)
})

test('a full cache whose pages are all in use gives up a quarter of them, each time another one', (t) => {
	const hart = new HartCore()
	/** Code pages by page of RAM; each has a slot that tells whether it was kept. */
	const present = new Map<number, ReturnType<typeof fetchPage>>()
	let next = 0
	const fetchNew = () => {
		const code = fetchPage(hart, next)
		t.is(hart.slot(code, 0), 0n)
		hart.setSlot(code, 0, 0x77n)
		present.set(next++, code)
	}
	const isFound = (page: number) => hart.core.findCodePage(hart.ramOffset(ramBase + page * 4096)) !== 0
	const places = new Set<unknown>()
	for (let time = 1; time <= 4; time++) {
		while (present.size < codePages - 1) fetchNew()
		for (const page of present.keys()) fetchPage(hart, page)
		t.is(hart.get('codeCacheResets'), BigInt(time - 1))
		const before = new Map(present)
		fetchNew()
		t.is(hart.get('codeCacheResets'), BigInt(time))
		t.is(hart.flushes.length, time)
		t.is(hart.flushes.at(-1), FlushCause.codeCacheReset)
		const missing = [...before.keys()].filter((page) => !isFound(page))
		t.true(missing.length >= 1 && missing.length <= 2, `given up: ${missing}`)
		for (const page of missing) {
			places.add(before.get(page)!)
			present.delete(page)
		}
		for (const [page, code] of present) {
			t.is(fetchPage(hart, page), code)
			t.is(hart.slot(code, 0), 0x77n)
		}
		t.is(new Set(present.values()).size, present.size)
	}
	t.is(places.size, codePages - 1, 'after four times each place was given up once')
})

test('a hart that runs code once keeps within the pages that the cache begins with, one that uses more gets more', (t) => {
	const [pagesOfCode, first, fetched] = [2048, 1024, 2200]
	const create = () => new HartCore(SharedMemory.create(mapWith(pagesOfCode)), {pagesOfCode})
	const places = (hart: HartCore, around: (page: number) => void) => {
		const used = new Set<bigint | object>()
		for (let page = 0; page < fetched; page++) {
			used.add(fetchPage(hart, page))
			around(page)
		}
		return used.size
	}
	const once = create()
	t.is(
		places(once, () => {}),
		first - 1,
	)
	t.true(once.get('codeCacheResets') > 0n)
	const often = create()
	const again = (page: number) => {
		if (page < first + 100) for (let earlier = 0; earlier < page; earlier += 1) fetchPage(often, earlier)
	}
	t.is(places(often, again), pagesOfCode - 1)
})

test('a cache that is full again within a short time gets more pages, though most are cold; later it does not', (t) => {
	const [pagesOfCode, first, fetched] = [2048, 1024, 2200]
	const used = (instructionsPerPage: bigint) => {
		const hart = new HartCore(SharedMemory.create(mapWith(pagesOfCode)), {pagesOfCode})
		const places = new Set<unknown>()
		for (let page = 0; page < fetched; page++) {
			hart.set('instret', 1n + BigInt(page) * instructionsPerPage)
			places.add(fetchPage(hart, page))
		}
		return places.size
	}
	t.true(used(1n) > first, 'once it was full twice')
	t.is(used(2n ** 20n), first - 1)
})

test('an instruction across two pages gets a slot in the scratch page, a new one only when its bytes differ', (t) => {
	const hart = new HartCore(undefined, {harts: 2})
	hart.poke(ramBase + 0xff8, 0xaabb_0000_0000_0000n)
	hart.poke(ramBase + 0x1000, 0xccddn)
	const code = hart.fetchAcross(ram + 0xffen)
	t.is(code, BigInt(hart.core.scratchCodePage()))
	t.is(hart.snapshot(code, 0xffe), 0xccdd_aabb)
	t.is(hart.slot(code, 2047), 0n)
	t.is(hart.slot(code, 2049), 1n)
	hart.setSlot(code, 2047, 0x77n)
	hart.fetchAcross(ram + 0xffen)
	t.is(hart.slot(code, 2047), 0x77n)
	hart.poke(ramBase + 0x1000, 0xccden)
	hart.core.fenceI()
	hart.fetchAcross(ram + 0xffen)
	t.is(hart.snapshot(code, 0xffe), 0xccde_aabb)
	t.is(hart.slot(code, 2047), 0n)
})

test('an instruction whose second page cannot be fetched faults with that page’s address', (t) => {
	const hart = new HartCore()
	const tables = new PageTables(hart)
	tables.map(0x4000n, ramBase, kernelPage)
	hart.enter(Privilege.supervisor, tables.satp)
	t.deepEqual(hart.fetchAcross(0x4ffen), {cause: 12, tval: 0x5000n})
})
