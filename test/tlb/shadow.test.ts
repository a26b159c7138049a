/** Statistics of flushes and of tables that are cleared, and where they are kept. */
import test from 'ava'
import {FlushCause, Regime, regimeCount, type TlbConfig, trailerWord} from '../../src/tlb/index.ts'
import {causeBits, rememberedLives, TlbShadow} from '../../src/tlb/shadow-layout.ts'
import {shadowOffsets} from '../../src/tlb/tlb-config.ts'
import {fill, openTable} from './lookup.ts'
import {TestMachine} from './test-machine.ts'

const config: TlbConfig = {vcpus: 2, design: {size: '64', statistics: 'on'}}

function create(changes: Partial<TlbConfig> = {}): TestMachine {
	const machine = TestMachine.create({...config, ...changes})
	machine.enter(0)
	return machine
}

function fillTables(machine: TestMachine, vcpu: number): void {
	for (let regime: number = Regime.supervisor; regime < regimeCount; regime++) {
		openTable(machine.memory, machine.descriptor(vcpu, regime))
		fill(machine, machine.descriptor(vcpu, regime), 3, 5)
	}
}

/** Gives the table a life, as the hart core's first fill of a sampled page. */
function begin(machine: TestMachine, vcpu: number, regime: number, life: number): void {
	machine.memory.i32[trailerWord(machine.descriptor(vcpu, regime), 'life')] = life
}

/** What the vCPU's shadow says of a life. */
function endOf({memory, config}: TestMachine, vcpu: number, life: number): number | undefined {
	const ends = shadowOffsets(memory, config)[vcpu]! + TlbShadow.offset.ends
	const end = memory.u32[ends / 4 + (life % rememberedLives)]!
	return end >>> causeBits === life ? end & (2 ** causeBits - 1) : undefined
}

for (const [how, undoLimit, where] of [
	['in place', 512, 'inPlace'],
	['by the run loop', -1, 'byRunLoop'],
] as const) {
	test(`a flush ${how} is timed as that, once for all tables`, (t) => {
		const machine = create({undoLimit})
		fillTables(machine, 0)
		machine.tlb.flush(0, FlushCause.sfenceAll)
		const counts = () => {
			const {inPlace, byRunLoop} = machine.tlb.tlbStatistics(0).flushCosts!
			return {inPlace: inPlace.count, byRunLoop: byRunLoop.count}
		}
		t.deepEqual(counts(), {inPlace: 0, byRunLoop: 0, [where]: 1})
		// A flush that finds nothing costs little, and counts.
		machine.tlb.flush(0, FlushCause.sfenceAll)
		t.is(counts().inPlace, where === 'inPlace' ? 2 : 1)
		t.true(machine.tlb.tlbStatistics(0).flushCosts![where].maximum > 0)
		t.is(machine.tlb.tlbStatistics(1).flushCosts!.inPlace.count, 0)
	})
}

test('requests of others that a vCPU serves are its flushes', (t) => {
	const machine = create()
	fillTables(machine, 0)
	machine.tlb.startRemoteFlush({targets: [0], range: {firstLow: 3, firstHigh: 0, pages: 2}})
	machine.tlb.safepoint(0)
	t.is(machine.tlb.tlbStatistics(0).flushCosts!.inPlace.count, 1)
	machine.tlb.startRemoteFlush({initiator: 0, targets: [0]})
	t.is(machine.tlb.tlbStatistics(0).flushCosts!.inPlace.count, 2)
})

test('the time from the retirement of a table until it is cleared is measured', (t) => {
	const machine = create({undoLimit: -1})
	fillTables(machine, 0)
	machine.tlb.flush(0, FlushCause.sfenceAll)
	t.is(machine.tlb.sharedStatistics().clearing!.count, 0)
	machine.tlb.safepoint(0)
	t.is(machine.clearRetired(), 3)
	const {count, maximum} = machine.tlb.sharedStatistics().clearing!
	t.is(count, 3)
	t.true(maximum < 600_000_000, `${maximum} µs`)
})

test('a table that another thread swaps away was emptied by a fence from outside', (t) => {
	const machine = create()
	fillTables(machine, 1)
	begin(machine, 1, Regime.user, 7)
	machine.tlb.startRemoteFlush({initiator: 0, targets: [1]})
	t.is(endOf(machine, 1, 7), FlushCause.remoteAll)
	t.is(endOf(machine, 0, 7), undefined)
})

test('a table that its owner has swapped was emptied for the owner’s cause', (t) => {
	const machine = create({undoLimit: -1})
	fillTables(machine, 0)
	begin(machine, 0, Regime.user, 7)
	begin(machine, 0, Regime.supervisor, 8 + rememberedLives)
	machine.tlb.flush(0, FlushCause.statusChange)
	t.is(endOf(machine, 0, 7), FlushCause.statusChange)
	t.is(endOf(machine, 0, 8), undefined, 'another life with the same word')
	t.is(endOf(machine, 0, 8 + rememberedLives), FlushCause.statusChange)
})

test('without statistics there is no region, and there are no figures', (t) => {
	const machine = create({design: {}, undoLimit: -1})
	fillTables(machine, 0)
	machine.tlb.flush(0, FlushCause.sfenceAll)
	t.is(machine.memory.map.regions['tlb-shadows'], undefined)
	const {misses, flushCosts} = machine.tlb.tlbStatistics(0)
	t.deepEqual([misses, flushCosts, machine.tlb.sharedStatistics().clearing], [undefined, undefined, undefined])
})

for (const [statistics, sampledOneIn] of [
	['on', 32],
	['all', 1],
] as const) {
	test(`with statistics=${statistics} one page of ${sampledOneIn} is sampled`, (t) => {
		const machine = create({design: {statistics}})
		t.is(machine.tlb.tlbStatistics(1).misses!.sampledOneIn, sampledOneIn)
	})
}
