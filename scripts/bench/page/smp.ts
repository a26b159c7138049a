/** Tables of harts that wait for one another: programs, and latencies. */
import type {SmpRecord} from '../smp/record.ts'
import {Summary} from '../smp/summary.ts'
import {
	type LatencyFigures,
	latencyFigures,
	latencyLines,
	type ProgramFigures,
	programFigures,
	programLines,
} from '../smp/tables.ts'
import {bench, table} from './table.ts'

const summaryOf = ([output]: readonly unknown[]) => new Summary(output as SmpRecord)

export const smp = table<ProgramFigures>({
	name: 'smp',
	title: 'Harts that wait: programs',
	about: [
		'Programs in Debian (`test/guests/bench-linux/timed*`) that make harts wait for one another: remote fences, wake-ups, locks,',
		'more harts than cores. Each runs for a time, and what it did is divided by it; all emulators run in turn, with the same',
		'kernel, initramfs and binary. A thread or a process keeps to a hart of its own where the table says so, and in storms and',
		'under locks; 16 harts are more than the cores of most hosts.',
	],
	commands: [bench('smp', '--only', 'programs')],
	comparesWithQemu: false,
	read: (outputs) => programFigures(summaryOf(outputs)),
	lines: programLines,
})

export const smpLatency = table<LatencyFigures>({
	name: 'smp-latency',
	title: 'Harts that wait: latencies',
	about: [
		'A bare-metal guest (`test/guests/latency`) measures by the `time` CSR how long one hart waits for another, the target: it is',
		'busy, or idle in `wfi`, with a core for each hart; or all other harts are busy, too, and there are more of them than cores. SBI',
		"calls are those that a kernel makes: Manyhart's SBI is built in, under QEMU OpenSBI answers. From doorbell to safepoint is",
		'from outside of the guest, in nanoseconds of the host: until the thread of a hart has seen its doorbell.',
	],
	commands: [bench('smp', '--only', 'latency')],
	comparesWithQemu: false,
	read: (outputs) => latencyFigures(summaryOf(outputs)),
	lines: latencyLines,
})
