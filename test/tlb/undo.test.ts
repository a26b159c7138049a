/** Tables that are undone by their log. */
import test from 'ava'
import {FlushCause, logCapacity, Regime, tableAddress, tagBias, trailerWord} from '../../src/tlb/index.ts'
import {fill, isFresh, lookUp, openTable} from './lookup.ts'
import {TestMachine} from './test-machine.ts'

/** Pages from `first` on into the user's table. @returns its descriptor. */
function fillPages(machine: TestMachine, count: number, {vcpu = 0, first = 0} = {}): number {
	const descriptor = machine.descriptor(vcpu, Regime.user)
	openTable(machine.memory, descriptor)
	for (let page = first; page < first + count; page++) fill(machine, descriptor, page, 5)
	return descriptor
}

test('a flush undoes up to undoLimit entries in place, and swaps a table with one more', (t) => {
	const undoLimit = 10
	const machine = TestMachine.create({vcpus: 1, design: {size: '256'}, undoLimit})
	machine.enter(0)
	// Slot 0 does not count.
	const table = fillPages(machine, undoLimit + 1)
	machine.tlb.flush(0, FlushCause.sfenceAll)
	t.is(machine.descriptor(0, Regime.user), table)
	t.true(isFresh(machine, table))
	const {swaps, undone, elided} = machine.tlb.tlbStatistics(0)
	t.deepEqual({swaps, undone, elided}, {swaps: 0, undone: 1, elided: 2})
	fillPages(machine, undoLimit + 1, {first: 1})
	machine.tlb.flush(0, FlushCause.sfenceAll)
	t.not(machine.descriptor(0, Regime.user), table)
	t.is(machine.tlb.tlbStatistics(0).swaps, 1)
	t.is(machine.tlb.tlbStatistics(0).undone, 1)
})

test('an undone table is elided until its owner opens it again', (t) => {
	const machine = TestMachine.create({vcpus: 2})
	machine.enter(0)
	const table = fillPages(machine, 3)
	machine.tlb.flush(0, FlushCause.satpWrite)
	machine.tlb.startRemoteFlush({targets: [0]})
	t.is(machine.descriptor(0, Regime.user), table)
	t.is(machine.tlb.tlbStatistics(0).elided, 5)
	openTable(machine.memory, table)
	machine.tlb.startRemoteFlush({targets: [0]})
	t.not(machine.descriptor(0, Regime.user), table)
})

test('an entry is logged once, whatever happens to it', (t) => {
	const machine = TestMachine.create({vcpus: 1, design: {size: '256'}, undoLimit: 2})
	machine.enter(0)
	const table = fillPages(machine, 2, {first: 3})
	for (let round = 0; round < 5; round++) {
		machine.flushPage(0, 3, 0)
		t.is(lookUp(machine, table, 3), undefined)
		// Another page of the same slot as well.
		fillPages(machine, 1, {first: 3 + 256})
		fillPages(machine, 1, {first: 3})
	}
	t.is(machine.memory.i32[trailerWord(table, 'logged')], 2)
	machine.tlb.flush(0, FlushCause.sfenceAll)
	t.is(machine.descriptor(0, Regime.user), table)
	t.true(isFresh(machine, table))
})

test('an owner may undo its table while another thread swaps it away', (t) => {
	const machine = TestMachine.create({vcpus: 2, design: {size: '256'}})
	machine.enter(0)
	const table = fillPages(machine, 9)
	machine.tlb.startRemoteFlush({targets: [0]})
	// The owner loaded the descriptor before the swap.
	machine.operations.emptyTable(table, tagBias['poison-zero'])
	t.true(isFresh(machine, table))
	// A walk that began before the swap fills it, too.
	openTable(machine.memory, table)
	fill(machine, table, 200, 5)
	t.is(machine.clearRetired(), 0)
	machine.tlb.safepoint(0)
	t.is(machine.clearRetired(), 1)
	t.true(isFresh(machine, table))
	const {retired, recycled, waiting} = machine.tlb.sharedStatistics()
	t.deepEqual({retired, recycled, waiting}, {retired: 1, recycled: 1, waiting: 0})
})

for (const [count, what] of [
	[logCapacity, 'by its log'],
	[logCapacity + 1, 'as a whole, if its log overflowed'],
] as const) {
	test(`a retired table of ${count} entries is cleared ${what}`, (t) => {
		const machine = TestMachine.create({vcpus: 1, undoLimit: -1})
		machine.enter(0)
		const table = fillPages(machine, count, {first: 7})
		// Not logged: shows which way it was cleared.
		machine.memory.i32[(tableAddress(table) >> 2) + 8] = 1
		machine.tlb.flush(0, FlushCause.sfenceAll)
		t.not(machine.descriptor(0, Regime.user), table)
		machine.tlb.safepoint(0)
		t.is(machine.clearRetired(), 1)
		t.is(machine.memory.i32[(tableAddress(table) >> 2) + 8], count > logCapacity ? 0 : 1)
		machine.memory.i32[(tableAddress(table) >> 2) + 8] = 0
		t.true(isFresh(machine, table))
	})
}

test('the policy clear undoes nothing', (t) => {
	const machine = TestMachine.create({vcpus: 1, design: {policy: 'clear'}})
	machine.enter(0)
	const table = fillPages(machine, 3)
	machine.tlb.flush(0, FlushCause.sfenceAll)
	t.true(isFresh(machine, table))
	t.is(machine.tlb.tlbStatistics(0).undone, 0)
})

test('a limit of undone entries outside -1 to the log’s capacity is refused', (t) => {
	for (const undoLimit of [-2, logCapacity + 1]) {
		t.throws(() => TestMachine.create({vcpus: 1, undoLimit}), {message: /from -1 to \d+, got/})
	}
})
