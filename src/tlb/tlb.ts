/**
 * The TLBs of all vCPUs, and how they are flushed: by their owner, and by other threads.
 *
 * Rules for the owner's run loop; vCPU n is reader n of the Rcu:
 * - It is online while it runs guest code or walks page tables. It loads descriptors atomically, after a quiescent
 *   state and after every flush of its own, and fills only the table that it looked up in.
 * - Between a quiescent state or online() and guest code there is a safepoint().
 */
import {assert} from '../errors.ts'
import {breaks} from '../faults.ts'
import {Doorbell, roundUp, type SharedMemory, type VcpuBlocks, VcpuWords} from '../memory/index.ts'
import {type GracePeriod, microseconds, nanoseconds, type Rcu, type RcuReader, recordLatency} from '../rcu/index.ts'
import {passTurn} from '../turns.ts'
import {
	flushPolicies,
	growOwn,
	notePublished,
	publish,
	replaceOwn,
	retireSwappedOut,
	type Tables,
	type TlbObserver,
} from './flush-policy.ts'
import {
	anyAsid,
	hasRequests,
	type PageRange,
	postEverything,
	postRange,
	postShared,
	type RequestHandlers,
	takeRequests,
} from './flush-requests.ts'
import {host, PublicationJournal, PublishStep} from './publication.ts'
import {initializeShadow, recordFlushCost} from './shadow.ts'
import type {ShadowSize} from './shadow-layout.ts'
import {noTable} from './table-pool.ts'
import {type PoolOptions, tablePools} from './table-pools.ts'
import {tagBias} from './tag-encoding.ts'
import {
	designOf,
	type StateWords,
	shadowOffsets,
	shadowSizeOf,
	sizeClasses,
	spacesOf,
	stateWords,
	type TlbConfig,
} from './tlb-config.ts'
import type {TlbDesign} from './tlb-design.ts'
import {asidClasses, FlushCause, Regime, regimeCount, TlbSpace, TlbState} from './tlb-layout.ts'
import {TlbShared} from './tlb-shared.ts'
import {readTlbStatistics, type SharedTlbStatistics, sharedTlbStatistics, type TlbStatistics} from './tlb-statistics.ts'

/** Reader n of its RCU is vCPU n. */
export type TlbOptions = PoolOptions &
	Readonly<{
		blocks: VcpuBlocks
		/** Bytes from the start of a vCPU's block to its satp. Without it, a fence of one address space fences all. */
		satpOffset?: number | undefined
		/** Milliseconds of a clock, for the sizes of QEMU's rule; default: the host's. */
		milliseconds?: (() => number) | undefined
		observer?: TlbObserver | undefined
	}>

export type RemoteFlush = Readonly<{
	/** The vCPU whose thread calls, which is online; default: the calling thread is no reader. */
	initiator?: number
	/** vCPUs; the initiator may be among them. */
	targets: readonly number[]
	/** Only these pages; default all. */
	range?: PageRange | undefined
	/** Only this address space; default all. */
	asid?: number | undefined
	/**
	 * Translations (SFENCE.VMA, the default), or instructions (FENCE.I): rings the targets' Doorbell.fenceI; the
	 * initiator fences itself.
	 */
	what?: 'translations' | 'instructions' | undefined
}>

/** Bytes from the start of a vCPU's block to its TlbState, which follows the words that any thread writes. */
export const tlbStateOffset = roundUp(VcpuWords.size, TlbState.align)

/** The bells of remote fences. */
const fenceBells = Doorbell.flush | Doorbell.fenceI
/** A microsecond: the initiator may have lost its core. */
const looksForGracePeriod = 200

/** A longer range is flushed by a swap. */
const longestRange = 64

export class Tlb {
	readonly rcu: Rcu
	readonly #memory: SharedMemory
	readonly #blocks: VcpuBlocks
	readonly #tables: Tables
	readonly #config: TlbConfig
	readonly #countsTime: boolean
	/** Address spaces that each vCPU keeps beside the current one. */
	readonly #spaces: number
	readonly #satpOffset: number | undefined
	readonly #milliseconds: () => number
	readonly #shared: number
	/** Each vCPU's TlbShadow; empty without statistics. */
	readonly #shadows: readonly number[]
	readonly #shadowSize: ShadowSize | undefined
	readonly #readers: readonly RcuReader[]
	readonly #handlers: readonly RequestHandlers[]
	/** The targets that the latest remote flush has to wait for; reused, so that a flush allocates nothing. */
	readonly #awaited: number[] = []

	constructor(memory: SharedMemory, options: TlbOptions) {
		const {blocks, rcu, config, operations, satpOffset, milliseconds = () => performance.now()} = options
		this.rcu = rcu
		this.#memory = memory
		this.#blocks = blocks
		const pools = tablePools(memory, options)
		const {policy, encoding} = designOf(config)
		this.#tables = {
			memory,
			pools,
			operations,
			policy: flushPolicies[policy],
			tagBias: tagBias[encoding],
			swappedOut: [],
			journal: designOf(config).debug === 'on' ? new PublicationJournal(blocks, tlbStateOffset) : undefined,
			observer: options.observer,
		}
		this.#config = config
		this.#spaces = spacesOf(config)
		this.#countsTime = designOf(config).size === 'qemu'
		this.#satpOffset = satpOffset
		this.#milliseconds = milliseconds
		this.#shared = memory.region('tlb').offset
		const numbers = Array.from({length: config.vcpus}, (_, vcpu) => vcpu)
		this.#readers = numbers.map((vcpu) => rcu.reader(vcpu))
		this.#shadows = shadowOffsets(memory, config)
		this.#shadowSize = shadowSizeOf(config)
		this.#handlers = numbers.map((vcpu) => ({
			all: () => this.#finish(vcpu, this.beginFlush(), operations.flushTranslations(blocks.base(vcpu))),
			resize: () => this.#grow(vcpu),
			lastPages: () => operations.flushLastPages(blocks.base(vcpu)),
			shared: () => this.#finish(vcpu, this.beginFlush(), operations.flushShared(blocks.base(vcpu))),
			range: (range, asid) => this.#flushRange(vcpu, range, asid),
		}))
	}

	/** Gives a vCPU that does not run fresh tables for all regimes. */
	initialize(vcpu: number): void {
		const state = this.#state(vcpu)
		// Plain: the vCPU's thread, which alone reads it, is started or told to run after this.
		for (const [field, value] of Object.entries(stateWords(this.#config)) as [keyof StateWords, number][])
			this.#memory.i32[(state + TlbState.offset[field]) >>> 2] = value
		const shadow = this.#shadows[vcpu]
		if (shadow && this.#shadowSize) initializeShadow(this.#memory, state, {shadow, size: this.#shadowSize})
		for (let regime = 0; regime < regimeCount; regime++)
			publish(this.#tables, {state, regime, fresh: this.#takeFirst(), step: PublishStep.start})
		for (let space = 0; space < this.#spaces; space++) this.#initializeSpace(state, space)
		this.#retire()
	}

	/** A kept space is none at first. Plain, as above. */
	#initializeSpace(state: number, space: number): void {
		const at = state + TlbState.offset.spaces + space * TlbSpace.size
		this.#memory.i64[(at + TlbSpace.offset.satp) >>> 3] = 0n
		for (let table = 0; table < TlbSpace.fields.descriptor.count; table++) {
			const word = (at + TlbSpace.offset.descriptor + table * 4) >>> 2
			// A machine that starts again keeps the tables: the hart empties them before it uses them.
			if (this.#memory.i32[word] !== noTable) continue
			const fresh = this.#takeFirst()
			notePublished(this.#tables, {state, regime: Regime.supervisorSum + table, fresh, step: PublishStep.start})
			this.#memory.i32[word] = fresh
		}
	}

	#takeFirst(): number {
		const pool = this.#tables.pools[sizeClasses(this.#config)[0]!.log2Entries]
		const fresh = pool?.take() || pool?.takeRetired() || noTable
		assert(fresh !== noTable, 'the pool has the tables of each vCPU that starts')
		return fresh
	}

	/** Empties the owner's own tables. On the owner's thread, online. */
	flush(vcpu: number, cause: FlushCause): void {
		this.#finish(vcpu, this.beginFlush(), this.#tables.operations.flushTables(this.#blocks.base(vcpu), cause))
	}

	/** Before a flush by the owner. @returns nanoseconds, or 0 without statistics. */
	beginFlush(): number {
		return this.#shadows.length === 0 ? 0 : nanoseconds()
	}

	/**
	 * After it: notes what it cost, with statistics only. @param began what beginFlush() returned.
	 * @param regimes that it left to replaceTables().
	 */
	endFlush(vcpu: number, began: number, regimes: number): void {
		const shadow = this.#shadows[vcpu]
		if (shadow === undefined) return
		const where = regimes === 0 ? 'inPlace' : 'byRunLoop'
		recordFlushCost(this.#memory, shadow, {nanoseconds: nanoseconds() - began, where})
	}

	#finish(vcpu: number, began: number, regimes: number): void {
		this.replaceTables(vcpu, regimes)
		this.endFlush(vcpu, began, regimes)
	}

	/**
	 * Empties those of the owner's own tables that a flush in place has left. On the owner's thread, online.
	 * @param regimes bit n = regime n.
	 */
	replaceTables(vcpu: number, regimes: number): void {
		if (regimes === 0) return
		this.#replaceOwn(vcpu, regimes)
		this.#retire()
	}

	#replaceOwn(vcpu: number, regimes: number): void {
		for (let regime = 0; regime < regimeCount; regime++) {
			if (regimes & (1 << regime)) replaceOwn(this.#tables, this.#state(vcpu), regime)
		}
	}

	#grow(vcpu: number): void {
		growOwn(this.#tables, this.#state(vcpu))
		this.#retire()
	}

	#retire(): void {
		// The grace period begins after the exchanges that took the tables out.
		if (this.#tables.swappedOut.length > 0) retireSwappedOut(this.#tables, this.rcu.startPoll())
	}

	#flushRange(vcpu: number, {firstLow, firstHigh, pages}: PageRange, asid: number): void {
		const {flushPages} = this.#tables.operations
		this.#finish(vcpu, this.beginFlush(), flushPages(this.#blocks.base(vcpu), firstLow, firstHigh, pages, asid))
	}

	/**
	 * Flushes other vCPUs' TLBs (SBI RFENCE), and returns once none of them can use a translation or an instruction
	 * from before. The targets' guest code takes no trap: the caller waits for each target's next quiescent state, unless
	 * the target is offline. The initiator is offline meanwhile, so that two that fence each other pass; then it serves
	 * the requests of others. Blocks; a host thread with an event loop uses startRemoteFlush().
	 */
	flushRemote(flush: RemoteFlush): void {
		const began = microseconds()
		const gracePeriod = this.startRemoteFlush(flush)
		const {initiator} = flush
		FAULT: if (breaks('early-fence')) this.#awaited.length = 0
		const reader = initiator === undefined ? undefined : this.#readers[initiator]
		reader?.offline()
		for (const target of this.#awaited) this.rcu.waitForReader(target, gracePeriod)
		reader?.online()
		recordLatency(this.#memory.i32, this.#shared + TlbShared.offset.remoteFlushes, microseconds() - began)
		if (initiator !== undefined) this.#serveRequests(initiator)
	}

	/** The same without the wait. @returns the grace period that completes the flush when it has elapsed. */
	startRemoteFlush({initiator, targets, range, asid = anyAsid, what = 'translations'}: RemoteFlush): GracePeriod {
		// Counts, and is a barrier: the caller's stores to page tables are ordered before the loads of satp and `filled`
		// below. Pairs with the targets' atomic stores of satp and of `filled`, which come before their page walks.
		Atomics.add(this.#memory.i32, (this.#shared + TlbShared.offset.remoteFlushesBegun) >>> 2, 1)
		this.#awaited.length = 0
		const {journal} = this.#tables
		if (journal) journal.initiator = initiator ?? host
		const bell = what === 'instructions' ? Doorbell.fenceI : Doorbell.flush
		for (const target of targets) {
			if (what === 'translations') {
				const pages = range && range.pages <= longestRange ? range : undefined
				if (target === initiator) this.#flushOwn(target, pages, asid)
				else if (!this.#flushOther(target, pages, asid)) continue
			}
			// Ordered after the request, before the load of the target's RCU slot in waitForReader(). No wake-up: a target
			// that sleeps is offline, and serves its requests when it comes online. Pairs with VcpuBlocks.takeDoorbell().
			if (target === initiator) continue
			POINT: passTurn('request')
			FAULT: if (breaks('drop-doorbell')) {
				this.#awaited.push(target)
				continue
			}
			this.#tables.observer?.fenceRings(target)
			Atomics.or(this.#memory.i32, this.#doorbell(target), bell)
			this.#awaited.push(target)
		}
		POINT: passTurn('bell')
		const gracePeriod = this.rcu.startPoll()
		retireSwappedOut(this.#tables, gracePeriod)
		return gracePeriod
	}

	/** The initiator's own part of a fence; it is online. */
	#flushOwn(vcpu: number, pages: PageRange | undefined, asid: number): void {
		this.#countCause(this.#state(vcpu), pages ? FlushCause.remoteRange : FlushCause.remoteAll)
		const {flushTranslations, flushTranslationsOf} = this.#tables.operations
		const block = this.#blocks.base(vcpu)
		if (pages) this.#flushRange(vcpu, pages, asid)
		else {
			const began = this.beginFlush()
			const left = asid === anyAsid ? flushTranslations(block) : flushTranslationsOf(block, asid)
			// Retired with the others' tables.
			this.#replaceOwn(vcpu, left)
			this.endFlush(vcpu, began, left)
		}
	}

	/**
	 * A fence of one address space neither rings nor waits for a target that is in another:
	 * - The target's accesses in this address space came before the store of satp that is read here. That store is
	 *   atomic, so they are ordered before what the caller does after its fence, such as reusing the page.
	 * - If the target enters this address space later, its store of satp comes after the load here, and its load of
	 *   `fenced` after that store: it sees that the fence was counted, and uses no entry from before. Its walks see the
	 *   page tables as the caller left them, or newer.
	 *
	 * A whole space is counted in any case, before its tables are swapped: the target may leave it meanwhile, so that the
	 * swap meets other tables. test/tlb/satp-model.ts goes through all interleavings.
	 * @returns whether the target has to be rung.
	 */
	#flushOther(target: number, pages: PageRange | undefined, asid: number): boolean {
		const state = this.#state(target)
		if (asid === anyAsid) {
			this.#countCause(state, pages ? FlushCause.remoteRange : FlushCause.remoteAll)
			if (pages) postRange(this.#memory, state, pages, asid)
			else {
				this.#countFence(state, TlbState.offset.fencedAll)
				this.#swapTables(state, Regime.supervisor)
			}
			return true
		}
		const isThere = pages !== undefined && this.#hasAsid(target, asid)
		if (!isThere) {
			this.#countFence(state, TlbState.offset.fenced + (asid & (asidClasses - 1)) * 4)
			POINT: passTurn('fence')
			if (!this.#hasAsid(target, asid)) return false
		}
		this.#countCause(state, pages ? FlushCause.remoteRange : FlushCause.remoteAll)
		if (pages) postRange(this.#memory, state, pages, asid)
		else if (asid === 0 || this.#spaces === 0) this.#swapTables(state, Regime.supervisor)
		else {
			this.#swapTables(state, Regime.supervisorSum)
			postShared(this.#memory, state)
		}
		return true
	}

	/** Swaps another vCPU's tables from a regime on, or asks it to flush them. */
	#swapTables(state: number, first: number): void {
		for (let regime = first; regime < regimeCount; regime++) {
			if (this.#tables.policy.flushOther(this.#tables, state, regime)) continue
			postEverything(this.#memory, state)
			return
		}
	}

	/** Before a load of the target's satp. Pairs with generationOf() in core/spaces.ts, after the target's store of satp. */
	#countFence(state: number, offset: number): void {
		FAULT: if (breaks('skip-asid-generation') && offset !== TlbState.offset.fencedAll) return
		Atomics.add(this.#memory.i32, (state + offset) >>> 2, 1)
	}

	/** Without satp in the block, a fence of one address space fences all. */
	#hasAsid(target: number, asid: number): boolean {
		return this.#satpOffset === undefined || this.#currentAsid(target, this.#satpOffset) === asid
	}

	#currentAsid(vcpu: number, satpOffset: number): number {
		// Pairs with the owner's publishSatp(), in the hart core and in HartRegisters; see above.
		const high = Atomics.load(this.#memory.i32, (this.#blocks.base(vcpu) + satpOffset + 4) >>> 2)
		// satp: MODE 63:60, ASID 59:44, PPN 43:0.
		return (high >>> 12) & 0xffff
	}

	/** Carries out others' requests to this vCPU. On the owner's thread, online; costs two loads if there are none. */
	#serveRequests(vcpu: number): void {
		const state = this.#state(vcpu)
		if (hasRequests(this.#memory, state)) takeRequests(this.#memory, state, this.#handlers[vcpu]!)
	}

	/**
	 * Passes a quiescent state, takes the vCPU's bells, and serves requests if that bell rang: guest code needs this order. On the
	 * owner's thread, online. @returns the bells, of which Doorbell.flush is answered.
	 */
	safepoint(vcpu: number): number {
		if (this.#countsTime) this.#noteTime(vcpu)
		const reader = this.#readers[vcpu]!
		const hasAnnounced = reader.quiescentState()
		const bells = this.#takeBells(vcpu)
		// A fence rings, then begins its grace period. Who comes in between would not be rung again for that, and pass only after its
		// slice. So it waits for the little that the initiator still has to do, and has another safepoint.
		if (hasAnnounced || (bells & fenceBells) === 0 || !reader.awaitGracePeriod(looksForGracePeriod)) return bells
		reader.quiescentState()
		return bells | this.#takeBells(vcpu)
	}

	/** After a quiescent state: whoever sees that this reader has passed has rung before it looked. Pairs with startRemoteFlush(). */
	#takeBells(vcpu: number): number {
		POINT: passTurn('safepoint')
		const bells = this.#blocks.takeDoorbell(vcpu)
		POINT: passTurn('serve')
		if (bells & Doorbell.flush) this.#serveRequests(vcpu)
		return bells
	}

	/** For windows of QEMU's rule. Plain: only the owner uses it. */
	#noteTime(vcpu: number): void {
		this.#memory.i32[(this.#state(vcpu) + TlbState.offset.milliseconds) >>> 2] = Math.floor(this.#milliseconds())
	}

	/** Clears and recycles retired tables whose grace period has elapsed, as a helper does, without waiting. Any thread. @throws UseAfterRetirement */
	recycleRetired(): void {
		for (const pool of this.#tables.pools) pool?.recycleRetired()
	}

	/** With debug=on: checks all tables in quarantine. Any thread. @throws UseAfterRetirement */
	checkQuarantine(): void {
		for (const pool of this.#tables.pools) pool?.checkQuarantine()
	}

	get design(): TlbDesign {
		return designOf(this.#config)
	}

	tlbStatistics(vcpu: number): TlbStatistics {
		return readTlbStatistics(this.#tables, this.#state(vcpu))
	}

	sharedStatistics(): SharedTlbStatistics {
		return sharedTlbStatistics(this.#tables, this.#shared, {timesClearing: this.#shadows.length > 0})
	}

	#state(vcpu: number): number {
		return this.#blocks.base(vcpu) + tlbStateOffset
	}

	#doorbell(vcpu: number): number {
		return (this.#blocks.base(vcpu) + VcpuWords.offset.doorbell) >>> 2
	}

	#countCause(state: number, cause: FlushCause): void {
		// Statistics: orders nothing.
		Atomics.add(this.#memory.i32, (state + TlbState.offset.flushes + cause * 4) >>> 2, 1)
	}
}
