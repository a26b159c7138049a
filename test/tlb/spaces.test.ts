/** Address spaces that a vCPU keeps. */
import test from 'ava'
import {Doorbell} from '../../src/memory/index.ts'
import {FlushCause, logCapacity, Regime, type TlbConfig} from '../../src/tlb/index.ts'
import {fill, lookUp, noteLocalPage, openTable} from './lookup.ts'
import {TestMachine} from './test-machine.ts'

const translated = [Regime.supervisor, Regime.supervisorSum, Regime.user]
const none = [false, false, false]
const own = [false, true, true]
const all = [true, true, true]

/** A machine whose vCPU 0 is online, in the space with ASID 1. */
function create(config: Partial<TlbConfig> = {}): TestMachine {
	const machine = TestMachine.create({vcpus: 2, ...config, design: {size: '64', ...config.design}})
	machine.enter(0)
	machine.setAsid(0, 1)
	return machine
}

/** Fills a page in all regimes that translate. */
function fillPage(machine: TestMachine, page: number, kind: 'global' | 'local' = 'local'): void {
	for (const regime of translated) {
		const descriptor = machine.descriptor(0, regime)
		openTable(machine.memory, descriptor)
		if (kind === 'local') noteLocalPage(machine, descriptor)
		fill(machine, descriptor, page, 5)
	}
}

const hits = (machine: TestMachine, page: number) =>
	translated.map((regime) => lookUp(machine, machine.descriptor(0, regime), page) === 5)

/** Goes to another space and back. */
function thereAndBack(machine: TestMachine): void {
	machine.setAsid(0, 2)
	machine.setAsid(0, 1)
}

test('a space that the hart comes back to has its entries, and no other has them', (t) => {
	const machine = create()
	fillPage(machine, 3)
	machine.setAsid(0, 2)
	t.deepEqual(hits(machine, 3), none)
	fillPage(machine, 4)
	machine.setAsid(0, 1)
	t.deepEqual(hits(machine, 3), own)
	t.deepEqual(hits(machine, 4), none)
	machine.setAsid(0, 2)
	t.deepEqual(hits(machine, 4), own)
	t.deepEqual(machine.tlb.tlbStatistics(0).spaces, {hits: 2, stale: 0, misses: 2})
})

test('the table of S-mode stays over a switch while it holds global pages only', (t) => {
	const machine = create()
	fillPage(machine, 3, 'global')
	machine.setAsid(0, 2)
	t.deepEqual(hits(machine, 3), [true, false, false])
	fillPage(machine, 4)
	machine.setAsid(0, 1)
	t.deepEqual(hits(machine, 3), own)
	t.deepEqual(hits(machine, 4), none)
})

test('without an ASID, every write of satp flushes', (t) => {
	const machine = create()
	fillPage(machine, 3, 'global')
	machine.setAsid(0, 0)
	t.deepEqual(hits(machine, 3), none)
	fillPage(machine, 4, 'global')
	machine.setAsid(0, 1)
	t.deepEqual(hits(machine, 4), none)
	t.deepEqual(hits(machine, 3), own, 'the space with an ASID was kept')
	machine.setAsid(0, 0)
	t.deepEqual(hits(machine, 4), none)
})

test('the space that was left longest ago is evicted', (t) => {
	const machine = create({design: {asids: '2'}})
	fillPage(machine, 3)
	for (const asid of [2, 3]) {
		machine.setAsid(0, asid)
		fillPage(machine, 3 + asid)
	}
	machine.setAsid(0, 4)
	machine.setAsid(0, 1)
	t.deepEqual(hits(machine, 3), none)
	machine.setAsid(0, 3)
	t.deepEqual(hits(machine, 6), own)
	machine.setAsid(0, 2)
	t.deepEqual(hits(machine, 5), none, 'evicted by the return to 1')
	t.deepEqual(machine.tlb.tlbStatistics(0).spaces, {hits: 1, stale: 0, misses: 6})
})

test('the tables of spaces that are kept nowhere are empty when they are used again', (t) => {
	const machine = create({design: {asids: '1'}, undoLimit: -1})
	for (let asid = 2; asid < 9; asid++) {
		fillPage(machine, 3)
		machine.setAsid(0, asid)
		t.deepEqual(hits(machine, 3), none)
		machine.tlb.safepoint(0)
		machine.clearRetired()
	}
})

test('a fence of a space that is not current neither rings nor waits, and empties it when the hart comes back', (t) => {
	const machine = create()
	fillPage(machine, 3)
	machine.setAsid(0, 2)
	fillPage(machine, 4)
	machine.tlb.flushRemote({targets: [0], asid: 1})
	t.is(machine.blocks.takeDoorbell(0), 0)
	t.deepEqual(hits(machine, 4), all)
	machine.setAsid(0, 1)
	t.deepEqual(hits(machine, 3), none)
	t.deepEqual(machine.tlb.tlbStatistics(0).spaces, {hits: 0, stale: 1, misses: 2})
	machine.setAsid(0, 2)
	t.deepEqual(hits(machine, 4), own)
})

test('a fence of some pages of a space that is not current empties it, too', (t) => {
	const machine = create()
	fillPage(machine, 3)
	machine.setAsid(0, 2)
	machine.tlb.flushRemote({targets: [0], asid: 1, range: {firstLow: 9, firstHigh: 0, pages: 1}})
	t.is(machine.blocks.takeDoorbell(0), 0)
	machine.setAsid(0, 1)
	t.deepEqual(hits(machine, 3), none)
})

test('a fence of all spaces empties those that are kept', (t) => {
	const machine = create()
	fillPage(machine, 3)
	machine.setAsid(0, 2)
	fillPage(machine, 4)
	machine.tlb.startRemoteFlush({targets: [0]})
	t.deepEqual(hits(machine, 4), none)
	machine.setAsid(0, 1)
	t.deepEqual(hits(machine, 3), none)
})

test('a fence of some pages of all spaces takes these from every space that is kept', (t) => {
	const machine = create()
	fillPage(machine, 3)
	fillPage(machine, 4)
	machine.setAsid(0, 2)
	fillPage(machine, 3)
	machine.tlb.startRemoteFlush({targets: [0], range: {firstLow: 3, firstHigh: 0, pages: 1}})
	t.is(machine.tlb.safepoint(0), Doorbell.flush)
	t.deepEqual(hits(machine, 3), none)
	machine.setAsid(0, 1)
	t.deepEqual(hits(machine, 3), none)
	t.deepEqual(hits(machine, 4), own)
})

test('a request for pages of a space reaches it although the hart has left it', (t) => {
	const machine = create()
	fillPage(machine, 3)
	fillPage(machine, 4)
	machine.tlb.startRemoteFlush({targets: [0], asid: 1, range: {firstLow: 3, firstHigh: 0, pages: 1}})
	machine.setAsid(0, 2)
	t.is(machine.tlb.safepoint(0), Doorbell.flush)
	machine.setAsid(0, 1)
	t.deepEqual(hits(machine, 3), none)
	t.deepEqual(hits(machine, 4), own)
})

test('more requests than fit empty every space that is kept', (t) => {
	const machine = create()
	fillPage(machine, 3)
	machine.setAsid(0, 2)
	for (let page = 10; page < 20; page++)
		machine.tlb.startRemoteFlush({targets: [0], range: {firstLow: page, firstHigh: 0, pages: 1}})
	machine.tlb.safepoint(0)
	machine.setAsid(0, 1)
	t.deepEqual(hits(machine, 3), none)
})

test('the initiator fences its own spaces', (t) => {
	const machine = create()
	fillPage(machine, 3)
	fillPage(machine, 4)
	machine.setAsid(0, 2)
	machine.tlb.flushRemote({initiator: 0, targets: [0], asid: 1, range: {firstLow: 3, firstHigh: 0, pages: 1}})
	machine.setAsid(0, 1)
	t.deepEqual(hits(machine, 3), none)
	t.deepEqual(hits(machine, 4), own)
	machine.tlb.flushRemote({initiator: 0, targets: [0], asid: 1})
	t.deepEqual(hits(machine, 4), none)
	fillPage(machine, 4)
	machine.setAsid(0, 2)
	machine.tlb.flushRemote({initiator: 0, targets: [0], asid: 1})
	machine.setAsid(0, 1)
	t.deepEqual(hits(machine, 4), none)
})

test('a page of a superpage in a space that is kept: all of its pages go, and no others', (t) => {
	const machine = create()
	machine.operations.noteSuperpage(machine.descriptor(0, Regime.user), 0x2_0000n, 0x1_0000n)
	for (const page of [0x1f, 0x20, 0x2f, 0x30]) fillPage(machine, page)
	machine.setAsid(0, 2)
	machine.flushPage(0, 0x27, 0)
	machine.setAsid(0, 1)
	for (const page of [0x1f, 0x30]) t.deepEqual(hits(machine, page), own)
	for (const page of [0x20, 0x2f]) t.deepEqual(hits(machine, page), [false, true, false])
})

test('a space that is kept is forgotten where a superpage would empty one of its tables', (t) => {
	const machine = create({design: {size: '4096'}})
	const descriptor = machine.descriptor(0, Regime.user)
	fillPage(machine, 3)
	machine.operations.noteSuperpage(descriptor, 0x4000_0000n, 0x4000_0000n)
	// The log overflows.
	for (let page = 0x4_0010; page <= 0x4_0010 + logCapacity; page++) fill(machine, descriptor, page, 5)
	machine.setAsid(0, 2)
	machine.flushPage(0, 0x4_0000, 0)
	machine.setAsid(0, 1)
	t.deepEqual(hits(machine, 3), none)
})

for (const cause of ['sfenceAll', 'statusChange', 'pmpWrite', 'codeCacheReset', 'reset'] as const)
	test(`every kept space is forgotten at a flush for ${cause}`, (t) => {
		const machine = create()
		fillPage(machine, 3)
		machine.setAsid(0, 2)
		machine.tlb.flush(0, FlushCause[cause])
		machine.setAsid(0, 1)
		t.deepEqual(hits(machine, 3), none)
	})

test('an ASID that is given to other page tables does not find the old entries', (t) => {
	const machine = create()
	fillPage(machine, 3)
	machine.setAsid(0, 2)
	const satp = (asid: bigint) => (8n << 60n) | (asid << 44n)
	machine.tlb.replaceTables(0, machine.operations.switchSpace(machine.blocks.base(0), satp(2n), satp(1n) | 7n))
	t.deepEqual(hits(machine, 3), none)
})

test('with asids=0 nothing is kept', (t) => {
	const machine = create({design: {asids: '0'}})
	fillPage(machine, 3, 'global')
	thereAndBack(machine)
	t.deepEqual(hits(machine, 3), none)
	t.deepEqual(machine.tlb.tlbStatistics(0).spaces, {hits: 0, stale: 0, misses: 0})
})

test('a machine that starts again has no space from before', (t) => {
	const machine = create()
	fillPage(machine, 3)
	machine.setAsid(0, 2)
	machine.tlb.initialize(0)
	machine.setAsid(0, 1)
	t.deepEqual(hits(machine, 3), none)
})
