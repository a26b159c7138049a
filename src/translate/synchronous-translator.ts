/** Translation on the vCPU's own thread (`--jit-synchronous`): makes modules, counts them, and says which to drop. */
import {fieldOffset, HartRegisters} from '../hart/index.ts'
import type {SharedMemory} from '../memory/index.ts'
import {recordLatency} from '../rcu/index.ts'
import {translate} from './translate.ts'
import {countRegions, type ModuleRegions, type RegionRequest, type TranslateOptions} from './types.ts'

/** Modules that a vCPU holds at most, whatever their size. */
const mostModules = 4096

export type OwnModule = Readonly<{module: WebAssembly.Module; regions: ModuleRegions}>

/** In HartCounters. */
type Counter =
	| 'ownRequests'
	| 'ownRejected'
	| 'ownModules'
	| 'ownModulesDropped'
	| 'ownRegions'
	| 'ownRegionsDropped'
	| 'ownWasmBytes'
	| 'ownWasmBytesDropped'
	| 'ownGuestInstructions'
	| 'ownTranslateTime'
	| 'ownCompileTime'

export class SynchronousTranslator {
	readonly #memory: SharedMemory
	readonly #options: TranslateOptions
	readonly #counters: HartRegisters
	readonly #latency: number
	readonly #mostBytes: number
	readonly #save: (id: number, wasm: Uint8Array) => void
	/** What is held, oldest first. */
	readonly #held: {id: number; regions: number; wasmBytes: number}[] = []
	#bytes = 0
	#made = 0

	/**
	 * @param options.mostBytes of WebAssembly, above which the oldest modules go.
	 * @param options.save is given each module's bytes.
	 */
	constructor(
		memory: SharedMemory,
		options: {
			block: number
			translate: TranslateOptions
			mostBytes: number
			save?: ((id: number, wasm: Uint8Array) => void) | undefined
		},
	) {
		this.#memory = memory
		this.#options = options.translate
		this.#counters = new HartRegisters(memory, options.block)
		this.#latency = options.block + fieldOffset.ownLatency
		this.#mostBytes = options.mostBytes
		this.#save = options.save ?? (() => {})
	}

	/** @returns undefined if nothing could be translated. */
	translate(request: RegionRequest): OwnModule | undefined {
		const began = performance.now()
		this.#add('ownRequests', 1)
		const translation = translate(this.#memory, [request], this.#options)
		if (!translation) {
			this.#add('ownRejected', 1)
			return undefined
		}
		const {bytes, functions, regions} = translation
		const id = this.#made++
		this.#save(id, bytes)
		const translated = performance.now()
		const module = new WebAssembly.Module(bytes)
		const ended = performance.now()
		this.#held.push({id, regions: countRegions(regions), wasmBytes: bytes.length})
		this.#bytes += bytes.length
		this.#add('ownModules', 1)
		this.#add('ownRegions', countRegions(regions))
		this.#add('ownWasmBytes', bytes.length)
		for (const {instructions} of regions) this.#add('ownGuestInstructions', instructions)
		this.#add('ownTranslateTime', Math.round((translated - began) * 1000))
		this.#add('ownCompileTime', Math.round((ended - translated) * 1000))
		recordLatency(this.#memory.i32, this.#latency, Math.round((ended - began) * 1000))
		return {module, regions: {id, functions, regions}}
	}

	/** @returns the modules to drop, oldest first. The newest stays, whatever its size. */
	*surplus(): Generator<number> {
		while (this.#held.length > mostModules || (this.#bytes > this.#mostBytes && this.#held.length > 1)) {
			const {id, regions, wasmBytes} = this.#held.shift()!
			this.#bytes -= wasmBytes
			this.#add('ownModulesDropped', 1)
			this.#add('ownRegionsDropped', regions)
			this.#add('ownWasmBytesDropped', wasmBytes)
			yield id
		}
	}

	// Plain: only this vCPU's thread writes its counters.
	#add(counter: Counter, count: number): void {
		this.#counters.set(counter, this.#counters.get(counter) + BigInt(count))
	}
}
