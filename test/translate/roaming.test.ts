/** Base registers whose accesses go from page to page are found, and looked up in the table once their region is translated again. */
import test from 'ava'
import {
	fieldOffset,
	HartRegisters,
	mostRoaming,
	WatchedRegister,
	watchedAccesses,
	watchedRegisters,
} from '../../src/hart/index.ts'
import {ramBase} from '../../src/memory/index.ts'
import {SynchronousTranslator, translate} from '../../src/translate/index.ts'
import {
	missSite,
	placeHash,
	placeOfRoaming,
	roamingId,
	roamingRegisters,
	siteIdShift,
	siteWidthMask,
} from '../../src/translate/roaming.ts'
import {fewestWatches, shortestDistance, watchDistance} from '../../src/translate/roaming-watch.ts'
import {TranslatorClient} from '../../src/translate/translator-client.ts'
import {regionKey} from '../../src/translate/types.ts'
import {encode} from '../interpreter/encode.ts'
import {randomFor, seed} from '../interpreter/seed.ts'
import {RegionHart} from './region-hart.ts'

const gva = BigInt(ramBase)
const codePage = 1
/** Of data: the addresses that the loop goes through, and the pages that they lie in, which have other entries in the TLB. */
const [listGpa, firstGpa] = [ramBase + 0x10_8000, ramBase + 0x20_4000]
const turnsOfLoop = 1000
const [counter, list, roamer, homebody, value] = [5, 12, 10, 11, 6]

/** A loop that increments the words at the addresses of a list, and stores its counter always at the same place. */
const loop = [
	encode('ld', {rd: roamer, rs1: list, imm: 0}),
	encode('ld', {rd: value, rs1: roamer, imm: 0}),
	encode('addi', {rd: value, rs1: value, imm: 1}),
	encode('sd', {rs1: roamer, rs2: value, imm: 0}),
	encode('sd', {rs1: homebody, rs2: counter, imm: 8}),
	encode('addi', {rd: list, rs1: list, imm: 8}),
	encode('addi', {rd: counter, rs1: counter, imm: -1}),
	encode('bne', {rs1: counter, rs2: 0, imm: -28}),
	encode('wfi', {}),
	// Another entry, which leads to the loop.
	encode('jal', {rd: 0, imm: -36}),
]
const otherEntry = 36

class RoamingHart extends RegionHart {
	readonly client: TranslatorClient
	readonly counters: HartRegisters
	readonly #page: number
	readonly #block: number

	constructor() {
		super({
			design: {policy: 'epoch-tag'},
			threshold: 2,
			hot: (codeBase, ip, pageGva) => this.client.hot(codeBase, ip, pageGva),
		})
		this.#block = this.memory.region('vcpu').offset
		this.counters = new HartRegisters(this.memory, this.#block)
		const config = {accel: 'jit', design: this.design, threshold: 2, synchronous: true, mostBytes: 2 ** 20} as const
		const [block, cache] = [this.#block, this.cache]
		const own = new SynchronousTranslator(this.memory, {block, translate: config, mostBytes: config.mostBytes})
		this.client = new TranslatorClient(this.memory, {block, cache, port: undefined, config, own})
		this.#page = this.writeCode(codePage, loop)
	}

	/** The next round is watched. */
	watch(): void {
		this.client.post()
		this.set('instret', this.get('instret') + BigInt(watchDistance))
		this.client.post()
	}

	/** A round: runs the loop, and ends as the run loop does. @param pageOf each turn. @returns the sums in the first pages. */
	round(pageOf: (turn: number) => number): bigint[] {
		for (let page = 0; page < 64; page++) this.poke(firstGpa + page * 4096, 0n)
		for (let turn = 0; turn < turnsOfLoop; turn++) this.poke(listGpa + turn * 8, BigInt(firstGpa + pageOf(turn) * 4096))
		for (const [index, register] of [
			[counter, BigInt(turnsOfLoop)],
			[list, BigInt(listGpa)],
			[homebody, gva + 0x6000n],
		] as const)
			this.x[index] = register
		this.set('pc', gva + 0x1000n * BigInt(codePage))
		this.run(1_000_000)
		this.client.post()
		return [0, 1].map((page) => this.peek(firstGpa + page * 4096))
	}

	/** Of a register that is watched, in the last watch. */
	watched(register: number, field: 'accesses' | 'mispredicted'): number {
		const place = (this.id(register) % watchedRegisters) * WatchedRegister.size
		return this.memory.i32[(this.#block + fieldOffset.watched + place + WatchedRegister.offset[field]) / 4]!
	}

	/** As if so many watches had found it. */
	pretendRoaming(register: number): void {
		for (let watch = 0; watch < fewestWatches; watch++) {
			this.watch()
			this.#pretendWatched(register)
			this.client.post()
		}
	}

	#pretendWatched(register: number): void {
		const place = this.#block + fieldOffset.watched + (this.id(register) % watchedRegisters) * WatchedRegister.size
		for (const [field, value] of Object.entries({id: this.id(register), accesses: 1000, mispredicted: 500}))
			this.memory.i32[(place + WatchedRegister.offset[field as 'id']) / 4] = value
	}

	id(register: number, entry = 0): number {
		return roamingId(regionKey(this.#page, entry), register)
	}

	/** Of a region that is translated now. */
	roamingAt(entry: number): readonly number[] {
		const request = {
			page: this.#page,
			entry,
			pageGva: gva + 0x1000n * BigInt(codePage),
			fetchTable: 0,
			nextPage: undefined,
		}
		return translate(this.memory, [request], {design: this.design})!.regions[0]!.roaming
	}
}

const random = randomFor('roaming')
const coins = Array.from({length: turnsOfLoop}, () => random.below(2))
const inTwoPages = (turn: number) => coins[turn]!
const sums = [0n, 1n].map((page) => BigInt(coins.filter((coin) => BigInt(coin) === page).length))

test('a register that leads to either of two pages at random is found, and looked up in the table from then on', (t) => {
	t.log(`seed ${seed}`)
	const hart = new RoamingHart()
	t.deepEqual(hart.round(inTwoPages), sums)
	t.is(hart.watched(roamer, 'accesses'), 0, 'this round was not watched')
	const {fills} = hart
	for (let watch = 0; watch < fewestWatches; watch++) {
		t.is(hart.counters.number('registersRoaming'), 0)
		hart.watch()
		t.deepEqual(hart.round(inTwoPages), sums)
	}
	t.is(hart.fills, fills, 'what is watched is found in the table')
	t.is(hart.watched(roamer, 'accesses'), 2 * turnsOfLoop)
	t.true(hart.watched(roamer, 'mispredicted') > turnsOfLoop / 3)
	t.is(hart.watched(homebody, 'accesses'), turnsOfLoop)
	t.true(hart.watched(homebody, 'mispredicted') < 20)
	t.is(hart.counters.number('registersRoaming'), 1)
	t.deepEqual([...roamingRegisters(hart.memory)], [hart.id(roamer)])
	t.is(hart.counters.number('ownModules'), 2, 'its region is translated again')
	hart.watch()
	t.deepEqual(hart.round(inTwoPages), sums)
	t.is(hart.watched(roamer, 'accesses'), 0, 'no access of it looks at a last page')
	t.is(hart.watched(homebody, 'accesses'), turnsOfLoop)
	t.is(hart.counters.number('ownModules'), 2)
})

for (const [name, pageOf] of [
	['stays in its page', () => 0],
	['goes through pages in order', (turn: number) => turn % 64],
	['leaves its page every few accesses', (turn: number) => (turn >> 3) % 64],
	['alternates between two pages', (turn: number) => turn % 2],
	['leads to many pages at random', () => random.below(64)],
] as const)
	test(`a register that ${name} is predicted well, and does not roam`, (t) => {
		t.log(`seed ${seed}`)
		const hart = new RoamingHart()
		hart.round(pageOf)
		for (let watch = 0; watch < fewestWatches; watch++) {
			hart.watch()
			hart.round(pageOf)
		}
		t.is(hart.watched(roamer, 'accesses'), 2 * turnsOfLoop)
		t.log(`${hart.watched(roamer, 'mispredicted')} mispredicted`)
		t.is(hart.counters.number('registersRoaming'), 0)
		t.is(hart.counters.number('ownModules'), 1)
	})

test('a register that roams in one phase of a program only does not roam', (t) => {
	const hart = new RoamingHart()
	hart.round(inTwoPages)
	for (let watch = 0; watch < 16; watch++) {
		hart.watch()
		hart.round(watch % 4 === 0 ? (turn) => turn % 64 : inTwoPages)
	}
	t.is(hart.counters.number('registersRoaming'), 0)
})

test('a watch ends after so many accesses, within a round', (t) => {
	const hart = new RoamingHart()
	hart.round(inTwoPages)
	hart.watch()
	hart.set('watchLeft', 100)
	t.deepEqual(hart.round(inTwoPages), sums)
	const all = [list, roamer, homebody].map((register) => hart.watched(register, 'accesses'))
	t.is(
		all.reduce((sum, count) => sum + count, 0),
		100,
	)
	t.is(hart.counters.number('registersRoaming'), 0, 'so few accesses tell nothing')
	t.is(hart.get('dataStamp') & 16n, 0n)
})

test('a register whose place another one takes begins anew, and so does that one', (t) => {
	const hart = new RoamingHart()
	hart.watch()
	const id = hart.id(roamer)
	const follow = (register: number, page: number) =>
		(hart.core as unknown as {follow(id: number, address: bigint): void}).follow(register, BigInt(page) << 12n)
	for (let turn = 0; turn < 10; turn++) follow(id, turn)
	t.is(hart.watched(roamer, 'accesses'), 10)
	t.is(hart.watched(roamer, 'mispredicted'), 9)
	follow(id + watchedRegisters, 9)
	t.is(hart.watched(roamer, 'accesses'), 1)
	t.is(hart.watched(roamer, 'mispredicted'), 0)
})

test('the next watch comes after so many instructions', (t) => {
	const hart = new RoamingHart()
	const rounds = []
	for (let round = 0; round < 8; round++) {
		hart.set('instret', hart.get('instret') + BigInt(watchDistance) / 4n)
		hart.client.post()
		rounds.push(Number(hart.get('watch') !== 0n))
	}
	t.deepEqual(rounds, [0, 0, 0, 1, 0, 0, 0, 1])
	t.is(watchedAccesses, 4096)
})

test('when code has come the next watches come soon, then ever more rarely', (t) => {
	const hart = new RoamingHart()
	hart.round(inTwoPages)
	const distances = []
	for (let [watch, distance] = [0, 0]; watch < 6; ) {
		hart.set('instret', hart.get('instret') + BigInt(shortestDistance))
		distance++
		hart.client.post()
		if (hart.get('watch') === 0n) continue
		hart.client.post()
		distances.push(distance)
		;[watch, distance] = [watch + 1, 0]
	}
	t.deepEqual(distances, [1, 2, 4, 8, 16, 16])
})

test('a register that is found again has its region translated again only if that did not know it', (t) => {
	const hart = new RoamingHart()
	hart.round(inTwoPages)
	hart.pretendRoaming(roamer)
	hart.pretendRoaming(roamer)
	t.is(hart.counters.number('ownModules'), 2)
	t.is(hart.counters.number('registersRoaming'), 1)
	hart.pretendRoaming(list)
	t.is(hart.counters.number('ownModules'), 3)
	t.deepEqual([...roamingRegisters(hart.memory)], [hart.id(roamer), hart.id(list)])
})

test('a region that is translated later knows the registers of a loop that it has', (t) => {
	const hart = new RoamingHart()
	hart.round(inTwoPages)
	t.deepEqual(hart.roamingAt(otherEntry), [])
	hart.pretendRoaming(roamer)
	t.deepEqual(hart.roamingAt(otherEntry), [hart.id(roamer, otherEntry)])
})

test('only the latest registers that roam are kept', (t) => {
	const hart = new RoamingHart()
	hart.round(inTwoPages)
	for (let register = 1; register <= mostRoaming + 1; register++) {
		hart.pretendRoaming(register)
	}
	t.deepEqual(
		[...roamingRegisters(hart.memory)].toSorted((left, right) => left - right),
		Array.from({length: mostRoaming}, (_, index) => hart.id(index + 2)).toSorted((left, right) => left - right),
	)
})

test('a site says how wide the access is, and the register', (t) => {
	const places = new Set<number>()
	for (const key of [0x1234, 0xff_ffff, 0x8000_0000 / 2]) {
		for (let register = 1; register < 32; register++) {
			const id = roamingId(key, register)
			t.is(placeOfRoaming(id), placeHash(key))
			if (key === 0x1234) places.add(id % watchedRegisters)
			for (const bytes of [1, 2, 4, 8] as const) {
				const site = missSite(id, bytes)
				t.is(site, site | 0)
				t.is((site & siteWidthMask) + 1, bytes)
				t.is(site >>> siteIdShift, id)
			}
		}
	}
	t.true(places.size > 20, 'registers of one region seldom share a place')
})
