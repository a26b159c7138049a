/** Machines with `--tlb debug=on`: tables are quarantined and checked while guests run, and a use ends the machine. */
import test from 'ava'
import {threadEntries} from '../../src/main/artifacts.ts'
import {TableWatch} from '../../src/main/table-watch.ts'
import {type SharedTlbStatistics, type Tlb, type TlbDesign, UseAfterRetirement} from '../../src/tlb/index.ts'
import {expectedOutput, guestBinary, outputDifference} from '../guests/guests.ts'
import {createMachine, readConsole} from './test-machine.ts'

for (const policy of ['epoch-tag', 'swap-pool', 'swap-clear'] as const satisfies TlbDesign['policy'][]) {
	test.serial(`a guest that remaps and fences on four harts passes with debug=on and ${policy}`, async (t) => {
		const machine = await createMachine(t, {
			kernel: guestBinary('smp-demo'),
			smp: 4,
			tlb: {policy, size: '64', debug: 'on'},
		})
		const reading = readConsole(machine)
		t.deepEqual(await machine.run(), {reason: 'power-off', exitCode: 0})
		t.is(outputDifference(await reading, await expectedOutput('smp-demo')), undefined)
		const {tlbPool, tlb} = machine.statistics()
		t.is(tlb.debug, 'on')
		t.log(JSON.stringify(tlbPool))
		const {retired, recycled, waiting, quarantine} = tlbPool
		t.is(retired, recycled + waiting + quarantine!.tables)
		// The one at the end at least.
		t.true(quarantine!.checks >= quarantine!.tables)
		t.true(retired > 0)
	})
}

test.serial(
	'a use of a table in quarantine stops the machine with 70, and the message says whose table it was',
	async (t) => {
		const {helper} = threadEntries
		const entries: {helper: URL} = threadEntries
		entries.helper = new URL('using-helper.ts', import.meta.url)
		t.teardown(() => {
			entries.helper = helper
		})
		const tlb = {policy: 'swap-pool', debug: 'on'} as const
		const machine = await createMachine(t, {kernel: guestBinary('smp-demo'), smp: 4, tlb})
		const reading = readConsole(machine)
		const {message, ...outcome} = await machine.run()
		t.deepEqual(outcome, {reason: 'error', exitCode: 70})
		t.log(message)
		t.regex(
			message!,
			/^A TLB table was used after it had been retired: table \d+ with 4096 entries; entry 0 is readTag 0x40007000, .*, for page 0x40007000 \(\d+ words changed\); published to hart \d, regime \w+, epoch \d+ .*; taken out by .*; kept with the canary since grace period \d+, .*; found in grace period \d+$/,
		)
		await reading
	},
)

test.serial('a hart has left its tables when it passes a quiescent state', async (t) => {
	const {vcpu} = threadEntries
	const entries: {vcpu: URL} = threadEntries
	entries.vcpu = new URL('table-leaving-vcpu.ts', import.meta.url)
	t.teardown(() => {
		entries.vcpu = vcpu
	})
	const machine = await createMachine(t, {kernel: guestBinary('smp-demo'), smp: 4})
	const reading = readConsole(machine)
	t.deepEqual(await machine.run(), {reason: 'power-off', exitCode: 0})
	await reading
})

type Given = Readonly<{
	debug?: TlbDesign['debug']
	/** At each beat. */
	heldBack?: readonly number[]
	/** What a check of the quarantine finds. */
	finds?: Error
}>

/** A watch of a TLB that does nothing, what it says, and what it asks for. */
function create({debug = 'on', heldBack = [0], finds}: Given) {
	const [reports, failures]: [string[], string[]] = [[], []]
	let [beats, checks, clearings] = [0, 0, 0]
	const checkQuarantine = () => {
		checks++
		if (finds) throw finds
	}
	const sharedStatistics = () =>
		({waiting: 3, quarantine: {tables: 4, checks: 0, heldBack: heldBack[beats++]!}}) as SharedTlbStatistics
	const tlb = {design: {debug}, checkQuarantine, sharedStatistics} as unknown as Tlb
	const watch = new TableWatch(tlb, (message) => failures.push(message))
	const beat = (times = heldBack.length) => {
		const {error} = console
		console.error = (line: string) => void reports.push(line)
		try {
			for (let time = 0; time < times; time++) watch.beat(() => clearings++)
		} finally {
			console.error = error
		}
	}
	return {watch, beat, reports, failures, counts: () => ({checks, clearings})}
}

/** @returns the reports. */
function reportsOf(heldBack: readonly number[]): string[] {
	const {beat, reports} = create({heldBack})
	beat()
	return reports
}

test.serial('tables that are held back through five heartbeats are reported, once', (t) => {
	const grows = Array.from({length: 12}, (_, beat) => beat)
	t.deepEqual(reportsOf(grows), [
		'TLB tables are held back: 3 are retired and 4 in quarantine, so that harts empty theirs in place (5 times by now)',
	])
	t.deepEqual(reportsOf([...grows.slice(0, 5), ...grows.slice(4, 9)]), [])
	t.is(reportsOf([...grows, 11, ...grows.map((times) => times + 12)]).length, 2, 'it lasts a second time')
})

test.serial('with debug=on each heartbeat has tables cleared and checks those in quarantine, else none does', (t) => {
	const on = create({heldBack: [0, 0, 0]})
	on.beat()
	t.deepEqual(on.counts(), {checks: 3, clearings: 3})
	t.is(on.watch.misuse, undefined)
	const off = create({debug: 'off'})
	off.beat(3)
	t.deepEqual(off.counts(), {checks: 0, clearings: 0})
})

test.serial('a use that a heartbeat finds fails the machine, which remembers the first', (t) => {
	const {watch, beat, failures} = create({finds: new UseAfterRetirement('hart 1 has used a table')})
	beat()
	t.is(watch.misuse, 'hart 1 has used a table')
	watch.clearingFailed(new UseAfterRetirement('hart 2 has used another'))
	t.is(watch.misuse, 'hart 1 has used a table')
	t.deepEqual(failures, ['hart 1 has used a table', 'hart 2 has used another'])
})

test.serial('a helper that dies fails the machine, and is no use of a retired table', (t) => {
	const {watch, failures} = create({})
	watch.clearingFailed(new Error('out of memory'))
	t.is(watch.misuse, undefined)
	t.deepEqual(failures, ['the helper pool failed: out of memory'])
})

test.serial('a check that fails in another way fails the machine', (t) => {
	const {watch, failures} = create({finds: new Error('the queue is broken')})
	watch.check()
	t.is(watch.misuse, undefined)
	t.deepEqual(failures, ['the queue is broken'])
})
