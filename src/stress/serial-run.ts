/** Runs by turns: explores seeds, and describes the first one that violates something. */
import type {Fault} from '../faults.ts'
import {
	type SerialStress,
	type StressEnvironment,
	type StressKind,
	type StressOptions,
	serialIterations,
} from '../main/command-line/stress-library.ts'
import type {StyleName} from '../serial/index.ts'
import {scheduleText, stressArguments} from './arguments.ts'
import {describeHandover, explore, type Failure, mostEntries} from './explore.ts'
import {runGuestByTurns} from './guest-run.ts'
import type {LiveLine} from './live-line.ts'
import {rcuThreadName, runRcuByTurns} from './rcu-run.ts'
import {type Figures, noFigures, type RunOptions, type RunResult, type TurnsOptions, type TurnsResult} from './run.ts'

/** Handovers of a schedule that are shown. */
const mostShown = 12

type SerialOptions = Pick<StressOptions, 'harts' | 'seconds' | 'iterations' | 'seed' | 'translation'> &
	Readonly<{fault: Fault | undefined; serial: SerialStress}>

/** @property seeds that were run. @property digests by seed, if they were asked for. @property noticedAfter seconds, of a violation. */
export type SerialResult = RunResult &
	Readonly<{
		seeds: number
		digests?: Readonly<Record<number, string>>
		schedule?: string | undefined
		noticedAfter?: number
	}>

type Runner = Readonly<{
	style: StyleName
	run: (options: RunOptions, by: TurnsOptions) => Promise<TurnsResult>
	/** @returns a thread's name. */
	nameOf: (thread: number) => string
}>

function runnerOf(kind: StressKind, harts: number): Runner {
	if (kind === 'rcu') return {style: 'explore-rcu', run: runRcuByTurns, nameOf: rcuThreadName}
	return {
		style: 'explore',
		run: (options, by) => runGuestByTurns(kind, options, by),
		nameOf: (thread) => (thread === harts ? 'the helper, which clears tables,' : `hart ${thread}`),
	}
}

export async function runByTurns(
	kind: StressKind,
	options: SerialOptions,
	{signal, line}: Pick<StressEnvironment, 'signal'> & Readonly<{line: LiveLine}>,
): Promise<SerialResult> {
	const {harts, seed: first, seconds, serial, translation, fault, iterations = serialIterations} = options
	const {style, run, nameOf} = runnerOf(kind, harts)
	const began = performance.now()
	let sum: Figures = noFigures
	const {seeds, results, failure} = await explore({
		first,
		seeds: serial.seeds,
		seconds,
		schedule: serial.schedule,
		style,
		signal,
		run: (seed, by) =>
			run(
				{harts, seed, seconds, iterations, translation, fault, signal, onProgress: () => {}},
				{...by, withDigest: serial.digest},
			),
		onResult: (result, count) => {
			sum = added(sum, result)
			const time = ((performance.now() - began) / 1000).toFixed(0)
			line.show(`stress ${kind} by turns: ${time} s, ${count} seeds, ${sum.operations.toLocaleString('en')} operations`)
		},
	})
	const again = failure && {kinds: [kind], harts, seed: failure.result.seed, iterations, translation, fault}
	return {
		...{kind, harts, seed: failure?.result.seed ?? first, seconds: (performance.now() - began) / 1000},
		...sum,
		memory: memoryOf(results),
		violation: failure
			? [
					...failure.result.violation,
					...describeSchedule(failure, nameOf),
					`again: manyhart ${stressArguments({...again!, serial: repeatable(failure)}).join(' ')}`,
				]
			: [],
		seeds,
		...(serial.digest && {digests: Object.fromEntries(results.map(({seed, digest}) => [seed, digest!]))}),
		...(failure && {noticedAfter: failure.noticedAfter}),
		...(failure?.schedule && {schedule: scheduleText(failure.schedule)}),
	}
}

/** The seed draws the whole schedule again. A long one is of no use to a reader. */
function repeatable({schedule}: Failure): Readonly<{seeds?: number; schedule: Failure['schedule']}> {
	return schedule && schedule.length <= mostEntries ? {schedule} : {seeds: 1, schedule: undefined}
}

function describeSchedule({handovers, schedule, runs, seconds}: Failure, nameOf: Runner['nameOf']): string[] {
	if (handovers === undefined) return ['schedule: too many turns to shrink it']
	if (!schedule) return ['schedule: not shrunk, since no run showed a violation again before the end']
	const shown = schedule.slice(0, mostShown).map((handover) => `  ${describeHandover(handover, nameOf)}`)
	const more = schedule.length > mostShown ? [`  … ${schedule.length - mostShown} more`] : []
	const count = (value: number, noun: string) => `${value.toLocaleString('en')} ${noun}${value === 1 ? '' : 's'}`
	return [
		`schedule: ${count(schedule.length, 'turn')} that ${schedule.length === 1 ? 'is' : 'are'} not the usual, of ${count(handovers, 'turn')}; shrunk by ${count(runs, 'run')} in ${seconds.toFixed(1)} s`,
		...shown,
		...more,
	]
}

function added(sum: Figures, more: Figures): Figures {
	return {
		operations: sum.operations + more.operations,
		fences: sum.fences + more.fences,
		flushes: sum.flushes + more.flushes,
		gracePeriods: sum.gracePeriods + more.gracePeriods,
		retired: more.retired,
		slowest: Math.max(sum.slowest, more.slowest),
	}
}

function memoryOf(results: readonly TurnsResult[]): readonly [number, number] {
	return [results.at(0)?.memory[0] ?? 0, results.at(-1)?.memory[1] ?? 0]
}
