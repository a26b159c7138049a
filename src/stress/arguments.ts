/** The command line of a run, so that it can be made again. */
import type {Fault} from '../faults.ts'
import type {StressOptions} from '../main/command-line/stress-library.ts'
import type {Handover} from '../serial/index.ts'
import {formatTlbDesign} from '../tlb/index.ts'

type Described = Pick<StressOptions, 'kinds' | 'harts' | 'seed' | 'translation'> &
	Partial<Pick<StressOptions, 'seconds' | 'iterations'>> &
	Readonly<{
		fault?: Fault | undefined
		/** By turns: undefined for those that the seed draws. */
		serial?: Readonly<{seeds?: number; schedule: readonly Handover[] | undefined}> | undefined
	}>

/** @returns what follows `manyhart`. */
export function stressArguments(options: Described): string[] {
	const {kinds, harts, seconds, iterations, seed, translation, fault, serial} = options
	const {accel, jitThreshold, tlb} = translation
	const option = (name: string, value: string | number | undefined): string[] =>
		value === undefined ? [] : [name, String(value)]
	return [
		...['stress', kinds.length > 1 ? 'all' : kinds[0]!],
		...(serial ? ['--serial'] : []),
		...option('--harts', harts),
		...option('--seconds', seconds),
		...option('--seed', seed),
		...option('--iterations', iterations),
		...option('--accel', accel),
		...option('--jit-threshold', jitThreshold),
		...option('--tlb', (tlb && formatTlbDesign(tlb)) || undefined),
		...option('--inject', fault),
		...option('--seeds', serial?.seeds),
		...option('--schedule', serial?.schedule && scheduleText(serial.schedule)),
	]
}

/** As `--schedule` takes it: `none` if all turns are the usual ones. */
export function scheduleText(schedule: readonly Handover[]): string {
	if (schedule.length === 0) return 'none'
	return schedule.map(({from, step, thread}) => `${from}.${step}:${thread}`).join(',')
}
