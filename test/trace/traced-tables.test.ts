/** Swaps and generations in a trace, by who brought them about. */
import test from 'ava'
import {layOut, SharedMemory} from '../../src/memory/index.ts'
import {FlushCause, Regime, type TlbDesign, type TlbObserver} from '../../src/tlb/index.ts'
import {EventKind, EventReader, EventRing, ringsRegion} from '../../src/trace/index.ts'
import {TracedTables} from '../../src/trace/traced-tables.ts'
import {fill, openTable} from '../tlb/lookup.ts'
import {TestMachine} from '../tlb/test-machine.ts'

const translated = [Regime.supervisor, Regime.supervisorSum, Regime.user]

/** Two harts, whose tables are observed by the thread of hart 0. */
function observed(policy: TlbDesign['policy']) {
	let tables: TracedTables | undefined
	const observer: TlbObserver = {
		fenceRings: () => {},
		swapped: (emptied, epoch) => tables?.swapped(emptied, epoch),
		advanced: (emptied, generation) => tables?.advanced(emptied, generation),
	}
	const machine = TestMachine.create({vcpus: 2, design: {policy}}, {observer})
	const memory = SharedMemory.create(layOut([ringsRegion(2, 2048)]))
	const reader = new EventReader(memory, {index: 0, harts: 2})
	reader.setQuota(2048)
	const ring = new EventRing(memory, {index: 0, harts: 2})
	tables = new TracedTables(machine.memory, {blocks: machine.blocks, self: 0, now: () => 5, ring})
	machine.enter(0)
	return {
		machine,
		fillAll(vcpu: number): void {
			for (const regime of translated) {
				openTable(machine.memory, machine.descriptor(vcpu, regime))
				fill(machine, machine.descriptor(vcpu, regime), 3, 5)
			}
		},
		/** Kind, time, hart, regime, cause, number. */
		take(): number[][] {
			tables.noteOwn(7)
			const events: number[][] = []
			reader.take(({kind, time, details}) => events.push([kind, time, ...details]))
			return events
		},
	}
}

const {swap, generation} = EventKind
const {sfenceAll, satpWrite, remoteAll, reset} = FlushCause

test('a trace has the swaps of a flush, with its cause, and how many tables the regime has had', (t) => {
	const {machine, fillAll, take} = observed('swap-pool')
	fillAll(0)
	machine.tlb.flush(0, sfenceAll)
	machine.tlb.flush(0, reset)
	t.deepEqual(
		take(),
		translated.map((regime) => [swap, 5, 0, regime, sfenceAll, 2]),
	)
	fillAll(1)
	fillAll(0)
	machine.tlb.startRemoteFlush({initiator: 0, targets: [0, 1]})
	t.deepEqual(
		take(),
		[
			[0, 3],
			[1, 2],
		].flatMap(([hart, epoch]) => translated.map((regime) => [swap, 5, hart, regime, remoteAll, epoch])),
	)
})

test('a generation is in the trace once: by the owner, or by the hart that fenced it', (t) => {
	const {machine, fillAll, take} = observed('epoch-tag')
	fillAll(0)
	machine.tlb.flush(0, satpWrite)
	t.deepEqual(
		take(),
		translated.map((regime) => [generation, 7, 0, regime, satpWrite, 2]),
	)
	fillAll(0)
	machine.tlb.startRemoteFlush({initiator: 1, targets: [0]})
	t.deepEqual(
		take(),
		translated.map((regime) => [generation, 5, 0, regime, remoteAll, 3]),
	)
	t.deepEqual(take(), [])
})

test('after the last generation of a table there is a swap, and generations begin anew', (t) => {
	const {machine, fillAll, take} = observed('epoch-tag')
	const ofUser: number[][] = []
	for (let flush = 0; flush < 129; flush++) {
		fillAll(0)
		machine.tlb.flush(0, sfenceAll)
		ofUser.push(...take().filter(([, , , regime]) => regime === Regime.user))
	}
	t.is(ofUser.length, 129)
	// The first table begins with generation 1, and has 127.
	t.deepEqual(
		ofUser.map(([kind, , , , , number]) => [kind, number]),
		[...Array.from({length: 126}, (_, index) => [generation, index + 2]), [swap, 2], [generation, 2], [generation, 3]],
	)
})
