/** Flush policies: what each does to the owner's table, and to that of another vCPU. */
import test from 'ava'
import {Doorbell} from '../../src/memory/index.ts'
import {
	FlushCause,
	generationMask,
	generationStep,
	Regime,
	resizeBit,
	type TlbDesign,
	TlbState,
	type TlbStatistics,
	tableAddress,
	tableLog2Entries,
	tagEncodings,
	tlbDesign,
	tlbKeys,
	tlbStateOffset,
	trailerWord,
} from '../../src/tlb/index.ts'
import {fill, isFresh, lookUp, openTable} from './lookup.ts'
import {TestMachine} from './test-machine.ts'

type Policy = TlbDesign['policy']
const policies = Object.keys(tlbKeys.policy.values) as Policy[]
const regime = Regime.user
const lastGeneration = generationMask / generationStep

function fillPages(machine: TestMachine, vcpu: number, count: number): number {
	const descriptor = machine.descriptor(vcpu, regime)
	openTable(machine.memory, descriptor)
	for (let page = 0; page < count; page++) fill(machine, descriptor, page, 5)
	return descriptor
}

const finds = (machine: TestMachine, descriptor: number) => lookUp(machine, descriptor, 3) === 5
const flush = (machine: TestMachine) => machine.tlb.flush(0, FlushCause.sfenceAll)
const sameTable = (a: number, b: number) => tableAddress(a) === tableAddress(b)

/** A machine whose tables change their size; its vCPU 0 is online. */
function sized(size: 'qemu' | 'adaptive') {
	const machine = TestMachine.create({vcpus: 1, design: {size, asids: '0'}})
	machine.enter(0)
	const {memory, blocks} = machine
	const state = (field: 'milliseconds') => (blocks.base(0) + tlbStateOffset + TlbState.offset[field]) >>> 2
	memory.i32[state('milliseconds')] = 0
	const setTrailer = (field: 'used' | 'returned', value: number) => {
		memory.i32[trailerWord(machine.descriptor(0, regime), field)] = value
	}
	const advance = (milliseconds: number) => {
		memory.i32[state('milliseconds')]! += milliseconds
	}
	/** As if so many entries were used. */
	const flushWith = (used: number) => {
		fillPages(machine, 0, 1)
		setTrailer('used', used)
		flush(machine)
	}
	return {machine, setTrailer, advance, flushWith}
}

/** As the hart core does: core/sizing.ts. */
function requestResize({memory, blocks}: TestMachine): void {
	Atomics.or(memory.i32, (blocks.base(0) + tlbStateOffset + TlbState.offset.requestBits) >>> 2, resizeBit)
	blocks.ring(0, Doorbell.flush)
}

/** What a flush of a table with 100 entries does. */
const own: Readonly<Record<Policy, Partial<TlbStatistics>>> = {
	clear: {cleared: 1},
	'atomic-clear': {cleared: 1},
	undo: {undone: 1},
	'swap-clear': {swaps: 1},
	'swap-pool': {swaps: 1},
	'swap-undo': {undone: 1},
	'epoch-tag': {generations: 1},
}
const none = {cleared: 0, undone: 0, swaps: 0, generations: 0}

for (const policy of policies) {
	for (const encoding of tagEncodings) {
		test(`${policy} empties the owner's table as it says, with ${encoding}`, (t) => {
			const machine = TestMachine.create({vcpus: 1, design: {policy, encoding, size: '256'}})
			machine.enter(0)
			const before = fillPages(machine, 0, 100)
			t.true(finds(machine, before))
			flush(machine)
			const after = machine.descriptor(0, regime)
			t.false(finds(machine, after))
			t.is(sameTable(before, after), own[policy].swaps === undefined)
			t.is(machine.memory.i32[trailerWord(after, 'filled')], 0)
			const {cleared, undone, swaps, generations} = machine.tlb.tlbStatistics(0)
			t.deepEqual({cleared, undone, swaps, generations}, {...none, ...own[policy]})
		})

		test(`${policy} empties another vCPU's table by that vCPU's next safepoint, with ${encoding}`, (t) => {
			const machine = TestMachine.create({vcpus: 2, design: {policy, encoding, size: '256'}})
			machine.enter(0)
			const before = fillPages(machine, 1, 100)
			machine.tlb.flushRemote({initiator: 0, targets: [1]})
			machine.enter(1)
			t.false(finds(machine, machine.descriptor(1, regime)))
			t.is(fillPages(machine, 1, 0), machine.descriptor(1, regime))
			t.is(sameTable(before, machine.descriptor(1, regime)), !policy.startsWith('swap-'))
		})
	}
}

for (const policy of ['atomic-clear', 'epoch-tag'] as const) {
	test(`after a flush from outside, ${policy} has the owner forget last pages at its next safepoint`, (t) => {
		const machine = TestMachine.create({vcpus: 2, design: {policy, size: '64'}})
		const {memory} = machine
		machine.enter(0)
		const lastPage = trailerWord(fillPages(machine, 1, 5), 'lastPages')
		memory.i32[lastPage] = 7
		machine.tlb.flushRemote({initiator: 0, targets: [1]})
		t.is(memory.i32[lastPage], 7)
		machine.enter(1)
		t.is(memory.i32[lastPage], 0)
	})
}

test('epoch-tag flushes another vCPU without taking a table, and what that vCPU still fills is not found', (t) => {
	const machine = TestMachine.create({vcpus: 2, design: {policy: 'epoch-tag', size: '64'}})
	machine.enter(0)
	const before = fillPages(machine, 1, 5)
	const {free} = machine.tlb.sharedStatistics()
	machine.tlb.startRemoteFlush({targets: [1]})
	const after = machine.descriptor(1, regime)
	t.is(after - before, generationStep)
	t.is(machine.tlb.sharedStatistics().free, free)
	// Its walk began before the flush.
	fill(machine, before, 3, 5)
	t.true(finds(machine, before))
	t.false(finds(machine, after))
})

for (const spareTables of [0, 8])
	test(`after the last generation the table is ${spareTables ? 'replaced' : 'cleared'}, and no entry of an earlier one is found again`, (t) => {
		const machine = TestMachine.create({vcpus: 1, spareTables, design: {policy: 'epoch-tag', size: '64', asids: '0'}})
		machine.enter(0)
		const first = machine.descriptor(0, regime)
		t.is(first & generationMask, generationStep)
		for (let generation = 1; generation < lastGeneration; generation++) {
			t.is((machine.descriptor(0, regime) & generationMask) / generationStep, generation)
			// Each leaves an entry that the last one's log does not name.
			openTable(machine.memory, machine.descriptor(0, regime))
			fill(machine, machine.descriptor(0, regime), generation % 60, 5)
			flush(machine)
		}
		fillPages(machine, 0, 5)
		flush(machine)
		const after = machine.descriptor(0, regime)
		t.is(after & generationMask, generationStep)
		t.is(sameTable(first, after), spareTables === 0)
		t.true(isFresh(machine, after))
		machine.tlb.safepoint(0)
		machine.clearRetired()
		t.true(isFresh(machine, first))
		t.is(machine.tlb.tlbStatistics(0).generations, lastGeneration - 1)
	})

test('a flush from outside after the last generation swaps the table', (t) => {
	const machine = TestMachine.create({vcpus: 2, design: {policy: 'epoch-tag', size: '64'}})
	machine.enter(0)
	const first = machine.descriptor(1, regime)
	for (let generation = 1; generation <= lastGeneration; generation++) {
		fillPages(machine, 1, 5)
		machine.tlb.startRemoteFlush({targets: [1]})
		machine.tlb.safepoint(1)
	}
	const after = machine.descriptor(1, regime)
	t.false(sameTable(first, after))
	t.is(after & generationMask, generationStep)
	t.false(finds(machine, after))
})

test('swap-clear zeroes a retired table when it is taken, and asks nobody to', (t) => {
	let requests = 0
	const config = {vcpus: 1, spareTables: 4, design: {policy: 'swap-clear', size: '64'}} as const
	const machine = TestMachine.create(config, {needsClearing: () => requests++})
	machine.enter(0)
	const first = fillPages(machine, 0, 5)
	for (let round = 0; round < 20; round++) {
		fillPages(machine, 0, 5)
		flush(machine)
		t.true(isFresh(machine, machine.descriptor(0, regime)))
		machine.tlb.safepoint(0)
	}
	t.is(requests, 0)
	t.is(machine.tlb.sharedStatistics().recycled, 19)
	t.false(machine.tlb.tlbStatistics(0).swaps < 20)
	t.is(tableLog2Entries(first), 6)
})

test('a policy that clears in place counts every other thread’s clearing, so that a fill after it is taken back', (t) => {
	const machine = TestMachine.create({vcpus: 2, design: {policy: 'atomic-clear', size: '64'}})
	const {memory, operations} = machine
	const descriptor = machine.descriptor(0, regime)
	openTable(memory, descriptor)
	operations.clearEntries(descriptor, 0)
	fill(machine, descriptor, 3, 5)
	t.false(finds(machine, descriptor))
	openTable(memory, descriptor)
	fill(machine, descriptor, 3, 5)
	t.true(finds(machine, descriptor))
})

for (const [used, entries] of [
	[181, 256],
	[182, 512],
	[255, 512],
] as const)
	test(`QEMU's rule makes of a table of 256 entries of which ${used} are used one of ${entries}`, (t) => {
		const {machine, flushWith} = sized('qemu')
		flushWith(used)
		t.is(machine.tlb.tlbStatistics(0).entries[regime], entries)
		t.is(machine.tlb.tlbStatistics(0).resizes, entries === 256 ? 0 : 1)
	})

test("QEMU's rule shrinks a table at the end of a window in which less than 30 % were used", (t) => {
	const {machine, flushWith, advance} = sized('qemu')
	const size = () => machine.tlb.tlbStatistics(0).entries[regime]
	advance(1000)
	flushWith(20)
	// The first window is over: 20 of 64 are less than 70 %.
	t.is(size(), 64)
	for (const used of [60, 100, 200]) flushWith(used)
	t.is(size(), 512)
	// 140 of 512 are 27 %, but the window has just begun.
	advance(50)
	flushWith(140)
	t.is(size(), 512)
	advance(60)
	flushWith(10)
	// The most in the window counts; 140 of 256 are less than 70 %.
	t.is(size(), 256)
})

test('an adaptive table grows fourfold at the safepoint after pages came back, and is given back when little of it is used', (t) => {
	const {machine, flushWith, setTrailer} = sized('adaptive')
	const size = () => machine.tlb.tlbStatistics(0).entries[regime]
	t.is(size(), 4096)
	const grow = () => {
		setTrailer('returned', 8)
		requestResize(machine)
		machine.tlb.safepoint(0)
	}
	grow()
	t.is(size(), 16_384)
	grow()
	t.is(size(), 65_536)
	grow()
	t.is(size(), 65_536)
	flushWith(2048)
	t.is(size(), 65_536)
	flushWith(2047)
	t.is(size(), 4096)
	t.is(machine.tlb.tlbStatistics(0).resizes, 3)
})

test('every size is there, and no pool takes more address space than it may', (t) => {
	for (const size of Object.keys(tlbKeys.size.values) as TlbDesign['size'][]) {
		const machine = TestMachine.create({vcpus: 2, design: {size, asids: '0'}})
		const entries = machine.tlb.tlbStatistics(1).entries[regime]
		t.is(entries, {qemu: 256, adaptive: 4096}[size as string] ?? Number(size))
		t.true(machine.memory.map.size < 2 ** 30)
		t.is(tlbDesign({size}).size, size)
	}
})
