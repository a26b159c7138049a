/**
 * Runs by turns: one seed after the other, each a schedule of its own, several at a time, until one violates something. That one is
 * shrunk: to the fewest handovers of the turn with which it still does.
 */
import {availableParallelism} from 'node:os'
import type {Handover, RecordedHandover, SerialConfig, StyleName} from '../serial/index.ts'
import {points} from '../turns.ts'
import type {TurnsOptions, TurnsResult} from './run.ts'
import {shrink} from './shrink.ts'

/** Handovers that one run may record. */
const capacity = 2 ** 18
/** Milliseconds of a run that shrinks a schedule, and of all of them. */
const [longestRun, longestShrinking] = [60_000, 60_000]
/** Entries of a schedule that a command may have. */
export const mostEntries = 200
/** Times as many decisions as the shortest failing run had, after which a run has not failed. */
const slack = 1.5

const configOf = (seed: number, style: StyleName): SerialConfig => ({seed, style, capacity})

export type Explored = Readonly<{
	/** Seeds that were run to their end. */
	seeds: number
	results: readonly TurnsResult[]
	/** The first one that violated something. */
	failure: Failure | undefined
}>

/** @property result of the run with the shrunk schedule, if there is one. */
export type Failure = Readonly<{
	result: TurnsResult
	/** Seconds until it was noticed. */
	noticedAfter: number
	/** Of the seed's schedule, and of the shrunk one; undefined: they were too many, or did not repeat it. */
	handovers: number | undefined
	schedule: readonly RecordedHandover[] | undefined
	/** Runs that shrank it, and how long they took. */
	runs: number
	seconds: number
}>

export type RunSeed = (seed: number, by: Omit<TurnsOptions, 'withDigest'>) => Promise<TurnsResult>

export type ExploreOptions = Readonly<{
	first: number
	/** Of them, or until the time is over. */
	seeds: number
	seconds: number
	/** Handovers of the first seed, instead of those that it draws. */
	schedule: readonly Handover[] | undefined
	style: StyleName
	signal: AbortSignal
	run: RunSeed
	/** After each run, in order of the ends. */
	onResult: (result: TurnsResult, seeds: number) => void
}>

export async function explore(options: ExploreOptions): Promise<Explored> {
	const {first, seeds, seconds, schedule, style, signal, run, onResult} = options
	const began = performance.now()
	const end = began + seconds * 1000
	const results: TurnsResult[] = []
	let failed: TurnsResult | undefined
	let next = first
	const isOver = () => signal.aborted || failed !== undefined || next >= first + seeds || performance.now() >= end
	const job = async (): Promise<void> => {
		while (!isOver()) {
			const seed = next++
			const config = configOf(seed, style)
			const result = await run(seed, {
				turns: schedule ? {...config, forced: schedule} : config,
				// A guest that makes no progress is a violation.
				limit: Number.POSITIVE_INFINITY,
				mostSteps: Number.POSITIVE_INFINITY,
			})
			if (signal.aborted) return
			results.push(result)
			onResult(result, results.length)
			if (result.violation.length > 0 && (failed === undefined || result.seed < failed.seed)) failed = result
		}
	}
	await Promise.all(Array.from({length: Math.min(seeds, availableParallelism())}, job))
	const noticedAfter = (performance.now() - began) / 1000
	const failure = failed && {noticedAfter, ...(await describeFailure(failed, options))}
	return {seeds: results.length, results: results.toSorted((one, other) => one.seed - other.seed), failure}
}

async function describeFailure(
	result: TurnsResult,
	{style, signal, run}: ExploreOptions,
): Promise<Omit<Failure, 'noticedAfter'>> {
	const began = performance.now()
	const {seed, handovers, steps} = result
	const config = configOf(seed, style)
	/** The failing run with the fewest handovers. */
	let shortest: TurnsResult | undefined
	const fails = async (forced: readonly RecordedHandover[]): Promise<readonly RecordedHandover[] | undefined> => {
		const mostSteps = Math.ceil(slack * (shortest?.steps ?? steps))
		const again = await run(seed, {turns: {...config, forced}, limit: longestRun, mostSteps})
		if (again.violation.length === 0 || !again.handovers) return undefined
		if (again.handovers.length <= (shortest?.handovers?.length ?? Number.POSITIVE_INFINITY)) shortest = again
		return again.handovers
	}
	const isOver = () => signal.aborted || performance.now() - began > longestShrinking
	const {runs, entries} = handovers
		? await shrink(handovers, {fails, isOver, parallel: availableParallelism()})
		: {runs: 0, entries: undefined}
	const seconds = (performance.now() - began) / 1000
	// The result is what the printed schedule shows, which may be another page or hart.
	return {
		result: shortest ?? result,
		handovers: handovers?.length,
		schedule: entries && shortest?.handovers,
		runs,
		seconds,
	}
}

/** @param nameOf names a thread. */
export function describeHandover(
	{step, from, thread, point}: RecordedHandover,
	nameOf: (thread: number) => string,
): string {
	const how = points[point].startsWith('while') ? 'held up' : 'interrupted'
	return `${nameOf(from)}, step ${step}: ${how} ${points[point]}; ${nameOf(thread)} goes on`
}
