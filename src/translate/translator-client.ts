/** A vCPU's side of translation: requests regions where its guest is hot, and installs the modules that arrive. */
import {type MessagePort, receiveMessageOnPort} from 'node:worker_threads'
import {offsets} from '../codegen/index.ts'
import {assert} from '../errors.ts'
import {CodePage, Slot, slotBytesPerByte, vcpuRegions} from '../hart/index.ts'
import {pageBytes, type SharedMemory} from '../memory/index.ts'
import {microseconds} from '../rcu/index.ts'
import {lookupForm, type TlbDesign} from '../tlb/index.ts'
import {lookUp} from './fetch-hint.ts'
import type {KnownModule} from './known-regions.ts'
import type {RegionCache} from './region-cache.ts'
import {RequestFilter} from './request-filter.ts'
import {RoamingWatch} from './roaming-watch.ts'
import type {SynchronousTranslator} from './synchronous-translator.ts'
import {type ModuleRegions, type RegionRequest, regionKey, type TranslateOptions} from './types.ts'

export type TranslationConfig = TranslateOptions &
	Readonly<{
		accel: 'interp' | 'jit'
		design: TlbDesign
		/** Jumps to one place that make it hot, 1 to 65535. */
		threshold: number
		/** Each vCPU translates on its own thread, at once: for tests and studies. */
		synchronous: boolean
		/** Bytes of WebAssembly above which the oldest modules are dropped. */
		mostBytes: number
	}>

/** From a vCPU: the regions that it requests. `asked`: microseconds(). */
export type RequestMessage = Readonly<{requests: readonly RegionRequest[]; asked: number}>
/** To a vCPU, with Doorbell.message. */
export type TranslationMessage =
	| (Readonly<{kind: 'module'; module: WebAssembly.Module}> & ModuleRegions)
	/** Of an earlier run. */
	| (Readonly<{kind: 'known'}> & KnownModule)
	| Readonly<{kind: 'drop'; id: number}>

export class TranslatorClient {
	readonly #memory: SharedMemory
	readonly #block: number
	readonly #config: TranslationConfig
	readonly #port: MessagePort | undefined
	readonly #cache: RegionCache
	readonly #filter: RequestFilter
	#queue: RegionRequest[] = []
	readonly #watch: RoamingWatch | undefined
	readonly #own: SynchronousTranslator | undefined

	/** @param options.port to the translator; none in synchronous mode. @param options.own translates in that mode. */
	constructor(
		memory: SharedMemory,
		options: {
			block: number
			config: TranslationConfig
			port: MessagePort | undefined
			cache: RegionCache
			own?: SynchronousTranslator | undefined
		},
	) {
		this.#memory = memory
		this.#block = options.block
		this.#config = options.config
		this.#port = options.port
		this.#cache = options.cache
		this.#filter = new RequestFilter(options.config.threshold)
		const {accel, design} = options.config
		if (accel === 'jit' && design.lastPages === 'on' && lookupForm(design).generations)
			this.#watch = new RoamingWatch(memory, options.block)
		this.#own = options.own
	}

	/** The interpreter's import: a place is hot. @param pageGva signed. */
	hot(codeBaseSigned: number, ipSigned: number, pageGva: bigint): void {
		// Wasm's i32 results are signed in JavaScript. Plain: code pages belong to this vCPU.
		const codeBase = codeBaseSigned >>> 0
		const entry = ((ipSigned >>> 0) - codeBase - CodePage.offset.slots) / slotBytesPerByte
		const {u16, u32} = this.#memory
		u16[(codeBase + CodePage.offset.counters + entry) / 2] = 0
		const page = u32[(codeBase + CodePage.offset.page) / 4] ?? 0
		// The scratch page is not a guest page.
		if (page === 0) return
		if (this.#cache.find(codeBase, entry) >= 0) {
			// The slot was to be interpreted once, or the region has just arrived: the next jump decodes it anew.
			u16[((ipSigned >>> 0) + Slot.offset.handler) / 2] = 0
			return
		}
		const key = regionKey(page, entry)
		// In synchronous mode all code is to be in regions.
		const isCovered = !this.#own && this.#cache.covers(page, entry)
		// Plain: only this vCPU writes its instret.
		if (isCovered && !this.#filter.isOften(key, this.#memory.i32[(this.#block + offsets.instret) / 4]!)) return
		if (!this.#filter.passes(key)) return
		const fetchTable = this.#fetchTable()
		const {design} = this.#config
		const behind = lookUp(this.#memory, {fetchTable, form: lookupForm(design), gva: pageGva + BigInt(pageBytes)})
		// Code that has not run yet is not in the TLB. In synchronous mode a guess does: the tests want all code in
		// regions.
		const nextPage = behind?.place ?? (this.#own ? this.#pageBehind(page) : undefined)
		const place = {page, entry, pageGva: BigInt.asUintN(64, pageGva)}
		this.#request({...place, fetchTable, nextPage, ...(isCovered && {isCovered})})
	}

	#request(request: RegionRequest): void {
		const own = this.#own?.translate(request)
		if (own) this.#install(own.module, own.regions)
		else if (!this.#own) this.#queue.push(request)
	}

	/** Once per round of the run loop: posts the requests of this round. */
	post(): void {
		if (this.#watch) for (const id of this.#watch.next()) this.#translateAgain(id)
		if (this.#queue.length > 0) {
			this.#port?.postMessage({requests: this.#queue, asked: microseconds()} satisfies RequestMessage)
			this.#queue = []
		}
		if (this.#own) for (const id of this.#own.surplus()) this.#cache.drop(id)
	}

	/** In the run loop, after Doorbell.message: takes the messages that were posted before the bell. */
	receive(): void {
		if (!this.#port) return
		for (let received = receiveMessageOnPort(this.#port); received; received = receiveMessageOnPort(this.#port)) {
			const message = received.message as TranslationMessage
			if (message.kind === 'drop') this.#cache.drop(message.id)
			else if (message.kind === 'known') this.#cache.learn(message)
			else this.#install(message.module, message)
		}
	}

	/** Requests the regions of a register that roams, with lookups in the table. */
	#translateAgain(id: number): void {
		for (const region of this.#cache.regionsOf(id)) {
			// Another hart may have asked sooner.
			if (region.roaming.includes(id)) continue
			const roamer = {id, key: regionKey(region.page, region.entry)}
			const fetchTable = this.#fetchTable()
			for (const {page, entry, pageGva} of this.#cache.regionsAround(region)) {
				const behind = lookUp(this.#memory, {
					fetchTable,
					form: lookupForm(this.#config.design),
					gva: pageGva + BigInt(pageBytes),
				})
				this.#request({page, entry, pageGva, fetchTable, nextPage: behind?.place, roamer})
			}
		}
	}

	#install(module: WebAssembly.Module, regions: ModuleRegions): void {
		this.#cache.receive(module, regions)
		this.#watch?.codeCame()
		for (const {page, entry, joins} of regions.regions)
			for (const place of [entry, ...joins]) this.#filter.answered(regionKey(page, place))
	}

	/** A guess: the next page of guest RAM. */
	#pageBehind(page: number): number | undefined {
		const ram = this.#memory.region(vcpuRegions.ram)
		return page + 2 * pageBytes <= ram.offset + ram.size ? page + pageBytes : undefined
	}

	#fetchTable(): number {
		// Plain: this vCPU's own word.
		const regime = this.#memory.i32[(this.#block + offsets.fetchRegime) / 4]
		assert(regime !== undefined, 'the vCPU block lies within the shared memory')
		const word = (this.#block + offsets.descriptor) / 4 + regime
		// Acquire: a table's cleared entries are visible after its address. Pairs with the exchange in src/tlb that
		// publishes it.
		return Atomics.load(this.#memory.i32, word) >>> 0
	}
}
