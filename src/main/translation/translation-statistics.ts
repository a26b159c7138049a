/** Counters of translation, for people and for --stats. */
import {fieldOffset, type HartField, HartRegisters} from '../../hart/index.ts'
import type {SharedMemory, VcpuBlocks} from '../../memory/index.ts'
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
	/** Of earlier runs, and neither among those above nor in `wasmBytes`. */
	knownModules: number
	knownRegions: number
	/** WebAssembly. */
	wasmBytes: number
	liveWasmBytes: number
	/** Guest instructions in the regions, each counted as often as it was translated. */
	guestInstructions: number
	/** Sums of the translating threads' time. */
	translateMilliseconds: number
	compileMilliseconds: number
	/** From the request until the module was posted to the vCPUs; of a hart that translates itself: until it was compiled. */
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
		knownModules: 0,
		knownRegions: 0,
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

/** Where each hart translates its code itself: of all harts together, from their counters. */
export function translationByHarts(memory: SharedMemory, blocks: VcpuBlocks): TranslationStatistics {
	const harts = Array.from({length: blocks.count}, (_, hart) => blocks.base(hart))
	const sum = (field: HartField) =>
		harts.reduce((total, block) => total + new HartRegisters(memory, block).number(field), 0)
	// Plain: statistics. One histogram from all.
	const words = harts.map((block) => {
		const first = (block + fieldOffset.ownLatency) / 4
		return memory.i32.slice(first, first + LatencyHistogram.size / 4)
	})
	const {maximum} = LatencyHistogram.offset
	const latency = words[0]!.map((_, index) => {
		const values = words.map((each) => each[index] ?? 0)
		return index * 4 === maximum ? Math.max(...values) : values.reduce((total, each) => total + each, 0)
	})
	const [modules, droppedModules] = [sum('ownModules'), sum('ownModulesDropped')]
	const [regions, wasmBytes] = [sum('ownRegions'), sum('ownWasmBytes')]
	return {
		requests: sum('ownRequests'),
		merged: 0,
		refused: 0,
		rejected: sum('ownRejected'),
		failures: 0,
		modules,
		liveModules: modules - droppedModules,
		droppedModules,
		retiredModules: 0,
		regions,
		liveRegions: regions - sum('ownRegionsDropped'),
		knownModules: 0,
		knownRegions: 0,
		wasmBytes,
		liveWasmBytes: wasmBytes - sum('ownWasmBytesDropped'),
		guestInstructions: sum('ownGuestInstructions'),
		translateMilliseconds: sum('ownTranslateTime') / 1000,
		compileMilliseconds: sum('ownCompileTime') / 1000,
		latency: summarizeLatency(latency, 0),
	}
}
