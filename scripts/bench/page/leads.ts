/** What each change of generated code brought, measured by hand, build against build. */
import {markdown, orDash, table} from './table.ts'

/** Milliseconds, least of the runs; the seconds of QEMUs are of the same runs. */
export type LeadFigures = Readonly<{
	rows: readonly Readonly<{
		lead: string
		program: string
		before?: number
		after?: number
		qemu7?: number
		qemu10?: number
	}>[]
}>

export const leads = table<LeadFigures>({
	name: 'leads',
	title: 'What generated code gained',
	about: [
		'Each lead that was followed, with the programs that show it, on bare metal with one hart: milliseconds with the build before and with it, and',
		'of both QEMUs in the same runs. What did not pay, or was not tried, is in the list as well; [decisions.md](decisions.md) has the reasons.',
	],
	commands: [],
	comparesWithQemu: false,
	read: () => {
		throw new Error('Builds are compared by hand')
	},
	lines: ({rows}) => {
		const whole = (value: number | undefined) => orDash(value, (known) => known.toFixed(0))
		return markdown(
			['lead', 'program', 'before', 'after', 'times as fast', 'QEMU 7.2', 'QEMU 10'],
			rows.map(({lead, program, before, after, qemu7, qemu10}) => [
				lead,
				program,
				whole(before),
				whole(after),
				orDash(after, (known) => (before! / known).toFixed(2)),
				whole(qemu7),
				whole(qemu10),
			]),
		)
	},
})
