/** Quarantine: retired tables are kept with a canary, and whoever uses one is reported. */
import test from 'ava'
import {breakRule} from '../../src/faults.ts'
import {Doorbell} from '../../src/memory/index.ts'
import {Rcu} from '../../src/rcu/index.ts'
import {
	canaryWord,
	FlushCause,
	generationMask,
	generationStep,
	Regime,
	resizeBit,
	returnsToGrow,
	type TlbConfig,
	type TlbDesign,
	TlbEntry,
	TlbState,
	TlbTableTrailer,
	tableAddress,
	tableLog2Entries,
	tagBias,
	tlbStateOffset,
	trackedBit,
	trailerWord,
	UseAfterRetirement,
} from '../../src/tlb/index.ts'
import {tablePools} from '../../src/tlb/table-pools.ts'
import {fill, isFresh, lookUp, openTable} from './lookup.ts'
import {TestMachine} from './test-machine.ts'

const regime = Regime.user

/** Two vCPUs, of which 0 is online; of the 8 spare tables the quarantine keeps 4. */
function create(design: Partial<TlbDesign> = {}, config: Partial<TlbConfig> = {}): TestMachine {
	const usual: Partial<TlbDesign> = {policy: 'swap-pool', size: '64', asids: '0', debug: 'on'}
	const machine = TestMachine.create({vcpus: 2, spareTables: 8, ...config, design: {...usual, ...design}})
	machine.enter(0)
	return machine
}

/** @returns the descriptor of the table. */
function use(machine: TestMachine, vcpu = 0, page = 3): number {
	const descriptor = machine.descriptor(vcpu, regime)
	openTable(machine.memory, descriptor)
	fill(machine, descriptor, page, 5)
	return descriptor
}

/** vCPU 0 flushes its table. @returns the one that is retired, or was emptied. */
function flush(machine: TestMachine): number {
	const descriptor = use(machine)
	machine.tlb.flush(0, FlushCause.sfenceAll)
	return descriptor
}

/** Grace periods that have begun elapse, and tables are cleared. @returns how many were recycled. */
function settle(machine: TestMachine): number {
	machine.leave(0)
	machine.enter(0)
	return machine.clearRetired()
}

function wordsOf({memory}: TestMachine, descriptor: number): Int32Array {
	const bytes = (TlbEntry.size << tableLog2Entries(descriptor)) + TlbTableTrailer.size
	return memory.i32.subarray(tableAddress(descriptor) >>> 2, (tableAddress(descriptor) + bytes) >>> 2)
}

const quarantineOf = ({tlb}: TestMachine) => tlb.sharedStatistics().quarantine!
/** @returns the report of a use. */
function found(machine: TestMachine): string | undefined {
	try {
		machine.tlb.checkQuarantine()
		return undefined
	} catch (error) {
		if (error instanceof UseAfterRetirement) return error.message
		throw error
	}
}

test('a retired table gets the canary once its grace period has elapsed, but for the word that says whether it is filled', (t) => {
	const machine = create()
	const retired = flush(machine)
	t.is(machine.clearRetired(), 0)
	t.is(quarantineOf(machine).tables, 0)
	t.is(lookUp(machine, retired, 3), 5)
	t.is(settle(machine), 0)
	t.is(quarantineOf(machine).tables, 1)
	const filled = trailerWord(retired, 'filled') - (tableAddress(retired) >>> 2)
	t.true(wordsOf(machine, retired).every((word, index) => word === (index === filled ? 0 : canaryWord)))
	t.is(found(machine), undefined)
})

test('no access, in whatever generation, matches the canary as a tag, a tracked tag, a last page or a megapage', (t) => {
	const inPage = canaryWord & 0xfff
	for (let generation = 0; generation <= generationMask; generation += generationStep) {
		for (const bias of Object.values(tagBias)) {
			// The low bits of a masked address: those of a misaligned access.
			for (let low = 0; low < 8; low++) {
				t.not(low + bias + generation, inPage)
				t.not((low + bias + generation) | trackedBit, inPage)
				t.not(low + 1, inPage)
			}
		}
		t.not(generation, inPage)
	}
})

test('tables leave in the order in which they came, and are as fresh as new ones', (t) => {
	const machine = create()
	const first = flush(machine)
	const recycled = [settle(machine)]
	for (let flushes = 0; flushes < 5; flushes++) {
		flush(machine)
		recycled.push(settle(machine))
	}
	t.deepEqual(recycled, [0, 0, 0, 0, 1, 1])
	t.is(quarantineOf(machine).tables, 4)
	const {memory} = machine
	for (let flushes = 0; machine.descriptor(0, regime) !== first; flushes++) {
		t.true(flushes < 20)
		flush(machine)
		settle(machine)
	}
	t.true(isFresh(machine, first))
	const log = memory.u8.subarray(trailerWord(first, 'log') * 4, trailerWord(first, 'log') * 4 + 2048)
	t.true(log.every((byte) => byte === 0))
	t.is(memory.i32[trailerWord(first, 'clearings')], 0)
})

const seconds = '\\d+\\.\\d{3} s before'
const entry3 = 'entry 3 is readTag 0x3000, writeTag 0x3000, execTag 0x3000, addend 0x5, code 0xdead71b, for page 0x3000'

test('a fill into a table in quarantine is reported with the entry, who published the table and who took it out', (t) => {
	const machine = create()
	flush(machine)
	const retired = flush(machine)
	settle(machine)
	fill(machine, retired, 3, 5)
	const message = found(machine)!
	t.regex(message, /^A TLB table was used after it had been retired: table \d+ with 64 entries; /)
	t.true(message.includes(`; ${entry3} (7 words changed); `))
	const flushed = `by a flush of hart 0 \\(sfenceAll\\), ${seconds}`
	t.regex(message, new RegExp(`; published to hart 0, regime user, epoch 2 ${flushed}; taken out ${flushed}; `))
	t.regex(
		message,
		new RegExp(`; kept with the canary since grace period \\d+, ${seconds}; found in grace period \\d+$`),
	)
	t.is(found(machine), undefined, 'a table is reported once, and never used again')
})

test('a walk that begins with a table in quarantine is reported before it fills', (t) => {
	const machine = create()
	const retired = flush(machine)
	settle(machine)
	openTable(machine.memory, retired)
	t.regex(found(machine)!, /; its filled \(at byte 0 of the trailer\) is 0x1 \(1 word changed\); /)
})

test('each word that changes is found and counted, whatever the words beside it are', (t) => {
	/** @returns the report. */
	const change = (changed: readonly number[]) => {
		const machine = create()
		const retired = flush(machine)
		settle(machine)
		const words = wordsOf(machine, retired)
		for (const word of changed) words[word]! ^= 1
		return found(machine) ?? 'nothing'
	}
	// 64 entries of 8 words; the trailer, of 1024, begins with the word that is 0.
	for (const word of [0, 1, 6, 7, 8, 9, 511, 512, 513, 514, 1022, 1023, 1535])
		t.regex(change([word]), /\(1 word changed\)/, `word ${word}`)
	t.regex(change([1, 9, 600]), /; entry 0 is readTag 0xdead71a0dead71b, .*\(3 words changed\); /)
	t.regex(change([513, 514]), /; its clearings .*\(2 words changed\); /)
})

test('if a table was used and emptied, the report names an entry that stands for a page', (t) => {
	const machine = create()
	const retired = flush(machine)
	settle(machine)
	machine.operations.clearTable(retired, 0)
	fill(machine, retired, 9, 5)
	t.regex(found(machine)!, /; entry 9 is readTag 0x9000, .*, for page 0x9000 \(\d+ words changed\); /)
})

test('a use is found when the table leaves, too', (t) => {
	const machine = create()
	const retired = flush(machine)
	settle(machine)
	fill(machine, retired, 3, 5)
	const leave = () => {
		for (let flushes = 0; flushes < 4; flushes++) {
			flush(machine)
			settle(machine)
		}
	}
	t.throws(leave, {instanceOf: UseAfterRetirement, message: /; entry 3 is /})
})

/** Flushes until the table is free again. */
function recycle(machine: TestMachine, table: number): void {
	for (let flushes = 0; wordsOf(machine, table).some((word) => word !== 0); flushes++) {
		if (flushes > 20) throw new Error('the table is not recycled')
		flush(machine)
		settle(machine)
	}
}

/** Flushes until each table has been used. */
function useAll(machine: TestMachine): void {
	for (let flushes = 0; flushes < 20; flushes++) {
		flush(machine)
		settle(machine)
	}
}

test('a use after a table was cleared is reported when it is taken', (t) => {
	const machine = create()
	const retired = flush(machine)
	recycle(machine, retired)
	fill(machine, retired, 3, 5)
	t.throws(() => useAll(machine), {
		instanceOf: UseAfterRetirement,
		message: new RegExp(
			`^A TLB table is to be used again that was not cleared, or was used after that: table \\d+ with 64 entries; entry 3 is readTag 0x3000, .*, for page 0x3000; taken out before by a flush of hart 0 \\(sfenceAll\\), ${seconds}; found in grace period \\d+$`,
		),
	})
})

test('a table that is not cleared is reported when it is taken', (t) => {
	breakRule('reuse-before-clear')
	try {
		t.throws(() => useAll(create()), {
			instanceOf: UseAfterRetirement,
			message: /^A TLB table is to be used again that was not cleared, .*; entry 0 is readTag 0xdead71b0dead71b, /,
		})
	} finally {
		breakRule(undefined)
	}
})

const owners = [
	{
		title: 'a fence of another hart',
		takeOut: (machine: TestMachine) => machine.tlb.flushRemote({initiator: 0, targets: [1]}),
		says: 'published to hart 1, regime user, epoch 1 when the machine was created, .*; taken out by a fence of hart 0, ',
	},
	{
		title: 'a fence of the host',
		takeOut: (machine: TestMachine) => void machine.tlb.startRemoteFlush({targets: [1]}),
		says: 'published to hart 1, regime user, epoch 1 when the machine was created, .*; taken out by a fence of the host, ',
	},
	{
		title: 'a reset of the code cache',
		takeOut: (machine: TestMachine) => machine.tlb.flush(1, FlushCause.codeCacheReset),
		says: 'taken out by a flush of hart 1 \\(codeCacheReset\\), ',
	},
] as const
for (const {title, takeOut, says} of owners) {
	test(`the report names ${title}`, (t) => {
		const machine = create()
		const retired = use(machine, 1)
		takeOut(machine)
		settle(machine)
		fill(machine, retired, 3, 5)
		t.regex(found(machine)!, new RegExp(says))
	})
}

test('the report of a table that came with an address space names that', (t) => {
	const machine = create({asids: '1'})
	machine.setAsid(0, 1)
	// To the tables that were made for the space that is kept.
	machine.setAsid(0, 2)
	const retired = use(machine)
	machine.tlb.flush(0, FlushCause.sfenceAll)
	settle(machine)
	fill(machine, retired, 3, 5)
	t.regex(found(machine)!, /published to hart 0, regime user, epoch \d+ when the machine was created, /)
})

test('the report names a vCPU that took another size', (t) => {
	const machine = create({size: 'adaptive'})
	const {memory, blocks} = machine
	const retired = use(machine)
	memory.i32[trailerWord(retired, 'returned')] = returnsToGrow
	Atomics.or(memory.i32, (blocks.base(0) + tlbStateOffset + TlbState.offset.requestBits) >>> 2, resizeBit)
	blocks.ring(0, Doorbell.flush)
	machine.tlb.safepoint(0)
	settle(machine)
	fill(machine, retired, 3, 5)
	t.regex(found(machine)!, /with 4096 entries; .*; taken out by hart 0, in another size, /)
})

test('the last generation of a table ends in quarantine', (t) => {
	const machine = create({policy: 'epoch-tag'})
	const first = tableAddress(machine.descriptor(0, regime))
	while (tableAddress(machine.descriptor(0, regime)) === first) flush(machine)
	settle(machine)
	fill(machine, first | generationStep | 6, 3, 5)
	t.regex(found(machine)!, /; entry 3 is readTag 0x3020, .*, for page 0x3000 /)
})

test('while too many tables wait, owners empty theirs in place, and fences of other harts still swap', (t) => {
	let asked = 0
	const config: TlbConfig = {
		vcpus: 2,
		spareTables: 8,
		design: {policy: 'swap-pool', size: '64', asids: '0', debug: 'on'},
	}
	const machine = TestMachine.create(config, {needsClearing: () => void asked++})
	machine.enter(0)
	for (let flushes = 0; flushes < 7; flushes++) flush(machine)
	t.is(machine.tlb.tlbStatistics(0).swaps, 7)
	t.is(quarantineOf(machine).heldBack, 0)
	t.is(asked, 1)
	const kept = flush(machine)
	t.is(machine.descriptor(0, regime), kept)
	t.true(isFresh(machine, kept))
	t.is(quarantineOf(machine).heldBack, 1)
	use(machine, 1)
	machine.tlb.flushRemote({initiator: 0, targets: [1]})
	t.is(machine.tlb.tlbStatistics(1).swaps, 1)
	// The pool is dry. No hart clears a retired table, whose canary nobody would have checked: the owner is asked to flush.
	machine.leave(0)
	machine.enter(0)
	use(machine, 1)
	machine.tlb.flushRemote({initiator: 0, targets: [1]})
	t.is(machine.tlb.tlbStatistics(1).swaps, 1)
	machine.enter(1)
	t.is(lookUp(machine, machine.descriptor(1, regime), 3), undefined)
	machine.leave(1)
	settle(machine)
	t.is(quarantineOf(machine).tables, 4)
	flush(machine)
	t.is(machine.tlb.tlbStatistics(0).swaps, 8)
})

test('a recycler that does not wait for grace periods is found by the next fill of the hart that still has the table', (t) => {
	class Hasty extends Rcu {
		override poll(): boolean {
			return true
		}
	}
	const machine = create()
	const {memory, config, operations} = machine
	const pool = tablePools(memory, {rcu: new Hasty(memory), config, operations})[6]!
	machine.enter(1)
	const held = use(machine, 1)
	machine.tlb.startRemoteFlush({initiator: 0, targets: [1]})
	pool.recycleRetired()
	t.is(found(machine), undefined)
	// vCPU 1 is in the critical section in which it loaded the descriptor.
	fill(machine, held, 9, 5)
	t.regex(found(machine)!, /; entry 9 is .*; published to hart 1, .*; taken out by a fence of hart 0, /)
})

test('without debug=on there is no quarantine, and the tables lie where they lay', (t) => {
	const machine = create({debug: 'off'})
	const other = create()
	t.is(machine.tlb.sharedStatistics().quarantine, undefined)
	flush(machine)
	t.is(settle(machine), 1)
	t.notThrows(() => machine.tlb.checkQuarantine())
	const size = ({memory}: TestMachine) => memory.region('tlb').size
	t.true(size(machine) < size(other))
	t.is(
		size(machine),
		TestMachine.create({...machine.config, design: {policy: 'swap-pool', size: '64', asids: '0'}}).memory.region('tlb')
			.size,
	)
})
