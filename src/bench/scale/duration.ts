/** How long a measurement takes: a first guess, which the boots that have finished correct. docs/scaling.md has the sums. */
import {Forecast} from '../forecast.ts'
import type {PlannedBoot} from './plan.ts'
import {nativeId} from './subjects.ts'
import {longestPart} from './workloads.ts'

/** Seconds of a start, of a program without its measured part and its warm-up, which is a quarter of that. */
const starts = {linux: 5, bare: 0.8, native: 0}
const program = 0.15
const warmUp = 0.25

/** Seconds that a measured part takes by experience: on more harts some are slow, and those end with the time. */
const parts = {one: 0.55, more: 0.75, beyond: 0.95}

type Cores = Readonly<{cores: number}>

const startOf = ({engine, system}: PlannedBoot) => starts[engine === nativeId ? 'native' : (system ?? 'linux')]

const secondsWith = (boot: PlannedBoot, part: number) =>
	startOf(boot) + boot.tasks.length * (program + (1 + warmUp) * part)

/** @returns seconds. */
export function estimate(boot: PlannedBoot, {cores}: Cores): number {
	const {harts} = boot
	return secondsWith(boot, harts === 1 ? parts.one : harts <= cores ? parts.more : parts.beyond)
}

/** Seconds, if each workload used all the time that it may take. */
export const estimateOfSlowest = (boot: PlannedBoot): number => secondsWith(boot, longestPart / 1000)

/** What is slow on more harts than cores is so in each repetition; a slow host is slow at all. */
export const durationForecast = (cores: Cores): Forecast<PlannedBoot> =>
	new Forecast<PlannedBoot>({
		estimate: (boot) => estimate(boot, cores),
		kindsOf: ({engine, harts, system = 'linux'}) => [`${engine} ${harts} ${system}`, `${engine} ${system}`, 'any'],
	})
