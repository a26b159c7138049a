/** Counters of translation, for people and for --stats. */
import {LatencyHistogram, type LatencySummary, microseconds, recordLatency, summarizeLatency} from '../../rcu/index.ts'

export type TranslationStatistics = Readonly<{
	/** Regions that vCPUs asked for. */
	requests: number
	/** Requests that needed nothing: the region was waiting, being translated, or posted already. */
	merged: number
	/** Requests put off: too many translations of their page were wasted, or too many requests were waiting. */
	refused: number
	/** Requests that yielded no region. */
	rejected: number
	/** Helpers' jobs that failed. */
	failures: number
	/**
	 * Modules compiled; those that vCPUs hold; those dropped, and how many of these still wait for their grace period.
	 */
	modules: number
	liveModules: number
	droppedModules: number
	retiredModules: number
	regions: number
	liveRegions: number
	/** WebAssembly. */
	wasmBytes: number
	liveWasmBytes: number
	/** Guest instructions in the regions, each counted as often as it was translated. */
	guestInstructions: number
	/** Sums of helper time. */
	translateMilliseconds: number
	compileMilliseconds: number
	/** From the request until the module was posted to the vCPUs. */
	latency: LatencySummary
}>

type Counts = {
	-readonly [Name in Exclude<keyof TranslationStatistics, 'latency' | `live${string}` | 'retiredModules'>]: number
}

export class TranslationCounters {
	readonly counts: Counts = {
		requests: 0,
		merged: 0,
		refused: 0,
		rejected: 0,
		failures: 0,
		modules: 0,
		droppedModules: 0,
		regions: 0,
		wasmBytes: 0,
		guestInstructions: 0,
		translateMilliseconds: 0,
		compileMilliseconds: 0,
	}
	/** Used by this thread only. */
	readonly #latency = new Int32Array(LatencyHistogram.size / 4)

	/** @param asked microseconds() */
	answered(asked: number): void {
		recordLatency(this.#latency, 0, (microseconds() - asked) >>> 0)
	}

	get latency(): LatencySummary {
		return summarizeLatency(this.#latency, 0)
	}
}
