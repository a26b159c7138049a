/** The interface of the stress runs, src/stress, to the command line. */
import type {Fault} from '../../faults.ts'
import type {TranslationOptions} from '../machine-interface.ts'

export const stressKinds = ['rcu', 'flush', 'atomics', 'smc', 'devices'] as const
export type StressKind = (typeof stressKinds)[number]

/** Jumps that make code hot in the guest of `flush`: soon, so that short runs have translated code, too. */
export const stressThreshold = 100
/** By turns, where runs are shorter. */
export const serialThreshold = 8

/** @property jobs processes at a time. @property folder for what runs that fail leave. */
export type Campaign = Readonly<{jobs: number; hours: number; folder: string}>

/** @property seeds at most. @property schedule handovers of the first seed: at which of its steps a thread loses its turn, and to whom. @property digest whether each seed's is printed. */
export type SerialStress = Readonly<{
	seeds: number
	schedule: readonly Readonly<{from: number; step: number; thread: number}>[] | undefined
	digest: boolean
}>

/** Steps of each hart in a run by turns. */
export const serialIterations = 1000

export type StressOptions = Readonly<{
	kinds: readonly StressKind[]
	/** Harts, or threads of `rcu`. */
	harts: number
	/** Of each kind. */
	seconds: number
	/** Steps of each hart, which end the run before its time; undefined: no limit. */
	iterations: number | undefined
	seed: number
	translation: TranslationOptions
	/** Runs by turns, one seed after the other; undefined: harts run in parallel. */
	serial: SerialStress | undefined
	/** Rules to break, one after the other; each is to be noticed. Empty: none. */
	inject: readonly Fault[]
	/** Many runs, instead of one. */
	campaign: Campaign | undefined
	format: 'text' | 'json'
}>

export type StressEnvironment = Readonly<{
	signal: AbortSignal
	/** For results. */
	print: (text: string) => void
	/** For the live line. */
	stream: NodeJS.WriteStream
}>

/**
 * `passed`: nothing was violated. `violated`: something was. Of rules that are broken on purpose, `noticed`: each was, as it is to be.
 * `missed`: one was not.
 */
export type StressOutcome = 'passed' | 'violated' | 'noticed' | 'missed'

/** What the entry of the bundle exports. */
export type StressLibrary = Readonly<{
	/** When the signal aborts, ends with the figures so far. */
	stress: (options: StressOptions, environment: StressEnvironment) => Promise<StressOutcome>
}>
