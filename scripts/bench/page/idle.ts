/** The table of idle machines. */
import type {IdleRow} from '../idle.ts'
import {bench, markdown, orDash, rounded, table} from './table.ts'

/** @property append what was added to the kernel's command line. */
export type IdleFigures = Readonly<{rows: readonly (IdleRow & Readonly<{append?: string}>)[]}>

type IdleOutput = Readonly<{append?: string; rows: readonly IdleRow[]}>

const names: Readonly<Record<string, string>> = {manyhart: 'Manyhart'}

export const idle = table<IdleFigures>({
	name: 'idle',
	title: 'Idle',
	about: [
		'Debian at its shell prompt: processor time and wake-ups of all threads of the process while nobody types, 45 s after the',
		'prompt, for 45 s; and what the boot before it took. An idle hart wakes for its guest’s timers only, the main thread once a',
		'second. Most timers come from Linux’s own watchdog, which runs a thread on each hart every 4 s: `nowatchdog` on the',
		'kernel’s command line turns it off. Processor time depends on what else fills the host’s caches meanwhile. A dash: it',
		'reached no prompt in time.',
	],
	commands: [
		bench('idle', '--settle', '45', '--seconds', '45', '--timeout', '270'),
		bench('idle', '--settle', '45', '--seconds', '45', '--timeout', '270', '--harts', '64', '--append', 'nowatchdog'),
	],
	comparesWithQemu: true,
	read: (outputs) => ({
		rows: (outputs as readonly IdleOutput[]).flatMap(({append, rows}) =>
			rows.map(({idle: use, ...row}) => ({
				...row,
				...(append !== undefined && {append}),
				...(use && {
					idle: {
						bootSeconds: rounded(use.bootSeconds, 3),
						bootCpuSeconds: rounded(use.bootCpuSeconds, 3),
						cpuPercent: rounded(use.cpuPercent, 2),
						wakeups: rounded(use.wakeups, 2),
						residentMiB: rounded(use.residentMiB, 3),
					},
				}),
			})),
		),
	}),
	lines: ({rows}) =>
		markdown(
			['', 'idle, of one core', 'wake-ups per second', 'resident', 'boot', 'its processor time', 'kernel warnings'],
			rows.map(({side, harts, append, warnings, idle: use}) => [
				`${harts} hart${harts === 1 ? '' : 's'}${append === undefined ? '' : `, \`${append}\``}, ${names[side] ?? side}`,
				orDash(use, ({cpuPercent}) => `${cpuPercent} %`),
				orDash(use, ({wakeups}) => `${wakeups}`),
				orDash(use, ({residentMiB}) => `${residentMiB} MiB`),
				orDash(use, ({bootSeconds}) => `${bootSeconds} s`),
				orDash(use, ({bootCpuSeconds}) => `${bootCpuSeconds} s`),
				`${warnings}`,
			]),
		),
})
