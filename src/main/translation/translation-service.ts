/**
 * A machine's translator: collects the vCPUs' requests, has helpers translate them, and tells every vCPU which modules
 * to add and drop.
 */
import {MessageChannel, type MessagePort} from 'node:worker_threads'
import type {SharedMemory} from '../../memory/index.ts'
import type {GracePeriod, Rcu} from '../../rcu/index.ts'
import {
	countRegions,
	type MadeRegion,
	type RegionInfo,
	type RegionRequest,
	type RequestMessage,
	regionKey,
	type TranslationMessage,
} from '../../translate/index.ts'
import {LiveModules, type ModuleLimits} from './live-modules.ts'
import {PageBackoff} from './page-backoff.ts'
import type {TranslatedModule} from './translate-job.ts'
import {TranslationCounters, type TranslationStatistics} from './translation-statistics.ts'

/** Requests per job. */
const mostRequests = 64
/** Requests that may wait; further ones are refused, and will be repeated. */
const mostWaiting = 4096
/** After this many failures in a row no more jobs are started. */
const mostFailures = 16

export const defaultLimits: ModuleLimits = {wasmBytes: 64 * 2 ** 20, regions: 20_000}

export type TranslationServiceOptions = Readonly<{
	vcpus: number
	rcu: Rcu
	/** Rings Doorbell.message. */
	ring: (vcpu: number) => void
	/** Has a helper translate. */
	translate: (id: number, requests: readonly RegionRequest[]) => Promise<TranslatedModule | undefined>
	/** Jobs at a time, default 1. */
	jobs?: number
	limits?: ModuleLimits
	/** Is given each new module, for later runs. */
	keep?: (module: TranslatedModule) => void
	/** Default: one line on the console, for the first failure. */
	onFailure?: (error: Error) => void
}>

type Waiting = Readonly<{request: RegionRequest; asked: number /** Its batch has failed. */; alone: boolean}>

export class TranslationService {
	/** The vCPUs' ends of the channels, by vCPU: to be transferred. */
	readonly vcpuPorts: readonly MessagePort[]
	readonly #ports: readonly MessagePort[]
	readonly #memory: SharedMemory
	readonly #options: TranslationServiceOptions
	readonly #modules: LiveModules
	readonly #backoff = new PageBackoff()
	readonly #counters = new TranslationCounters()
	/** By regionKey; first come, first served. */
	readonly #waiting = new Map<number, Waiting>()
	readonly #underWay = new Set<number>()
	/** Dropped everywhere; vCPUs may run them until the grace period has elapsed. */
	#retired: GracePeriod[] = []
	#jobs = 0
	#nextId = 0
	#failuresInARow = 0
	#closed = false

	constructor(memory: SharedMemory, options: TranslationServiceOptions) {
		this.#memory = memory
		this.#options = options
		this.#modules = new LiveModules(options.limits ?? defaultLimits)
		const channels = Array.from({length: options.vcpus}, () => new MessageChannel())
		this.vcpuPorts = channels.map(({port2}) => port2)
		this.#ports = channels.map(({port1}) => port1)
		for (const port of this.#ports) {
			port.on('message', (message: RequestMessage) => this.#onRequests(message))
			// A running machine keeps the process alive by itself; an abandoned one should not.
			port.unref()
		}
	}

	/** Starts no more jobs and sends no more messages. Results of jobs under way are ignored. */
	close(): void {
		this.#closed = true
		this.#waiting.clear()
		for (const port of this.#ports) port.close()
	}

	statistics(): TranslationStatistics {
		this.#reap()
		return {
			...this.#counters.counts,
			liveModules: this.#modules.modules,
			liveRegions: this.#modules.regions,
			liveWasmBytes: this.#modules.wasmBytes,
			retiredModules: this.#retired.length,
			latency: this.#counters.latency,
		}
	}

	/** Modules of an earlier run. */
	learn(known: readonly TranslatedModule[]): void {
		if (this.#closed) return
		const {counts} = this.#counters
		for (const {module, wasmBytes, functions, regions, compileMilliseconds} of known) {
			const id = this.#nextId++
			counts.knownModules++
			counts.knownRegions += countRegions(regions)
			counts.compileMilliseconds += compileMilliseconds
			// It has no place yet. It is among the oldest, which go first.
			this.#modules.add({id, wasmBytes, regions: []})
			this.#tell([{kind: 'known', id, module, functions, regions}])
		}
	}

	#onRequests({requests, asked}: RequestMessage): void {
		for (const request of requests) this.#consider(request, asked)
		this.#startJobs()
	}

	#consider(request: RegionRequest, asked: number): void {
		const {counts} = this.#counters
		const {page} = request
		const key = regionKey(page, request.entry)
		counts.requests++
		const versions = this.#modules.at(key)
		if (this.#waiting.has(key) || this.#isAnswered(request)) {
			counts.merged++
			return
		}
		if (this.#waiting.size >= mostWaiting || !this.#backoff.admits(page)) {
			counts.refused++
			return
		}
		// Its code has changed since it was translated.
		if (versions.length > 0 && !request.roamer) this.#backoff.strike(page)
		this.#waiting.set(key, {request, asked, alone: false})
	}

	/** Whether a region that does what is asked for is there, or will be soon. */
	#isAnswered({page, entry, roamer}: RegionRequest): boolean {
		const key = regionKey(page, entry)
		// What is under way may have begun before the register was found.
		if (roamer) return this.#modules.at(roamer.key).at(-1)?.roaming.includes(roamer.id) ?? false
		return this.#underWay.has(key) || this.#modules.at(key).some((region) => this.#isCurrent(region))
	}

	/**
	 * Whether the page still holds the bytes that the region was translated from. Then it was posted, and will run soon.
	 */
	#isCurrent({page, sources}: RegionInfo): boolean {
		const {u8} = this.#memory
		// Plain: the guest may write it meanwhile. If the answer is wrong, the vCPU asks again.
		return sources.every(([offset, bytes]) => bytes.every((byte, index) => u8[page + offset + index] === byte))
	}

	#startJobs(): void {
		const most = this.#options.jobs ?? 1
		while (this.#jobs < most && this.#waiting.size > 0 && !this.#closed && this.#failuresInARow < mostFailures) {
			const batch = this.#takeBatch()
			if (batch.length === 0) continue
			this.#jobs++
			void this.#runJob(batch).finally(() => {
				this.#jobs--
				this.#startJobs()
			})
		}
	}

	/** Empty if all that waited has been answered meanwhile. */
	#takeBatch(): Waiting[] {
		const batch: Waiting[] = []
		for (const [key, waiting] of this.#waiting) {
			if (batch.length > 0 && (waiting.alone || batch.length === mostRequests)) break
			this.#waiting.delete(key)
			const {request} = waiting
			if ((request.roamer && this.#isAnswered(request)) || this.#isCovered(request)) {
				this.#counters.counts.merged++
				continue
			}
			this.#underWay.add(key)
			batch.push(waiting)
			if (waiting.alone) break
		}
		return batch
	}

	/** Whether a region that came meanwhile has the place's code. If the place stays hot all the same, it is asked for again. */
	#isCovered({page, entry, roamer, isCovered}: RegionRequest): boolean {
		const key = regionKey(page, entry)
		if (roamer || isCovered || this.#modules.at(key).length > 0) return false
		return this.#modules.around(key).some((region) => this.#isCurrent(region))
	}

	async #runJob(batch: readonly Waiting[]): Promise<void> {
		const id = this.#nextId++
		const keys = batch.map(({request}) => regionKey(request.page, request.entry))
		try {
			const translated = await this.#options.translate(
				id,
				batch.map(({request}) => ({...request, made: this.#madeIn(request.page)})),
			)
			this.#failuresInARow = 0
			if (!this.#closed) this.#finish(id, batch, translated)
		} catch (error) {
			if (!this.#closed) this.#fail(batch, error as Error)
		} finally {
			for (const key of keys) this.#underWay.delete(key)
		}
	}

	#madeIn(page: number): readonly MadeRegion[] {
		return this.#modules.ofPage(page).map(({entry, instructions}) => ({entry, instructions}))
	}

	#finish(id: number, batch: readonly Waiting[], translated: TranslatedModule | undefined): void {
		const {counts} = this.#counters
		const found = new Set(translated?.regions.map(({page, entry}) => regionKey(page, entry)))
		for (const key of translated?.covered ?? []) found.add(key)
		for (const {request} of batch) {
			if (found.has(regionKey(request.page, request.entry))) continue
			counts.rejected++
			this.#backoff.strike(request.page)
		}
		if (!translated) return
		const {module, wasmBytes, functions, regions} = translated
		this.#options.keep?.(translated)
		counts.modules++
		counts.regions += countRegions(regions)
		counts.wasmBytes += wasmBytes
		for (const {instructions} of regions) counts.guestInstructions += instructions
		counts.translateMilliseconds += translated.translateMilliseconds
		counts.compileMilliseconds += translated.compileMilliseconds
		const going = this.#modules.add({id, wasmBytes, regions})
		this.#tell([
			{kind: 'module', id, module, functions, regions},
			...going.map((old) => ({kind: 'drop', id: old.id}) as const),
		])
		for (const {asked} of batch) this.#counters.answered(asked)
		counts.droppedModules += going.length
		this.#reap()
		// A vCPU passes a quiescent state between two runs of guest code, and takes its messages before the next.
		if (going.length === 0) return
		const gracePeriod = this.#options.rcu.startPoll()
		this.#retired.push(...going.map(() => gracePeriod))
	}

	#tell(messages: readonly TranslationMessage[]): void {
		for (const [vcpu, port] of this.#ports.entries()) {
			for (const message of messages) port.postMessage(message)
			this.#options.ring(vcpu)
		}
	}

	/** One bad request fails its whole batch, so each gets another try alone. */
	#fail(batch: readonly Waiting[], error: Error): void {
		const {counts} = this.#counters
		if (counts.failures === 0) (this.#options.onFailure ?? report)(error)
		counts.failures++
		this.#failuresInARow++
		for (const {request, asked, alone} of batch) {
			if (batch.length > 1 && !alone)
				this.#waiting.set(regionKey(request.page, request.entry), {request, asked, alone: true})
			else {
				counts.rejected++
				this.#backoff.strike(request.page)
			}
		}
	}

	#reap(): void {
		this.#retired = this.#retired.filter((gracePeriod) => !this.#options.rcu.poll(gracePeriod))
	}
}

function report(error: Error): void {
	console.error(`manyhart: a translation failed, and its guest code is interpreted: ${error.message}`)
}
