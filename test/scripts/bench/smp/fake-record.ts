/** Records as measurements would leave them, with figures that are made up. */
import {figures} from '../../../../scripts/bench/smp/programs.ts'
import {type Measurement, type SmpRecord, schemaVersion} from '../../../../scripts/bench/smp/record.ts'
import {allSeries, seriesOf} from '../../../../scripts/bench/smp/series.ts'

export const fakeRecord = (change: Partial<SmpRecord> = {}): SmpRecord => ({
	schema: schemaVersion,
	command: 'npm run bench -- smp',
	date: '2026-11-29T10:00:00.000Z',
	node: 'v26.10.0',
	host: 'linux, x64, 2 cores',
	milliseconds: 300,
	subjects: ['Manyhart', 'QEMU 7.2.22'],
	planned: 4,
	state: 'complete',
	measurements: [],
	...change,
})

const about = {harts: 2, round: 0, took: 9, others: 0} as const

/** A run of programs, by seconds of each. */
export const timed = (
	subject: string,
	seconds: Readonly<Record<string, number>>,
	change: Partial<Measurement> = {},
): Measurement => ({
	...about,
	kind: 'programs',
	subject,
	programs: Object.fromEntries(Object.entries(seconds).map(([name, each]) => [name, {seconds: each, operations: 9}])),
	...change,
})

/** All figures and all series, of all subjects, in two rounds. */
export function wholeRecord(): SmpRecord {
	const measurements = [0, 1].flatMap((round) =>
		['Manyhart', 'QEMU 7.2.22'].flatMap((subject, index): Measurement[] => {
			const factor = (1 + index) * (1 + round)
			const seconds = Object.fromEntries(figures.map(({name}, number) => [name, 1e-6 * factor * (number + 1)]))
			const latencies = (kind: 'pair' | 'crowd' | 'doorbell') =>
				Object.fromEntries(
					seriesOf(kind).map(({name}): [string, [number, number][]] => {
						const ticks = 10 * factor * (1 + allSeries.findIndex((each) => each.name === name))
						return [
							name,
							[
								[ticks, 9],
								[100 * ticks, 1],
							],
						]
					}),
				)
			return [
				timed(subject, seconds, {harts: 1, round}),
				timed(subject, seconds, {harts: 16, round}),
				{...about, kind: 'pair', subject, round, latencies: latencies('pair')},
				{...about, kind: 'crowd', harts: 8, subject, round, latencies: latencies('crowd')},
				...(index === 0
					? [{...about, kind: 'doorbell' as const, harts: 8, subject, round, latencies: latencies('doorbell')}]
					: []),
			]
		}),
	)
	return fakeRecord({measurements, planned: measurements.length})
}
