import test from 'ava'
import {Doorbell} from '../../src/memory/index.ts'
import {
	FlushCause,
	Regime,
	regimeCount,
	spacesOf,
	TlbEntry,
	TlbSpace,
	tableAddress,
	tableLog2Entries,
	trailerWord,
} from '../../src/tlb/index.ts'
import {elapsed} from '../support/rcu.ts'
import {fill, lookUp, noteLocalPage, openTable} from './lookup.ts'
import {TestMachine} from './test-machine.ts'

const translated = [Regime.supervisor, Regime.supervisorSum, Regime.user]
const regimes = [Regime.machine, Regime.bare, ...translated]

/** Fills page `page` with frame 5 in all regimes. */
function fillAll(machine: TestMachine, vcpu: number, page: number): void {
	for (const regime of regimes) {
		openTable(machine.memory, machine.descriptor(vcpu, regime))
		fill(machine, machine.descriptor(vcpu, regime), page, 5)
	}
}

function hits(machine: TestMachine, vcpu: number, page: number): boolean[] {
	return regimes.map((regime) => lookUp(machine, machine.descriptor(vcpu, regime), page) === 5)
}

test('a fresh table is page-aligned, empty, and matches nothing in slot 0', (t) => {
	const machine = TestMachine.create({vcpus: 1, design: {size: '256'}})
	for (const regime of regimes) {
		const descriptor = machine.descriptor(0, regime)
		t.is(tableAddress(descriptor) % 4096, 0)
		t.is(tableLog2Entries(descriptor), 8)
		t.is(lookUp(machine, descriptor, 0), undefined)
		for (const field of ['readTag', 'writeTag', 'execTag'] as const) {
			t.is(machine.memory.i64[(tableAddress(descriptor) + TlbEntry.offset[field]) / 8], -1n)
		}
	}
})

test('a flush swaps the tables that were filled, and elides the others', (t) => {
	const machine = TestMachine.create({vcpus: 1, undoLimit: -1})
	machine.enter(0)
	fillAll(machine, 0, 3)
	const before = regimes.map((regime) => machine.descriptor(0, regime))
	machine.tlb.flush(0, FlushCause.sfenceAll)
	const after = regimes.map((regime) => machine.descriptor(0, regime))
	t.deepEqual(
		regimes.map((regime) => before[regime] === after[regime]),
		[true, true, false, false, false],
	)
	t.deepEqual(hits(machine, 0, 3), [true, true, false, false, false])
	machine.tlb.flush(0, FlushCause.satpWrite)
	t.deepEqual(
		regimes.map((regime) => machine.descriptor(0, regime)),
		after,
	)
	const {swaps, elided, flushes, epochs, poolDry} = machine.tlb.tlbStatistics(0)
	t.deepEqual({swaps, elided, poolDry}, {swaps: 3, elided: 3, poolDry: 0})
	t.is(flushes.sfenceAll, 1)
	t.is(flushes.satpWrite, 1)
	t.deepEqual(epochs, [1, 1, 2, 2, 2])
})

for (const cause of ['pmpWrite', 'reset', 'codeCacheReset'] as const) {
	test(`${cause} flushes the regimes that do not translate as well`, (t) => {
		const machine = TestMachine.create({vcpus: 1})
		machine.enter(0)
		fillAll(machine, 0, 3)
		machine.tlb.flush(0, FlushCause[cause])
		t.deepEqual(hits(machine, 0, 3), [false, false, false, false, false])
	})
}

test('a retired table is cleared only after its reader has passed a quiescent state', (t) => {
	const machine = TestMachine.create({vcpus: 2, design: {size: '64'}, undoLimit: -1})
	machine.enter(0)
	fillAll(machine, 0, 9)
	const old = machine.descriptor(0, Regime.user)
	machine.tlb.flush(0, FlushCause.sfenceAll)
	t.is(machine.clearRetired(), 0)
	t.is(lookUp(machine, old, 9), 5)
	machine.tlb.safepoint(0)
	t.is(machine.clearRetired(), 3)
	t.is(lookUp(machine, old, 9), undefined)
	t.is(machine.memory.i32[trailerWord(old, 'filled')], 0)
	const {retired, recycled, waiting, free, tables} = machine.tlb.sharedStatistics()
	t.deepEqual({retired, recycled, waiting}, {retired: 3, recycled: 3, waiting: 0})
	t.is(free, tables - 2 * (regimeCount + spacesOf(machine.config) * TlbSpace.fields.descriptor.count))
})

test('a dry pool is refilled from the retired tables, or else the table is cleared in place', (t) => {
	const machine = TestMachine.create({vcpus: 1, spareTables: 3, undoLimit: -1})
	machine.enter(0)
	fillAll(machine, 0, 3)
	machine.tlb.flush(0, FlushCause.sfenceAll)
	fillAll(machine, 0, 3)
	const inPlace = machine.descriptor(0, Regime.user)
	machine.tlb.flush(0, FlushCause.sfenceAll)
	t.is(machine.descriptor(0, Regime.user), inPlace)
	t.deepEqual(hits(machine, 0, 3).slice(2), [false, false, false])
	t.is(machine.tlb.tlbStatistics(0).poolDry, 3)
	fillAll(machine, 0, 3)
	machine.tlb.safepoint(0)
	machine.tlb.flush(0, FlushCause.sfenceAll)
	t.not(machine.descriptor(0, Regime.user), inPlace)
	t.is(machine.tlb.tlbStatistics(0).swaps, 6)
	t.deepEqual(hits(machine, 0, 3).slice(2), [false, false, false])
})

test('clearing is asked for once when half of the spare tables are retired', (t) => {
	let requests = 0
	const machine = TestMachine.create({vcpus: 1, spareTables: 12, undoLimit: -1}, {needsClearing: () => requests++})
	machine.enter(0)
	const flush = () => {
		fillAll(machine, 0, 3)
		machine.tlb.flush(0, FlushCause.sfenceAll)
		machine.tlb.safepoint(0)
	}
	flush()
	flush()
	t.is(requests, 0)
	flush()
	t.is(requests, 1)
	t.is(machine.clearRetired(), 9)
	for (let round = 0; round < 3; round++) flush()
	t.is(requests, 2)
	t.is(machine.tlb.tlbStatistics(0).poolDry, 0)
})

test('a page flush forgets that page, in the translated regimes', (t) => {
	const machine = TestMachine.create({vcpus: 1})
	machine.enter(0)
	fillAll(machine, 0, 3)
	fillAll(machine, 0, 4)
	machine.flushPage(0, 3, 0)
	t.deepEqual(hits(machine, 0, 3), [true, true, false, false, false])
	t.deepEqual(hits(machine, 0, 4), [true, true, true, true, true])
	// Another page of the same slot.
	machine.flushPage(0, 4 + 1024, 0)
	machine.flushPage(0, 4, 1)
	t.deepEqual(hits(machine, 0, 4), [true, true, true, true, true])
	t.is(machine.tlb.tlbStatistics(0).pageFlushes, 3)
	t.is(machine.tlb.tlbStatistics(0).swaps, 0)
})

test('a page flush forgets what translated code keeps of the table, even where the page has no entry', (t) => {
	const machine = TestMachine.create({vcpus: 1})
	const {i64} = machine.memory
	machine.enter(0)
	fillAll(machine, 0, 3)
	const descriptor = machine.descriptor(0, Regime.user)
	const [first, end] = [trailerWord(descriptor, 'lastPages') / 2, trailerWord(descriptor, 'superpages') / 2]
	i64.fill(-1n, first, end + 1)
	machine.flushPage(0, 4, 0)
	t.true(i64.slice(first, end).every((word) => word === 0n))
	t.is(i64[end], -1n)
	t.deepEqual(hits(machine, 0, 3), [true, true, true, true, true])
})

test('a remote flush swaps the tables of a vCPU that sleeps, without a wait', (t) => {
	const machine = TestMachine.create({vcpus: 2})
	fillAll(machine, 1, 3)
	machine.enter(0)
	machine.tlb.flushRemote({initiator: 0, targets: [0, 1]})
	t.deepEqual(hits(machine, 1, 3), [true, true, false, false, false])
	t.is(machine.blocks.takeDoorbell(1), Doorbell.flush)
	t.is(machine.blocks.takeDoorbell(0), 0)
	t.is(machine.tlb.sharedStatistics().remoteFlushes.count, 1)
	t.is(machine.tlb.tlbStatistics(1).flushes.remoteAll, 1)
})

test('a remote flush of a range is served by its target as it comes online', (t) => {
	const machine = TestMachine.create({vcpus: 2})
	for (const page of [9, 10, 11, 12]) fillAll(machine, 1, page)
	machine.tlb.flushRemote({targets: [1], range: {firstLow: 10, firstHigh: 0, pages: 2}})
	t.deepEqual(hits(machine, 1, 10), [true, true, true, true, true])
	machine.enter(1)
	t.deepEqual(
		[9, 10, 11, 12].map((page) => hits(machine, 1, page)[Regime.user]),
		[true, false, false, true],
	)
	t.is(machine.tlb.tlbStatistics(1).swaps, 0)
})

test('a range crosses the low word of a page number', (t) => {
	const machine = TestMachine.create({vcpus: 1})
	machine.enter(0)
	fillAll(machine, 0, 0)
	// Page number 2^52 is page 0 again.
	machine.tlb.flushRemote({initiator: 0, targets: [0], range: {firstLow: -1, firstHigh: 0x000f_ffff, pages: 2}})
	t.deepEqual(hits(machine, 0, 0), [true, true, false, false, false])
})

test('a long range, and more ranges than the ring holds, flush everything', (t) => {
	const machine = TestMachine.create({vcpus: 2})
	fillAll(machine, 1, 3)
	machine.tlb.flushRemote({targets: [1], range: {firstLow: 100, firstHigh: 0, pages: 65}})
	t.deepEqual(hits(machine, 1, 3), [true, true, false, false, false])
	fillAll(machine, 1, 3)
	for (let post = 0; post < 8; post++) {
		machine.tlb.flushRemote({targets: [1], range: {firstLow: 100, firstHigh: 0, pages: 1}})
	}
	machine.enter(1)
	t.deepEqual(hits(machine, 1, 3), [true, true, true, true, true])
	machine.leave(1)
	for (let post = 0; post < 9; post++) {
		machine.tlb.flushRemote({targets: [1], range: {firstLow: 100, firstHigh: 0, pages: 1}})
	}
	machine.enter(1)
	t.deepEqual(hits(machine, 1, 3), [true, true, false, false, false])
})

test('a remote flush that finds the pool dry has the target flush itself', (t) => {
	const machine = TestMachine.create({vcpus: 2, spareTables: 2, undoLimit: -1})
	// Keeps the tables that are retired here from being recycled.
	machine.enter(0)
	fillAll(machine, 1, 3)
	machine.tlb.flushRemote({targets: [1]})
	t.deepEqual(hits(machine, 1, 3), [true, true, false, false, true])
	machine.enter(1)
	t.deepEqual(hits(machine, 1, 3), [true, true, false, false, false])
	// Once for the initiator, once for the target itself.
	t.is(machine.tlb.tlbStatistics(1).poolDry, 2)
})

test('a fence of one address space skips a vCPU that is in another', (t) => {
	const machine = TestMachine.create({vcpus: 3})
	machine.setAsid(1, 7)
	machine.setAsid(2, 8)
	for (const vcpu of [1, 2]) fillAll(machine, vcpu, 3)
	machine.enter(2)
	machine.tlb.flushRemote({targets: [1, 2], asid: 7})
	t.deepEqual(hits(machine, 1, 3), [true, true, true, false, false], 'global pages stay')
	t.deepEqual(hits(machine, 2, 3), [true, true, true, true, true])
	t.is(machine.blocks.takeDoorbell(2), 0)
	noteLocalPage(machine, machine.descriptor(1, Regime.supervisor))
	machine.tlb.flushRemote({targets: [1], asid: 7})
	machine.enter(1)
	t.deepEqual(hits(machine, 1, 3), [true, true, false, false, false])
})

test('a remote fence of instructions rings its bell', (t) => {
	const machine = TestMachine.create({vcpus: 2})
	fillAll(machine, 1, 3)
	machine.tlb.flushRemote({targets: [1], what: 'instructions'})
	t.is(machine.blocks.takeDoorbell(1), Doorbell.fenceI)
	t.deepEqual(hits(machine, 1, 3), [true, true, true, true, true])
})

test('a host thread starts a remote flush and awaits it', async (t) => {
	const machine = TestMachine.create({vcpus: 1})
	machine.enter(0)
	fillAll(machine, 0, 3)
	const gracePeriod = machine.tlb.startRemoteFlush({targets: [0]})
	t.false(machine.rcu.poll(gracePeriod))
	machine.tlb.safepoint(0)
	await elapsed(machine.rcu, gracePeriod)
	t.deepEqual(hits(machine, 0, 3), [true, true, false, false, false])
})

test('the policy clear zeroes the table in place, and leaves others’ tables to their owners', (t) => {
	const machine = TestMachine.create({vcpus: 2, design: {policy: 'clear'}})
	const before = machine.descriptor(0, Regime.user)
	machine.enter(0)
	fillAll(machine, 0, 3)
	fillAll(machine, 1, 3)
	machine.tlb.flush(0, FlushCause.sfenceAll)
	t.is(machine.descriptor(0, Regime.user), before)
	t.deepEqual(hits(machine, 0, 3), [true, true, false, false, false])
	machine.tlb.flushRemote({initiator: 0, targets: [1]})
	t.deepEqual(hits(machine, 1, 3), [true, true, true, true, true])
	machine.enter(1)
	t.deepEqual(hits(machine, 1, 3), [true, true, false, false, false])
})

test('who takes the bell of a fence before its grace period begins passes that at the same safepoint, and takes later bells', (t) => {
	const machine = TestMachine.create({vcpus: 1})
	const {blocks, rcu, tlb} = machine
	machine.enter(0)
	blocks.ring(0, Doorbell.flush)
	const take = blocks.takeDoorbell.bind(blocks)
	let gracePeriod: number | undefined
	blocks.takeDoorbell = (vcpu) => {
		const bells = take(vcpu)
		// What another thread does next.
		if (gracePeriod === undefined) {
			gracePeriod = rcu.startPoll()
			blocks.ring(0, Doorbell.hsm)
		}
		return bells
	}
	t.is(tlb.safepoint(0), Doorbell.flush | Doorbell.hsm)
	t.true(rcu.poll(gracePeriod!))
})

test('a bell without a grace period does not hold a safepoint up for long, and other bells not at all', (t) => {
	const machine = TestMachine.create({vcpus: 1})
	const {blocks, tlb} = machine
	machine.enter(0)
	for (const bell of [Doorbell.flush, Doorbell.fenceI, Doorbell.interrupt]) {
		blocks.ring(0, bell)
		t.is(tlb.safepoint(0), bell)
		t.is(tlb.safepoint(0), 0)
	}
})
