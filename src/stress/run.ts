/** What a run of one kind is given, and what it finds. */
import type {Fault} from '../faults.ts'
import type {StressKind, StressOptions} from '../main/command-line/stress-library.ts'
import type {RecordedHandover, SerialConfig} from '../serial/index.ts'

export type RunOptions = Pick<StressOptions, 'harts' | 'seconds' | 'iterations' | 'seed' | 'translation'> &
	Readonly<{
		fault: Fault | undefined
		signal: AbortSignal
		/** Called now and then. */
		onProgress: (figures: Figures) => void
	}>

export type Figures = Readonly<{
	/** Accesses through mappings, or of objects. */
	operations: number
	/** Fences; of `rcu`, objects that were replaced. */
	fences: number
	/** Tables that were emptied, in any way; of `rcu` 0. */
	flushes: number
	gracePeriods: number
	/** Tables, or objects, that are retired now. */
	retired: number
	/** The longest grace period, microseconds. */
	slowest: number
}>

export const noFigures: Figures = {operations: 0, fences: 0, flushes: 0, gracePeriods: 0, retired: 0, slowest: 0}

export type RunResult = Figures &
	Readonly<{
		kind: StressKind
		seed: number
		harts: number
		seconds: number
		/** Bytes of the process at the first figures and at the last ones. */
		memory: readonly [number, number]
		/** What was seen: lines. Empty: nothing was violated. */
		violation: readonly string[]
	}>

/** Of a run by turns. */
export type TurnsOptions = Readonly<{
	turns: SerialConfig
	/** Milliseconds of the host, and decisions about turns, after which the run ends without a result. */
	limit: number
	mostSteps: number
	withDigest: boolean
}>

/** @property handovers that were not the usual ones; undefined: too many. @property digest if it was asked for. */
export type TurnsResult = RunResult &
	Readonly<{handovers: readonly RecordedHandover[] | undefined; steps: number; digest: string | undefined}>
