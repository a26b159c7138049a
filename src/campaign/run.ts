/** A run of a campaign: what defines it, and what came of it. Both cross processes and machines as JSON. */
import {createHash} from 'node:crypto'
import * as v from 'valibot'
import {scaleGuests} from '../bench/scale/one-run.ts'
import {Engine, Host as HostOfRecord, Run as RunOfRecord, scalings} from '../bench/scale/record.ts'
import {stressKinds} from '../main/command-line/stress-library.ts'

/** Counts up when older processes or readers would misunderstand a run, its outcome, a file or what is in Redis. */
export const schemaVersion = 1

export const engineNames = ['manyhart', 'qemu', 'native'] as const

const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const amount = v.pipe(v.number(), v.minValue(0))

const common = {
	harts: count,
	/** Of --tlb; absent: the usual design. */
	tlb: v.optional(v.string()),
	/** Of --serial, or of `stress`. */
	seed: v.optional(count),
	repetition: count,
}

export const Run = v.variant('kind', [
	v.object({
		kind: v.literal('scale'),
		guest: v.picklist(scaleGuests),
		workload: v.string(),
		scaling: v.picklist(scalings),
		/** Operations. */
		work: count,
		engine: v.picklist(engineNames),
		...common,
	}),
	v.object({
		kind: v.literal('stress'),
		workload: v.picklist(stressKinds),
		seconds: amount,
		...common,
	}),
])
export type Run = v.InferOutput<typeof Run>
export type ScaleRun = Run & {kind: 'scale'}
export type StressRun = Run & {kind: 'stress'}

/** @property id the same for the same run of the same build, wherever it is computed. */
export type PlannedRun = Readonly<{id: string; run: Run}>

/** @param build that runs it: another build's result is another result. */
export function planned(run: Run, build: string): PlannedRun {
	const entries = Object.entries(run).filter(([, value]) => value !== undefined)
	const definition = JSON.stringify([
		schemaVersion,
		build,
		entries.toSorted(([one], [other]) => (one < other ? -1 : 1)),
	])
	return {id: createHash('sha256').update(definition).digest('hex').slice(0, 24), run}
}

/** Where a run was: machines are never mixed in a curve. */
export const Host = v.object({...HostOfRecord.entries, name: v.string(), node: v.string()})
export type Host = v.InferOutput<typeof Host>

export const Outcome = v.object({
	host: Host,
	/** ISO 8601, by the host's clock, and seconds. */
	began: v.string(),
	took: amount,
	/** Why there are no figures, or none that count. */
	error: v.optional(v.string()),
	engine: v.optional(Engine),
	/** Of kind `scale`: as in the record of a run. */
	...v.pick(RunOfRecord, [
		'operations',
		'seconds',
		'checksum',
		'instructions',
		'cpuSeconds',
		'waitedSeconds',
		'voluntarySwitches',
		'involuntarySwitches',
		'stealSeconds',
		'otherCores',
	]).entries,
	bootSeconds: v.optional(amount),
	kernel: v.optional(v.string()),
	/** Of kind `stress`. */
	fences: v.optional(count),
	flushes: v.optional(count),
	gracePeriods: v.optional(count),
})
export type Outcome = v.InferOutput<typeof Outcome>

/** @returns undefined for what is none. */
export function parseOutcome(value: unknown): Outcome | undefined {
	const {success, output} = v.safeParse(Outcome, value)
	return success ? output : undefined
}

/** A line of results.jsonl. */
export const Result = v.object({
	id: v.string(),
	run: Run,
	outcome: Outcome,
	/** Who ran it, and at which attempt. */
	worker: v.string(),
	attempt: count,
})
export type Result = v.InferOutput<typeof Result>

/** @example `linux compute-integer strong, 2 harts, qemu, repetition 1` */
export function inWords(run: Run): string {
	const harts = run.harts === 1 ? '1 hart' : `${run.harts} harts`
	const parts =
		run.kind === 'stress'
			? [`stress ${run.workload} ${run.seconds} s`, harts]
			: [`${run.guest} ${run.workload} ${run.scaling}`, harts, run.engine]
	const {tlb, seed, repetition} = run
	return [...parts, tlb && `--tlb ${tlb}`, seed !== undefined && `seed ${seed}`, `repetition ${repetition + 1}`]
		.filter(Boolean)
		.join(', ')
}
