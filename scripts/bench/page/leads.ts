/** What each change of generated code brought, measured by hand, build against build. */
import {markdown, orDash, table} from './table.ts'

/** Milliseconds, least of the runs. */
export type LeadFigures = Readonly<{
	rows: readonly Readonly<{
		lead: string
		program: string
		before?: number
		after?: number
	}>[]
}>

export const leads = table<LeadFigures>({
	name: 'leads',
	title: 'What generated code gained',
	about: [
		'Each lead, with programs that show it, on bare metal with one hart: milliseconds with the build before and with the one that has it. What was',
		'not tried is in the list as well; [decisions.md](decisions.md) has the reasons.',
	],
	commands: [],
	comparesWithQemu: false,
	read: () => {
		throw new Error('Builds are compared by hand')
	},
	lines: ({rows}) => {
		const whole = (value: number | undefined) => orDash(value, (known) => known.toFixed(0))
		return markdown(
			['lead', 'program', 'before', 'after', 'times as fast'],
			rows.map(({lead, program, before, after}) => [
				lead,
				program,
				whole(before),
				whole(after),
				orDash(after, (known) => (before! / known).toFixed(2)),
			]),
		)
	},
})
