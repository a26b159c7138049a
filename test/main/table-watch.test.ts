/** Machines with `--tlb debug=on`: tables are quarantined and checked while guests run, and a use ends the machine. */
import test from 'ava'
import {threadEntries} from '../../src/main/artifacts.ts'
import {TableWatch} from '../../src/main/table-watch.ts'
import type {SharedTlbStatistics, Tlb, TlbDesign} from '../../src/tlb/index.ts'
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

/** A watch of what `statistics` has at each beat. */
function watch(statistics: readonly Readonly<{heldBack: number}>[]): string[] {
	const lines: string[] = []
	const {error} = console
	console.error = (line: string) => void lines.push(line)
	let beat = 0
	const tlb = {
		design: {debug: 'on'},
		checkQuarantine: () => {},
		sharedStatistics: () =>
			({waiting: 3, quarantine: {tables: 4, checks: 0, ...statistics[beat++]!}}) as SharedTlbStatistics,
	} as unknown as Tlb
	try {
		const tableWatch = new TableWatch(tlb, () => {})
		for (const _ of statistics) tableWatch.beat(() => {})
	} finally {
		console.error = error
	}
	return lines
}

test.serial('tables that are held back through five heartbeats are reported, once', (t) => {
	const grows = Array.from({length: 12}, (_, beat) => ({heldBack: beat}))
	t.deepEqual(watch(grows), [
		'TLB tables are held back: 3 are retired and 4 in quarantine, so that harts empty theirs in place (5 times by now)',
	])
	t.deepEqual(watch([...grows.slice(0, 5), ...grows.slice(4, 9)]), [])
})
