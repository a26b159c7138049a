/**
 * The tables of one size class, in shared memory. A table is *free* (and cleared), *in use* by a vCPU's regime,
 * *retired* (no vCPU can find it, some may still read it) or being *cleared*, from which it is recycled. Any thread
 * takes and retires. With `debug=on` a table is *quarantined* before it is cleared.
 */
import {assert} from '../errors.ts'
import {breaks} from '../faults.ts'
import {array, pageBytes, roundUp, type SharedMemory, sharedStruct} from '../memory/index.ts'
import {type GracePeriod, microseconds, type Rcu, RetiredList, recordLatency, SharedQueue} from '../rcu/index.ts'
import {passTurn} from '../turns.ts'
import type {Publication} from './publication.ts'
import {Quarantine, type QuarantineStatistics} from './quarantine.ts'
import {tableAddress, tableBytes} from './table.ts'
import type {TableOperations} from './table-operations.ts'

const PoolHeader = sharedStruct(
	{
		/** 1 once a thread has begun to put all tables into the queue of free tables. */
		initialized: 'i32',
		/** 1 from a request for clearing until a clearer begins. */
		clearingWanted: 'i32',
		/** Statistics, any thread. */
		retired: 'i32',
		recycled: 'i32',
		heldBack: 'i32',
		reserved: array('i32', 27),
	},
	{align: 128},
)

/** One word per table, exchanged at each move, so that a table that two threads move is detected. */
const TableState = {free: 0, inUse: 1, retired: 2, clearing: 3, quarantined: 4} as const

export type PoolSize = Readonly<{
	log2Entries: number
	tables: number
	spareTables: number
	/** Whether retired tables are quarantined. */
	debug: boolean
}>

export type PoolStatistics = Readonly<{
	tables: number
	free: number
	/** Tables that were retired and recycled since the start. */
	retired: number
	recycled: number
	/** Tables that are retired now, those in quarantine apart. */
	waiting: number
	/** With debug=on. */
	quarantine?: QuarantineStatistics & Readonly<{heldBack: number}>
}>

/**
 * With debug=on, shares of the spare tables: those in quarantine; those that may be retired before a helper is asked to clear
 * them; and both together, from which on owners empty their tables in place. The rest is for fences of other harts, which
 * cannot do that.
 */
const [quarantinedShare, retiredShare, pressureShare] = [1 / 2, 1 / 4, 3 / 4]

/** "No table": descriptor 0. */
export const noTable = 0

/** Who zeroes a table before it is used again: a helper, ahead of time, or the thread that takes it. */
export type Zeroing = 'ahead' | 'by taker'

export class TablePool {
	readonly log2Entries: number
	readonly tables: number
	readonly #memory: SharedMemory
	readonly #header: number
	readonly #states: number
	readonly #retiredAt: number
	readonly #arena: number
	readonly #tableBytes: number
	readonly #operations: TableOperations
	readonly #tagBias: number
	readonly #zeroing: Zeroing
	readonly #generation: number
	readonly #free: SharedQueue
	readonly #retired: RetiredList
	readonly #clearingThreshold: number
	readonly #needsClearing: () => void
	readonly #clearing: number | undefined
	readonly #quarantine: Quarantine | undefined
	/** Retired and quarantined tables from which on owners take none. */
	readonly #pressureLimit: number

	/** @param options.offset bytes from the start of the shared memory. */
	constructor(
		options: PoolSize &
			Readonly<{
				memory: SharedMemory
				rcu: Rcu
				offset: number
				operations: TableOperations
				tagBias: number
				zeroing: Zeroing
				/** Of a cleared table, as in its descriptor. */
				generation: number
				needsClearing?: (() => void) | undefined
				/** Offset of the LatencyHistogram of the time from retire() until a table is cleared; absent: not measured. */
				clearing?: number | undefined
			}>,
	) {
		const {memory, rcu, offset, log2Entries, tables, spareTables, debug, operations} = options
		const layout = poolLayout(options)
		this.log2Entries = log2Entries
		this.tables = tables
		this.#memory = memory
		this.#header = offset
		this.#states = offset + layout.states
		this.#retiredAt = offset + layout.retiredAt
		this.#arena = offset + layout.arena
		this.#tableBytes = tableBytes(log2Entries)
		this.#operations = operations
		this.#tagBias = options.tagBias
		// Only who clears tables checks them.
		this.#zeroing = debug ? 'ahead' : options.zeroing
		this.#generation = options.generation
		this.#free = new SharedQueue(memory, offset + layout.free, tables)
		this.#retired = new RetiredList(rcu, memory, offset + layout.retired, tables)
		this.#clearingThreshold = spareTables * (debug ? retiredShare : 1 / 2)
		this.#pressureLimit = Math.floor(spareTables * pressureShare)
		this.#quarantine = debug
			? new Quarantine(memory, {
					...{rcu, operations, tables, offset: offset + layout.quarantine},
					capacity: Math.floor(spareTables * quarantinedShare),
				})
			: undefined
		this.#needsClearing = options.needsClearing ?? (() => {})
		this.#clearing = options.clearing
		// Orders nothing: the queue does. One thread fills it; another that starts meanwhile finds part of it, or a dry
		// pool.
		if (Atomics.exchange(memory.i32, this.#headerWord('initialized'), 1) === 0) {
			for (let table = 0; table < tables; table++) this.#putFree(table)
		}
	}

	/** Bytes. */
	static size(size: PoolSize): number {
		return poolLayout(size).size
	}

	/**
	 * Takes a cleared table, ready to be published. @returns its descriptor, or noTable when the pool is dry.
	 * @throws UseAfterRetirement with debug=on, if it is not clear.
	 */
	take(): number {
		// Soon enough for the vCPU that still uses it.
		FAULT: if (breaks('skip-grace-period') || breaks('reuse-before-clear')) {
			const retired = this.takeRetired()
			if (retired !== noTable) return retired
		}
		const handle = this.#free.get()
		POINT: passTurn('takeTable')
		if (handle !== 0) return this.#prepare(handle - 1, TableState.free)
		this.#askForClearing()
		return noTable
	}

	/**
	 * With debug=on: so many tables are retired and quarantined that the owner should empty its table in place, or keep its size.
	 * Counts that, and asks for clearing.
	 */
	holdsBack(): boolean {
		if (!this.#quarantine || this.#retired.length + this.#quarantine.length <= this.#pressureLimit) return false
		// Statistics: orders nothing.
		Atomics.add(this.#memory.i32, this.#headerWord('heldBack'), 1)
		this.#askForClearing()
		return true
	}

	/**
	 * When the pool is dry: clears a retired table itself. @returns its descriptor, or noTable when none is ready, or tables are
	 * to be quarantined first.
	 */
	takeRetired(): number {
		if (this.#quarantine) return noTable
		const table = this.#clearOne()
		return table < 0 ? noTable : this.#prepare(table, TableState.clearing)
	}

	/**
	 * Retires a table. Never blocks.
	 * @param gracePeriod one that began after the table was unpublished by an atomic exchange.
	 */
	retire(descriptor: number, gracePeriod: GracePeriod): void {
		const table = this.#indexOf(descriptor)
		this.#move(table, TableState.inUse, TableState.retired)
		// Statistics: orders nothing.
		Atomics.add(this.#memory.i32, this.#headerWord('retired'), 1)
		// Plain: the list orders it before the clearer's read.
		if (this.#clearing !== undefined) this.#memory.i32[(this.#retiredAt >>> 2) + table] = microseconds()
		this.#retired.defer(table + 1, gracePeriod)
		if (this.wantsClearing) this.#askForClearing()
	}

	/** Whether so many tables are retired that the pool may run dry, and not the thread that takes one clears it. */
	get wantsClearing(): boolean {
		return this.#zeroing === 'ahead' && this.#retired.length > this.#clearingThreshold
	}

	/** With debug=on: who publishes the table, before it does. */
	notePublished(descriptor: number, publication: Publication): void {
		this.#quarantine?.notePublished(this.#indexOf(descriptor), publication)
	}

	/** With debug=on: the publication that has taken the table out, before it is retired. */
	noteTakenOut(descriptor: number, publication: Publication): void {
		this.#quarantine?.noteTakenOut(this.#indexOf(descriptor), publication)
	}

	/**
	 * Clears and recycles all retired tables whose grace period has elapsed; with debug=on quarantines them, and recycles those
	 * that leave. Any thread. @returns how many were recycled. @throws UseAfterRetirement
	 */
	recycleRetired(): number {
		// Ordered before the list is read. Pairs with #askForClearing().
		Atomics.store(this.#memory.i32, this.#headerWord('clearingWanted'), 0)
		if (this.#quarantine) this.#quarantineReady(this.#quarantine)
		for (let count = 0; ; count++) {
			const table = this.#quarantine ? this.#leaveQuarantine(this.#quarantine) : this.#clearOne()
			if (table < 0) return count
			POINT: passTurn('free')
			this.#move(table, TableState.clearing, TableState.free)
			this.#putFree(table)
		}
	}

	/** Checks all tables in quarantine. Any thread. @throws UseAfterRetirement */
	checkQuarantine(): void {
		const quarantine = this.#quarantine
		if (!quarantine) return
		// Each once: those that were checked go behind the others.
		for (let left = quarantine.length; left > 0; left--) {
			const table = quarantine.take(0)
			if (table < 0) return
			this.#move(table, TableState.quarantined, TableState.clearing)
			quarantine.check(table, this.#descriptor(table))
			this.#keep(quarantine, table)
		}
	}

	#quarantineReady(quarantine: Quarantine): void {
		for (;;) {
			const handle = this.#retired.takeReady()
			if (handle === 0) return
			this.#move(handle - 1, TableState.retired, TableState.clearing)
			quarantine.seal(handle - 1, this.#descriptor(handle - 1))
			this.#keep(quarantine, handle - 1)
		}
	}

	#keep(quarantine: Quarantine, table: number): void {
		this.#move(table, TableState.clearing, TableState.quarantined)
		quarantine.put(table)
	}

	/** @returns the index of a table that is clear again, or -1. */
	#leaveQuarantine(quarantine: Quarantine): number {
		const table = quarantine.take(quarantine.capacity)
		if (table < 0) return -1
		this.#move(table, TableState.quarantined, TableState.clearing)
		const descriptor = this.#descriptor(table)
		quarantine.check(table, descriptor)
		FAULT: if (breaks('reuse-before-clear')) return table
		this.#operations.wipeTable(descriptor)
		this.#noteCleared(table)
		return table
	}

	statistics(): PoolStatistics {
		// Orders nothing.
		const count = (field: 'retired' | 'recycled' | 'heldBack') =>
			Atomics.load(this.#memory.i32, this.#headerWord(field)) >>> 0
		return {
			tables: this.tables,
			free: this.#free.length,
			retired: count('retired'),
			recycled: count('recycled'),
			waiting: this.#retired.length,
			...(this.#quarantine && {quarantine: {...this.#quarantine.statistics(), heldBack: count('heldBack')}}),
		}
	}

	#askForClearing(): void {
		// Ordered after the table was put on the list. Pairs with the store in recycleRetired(): the clearer finds the
		// table, or this asks again.
		if (Atomics.compareExchange(this.#memory.i32, this.#headerWord('clearingWanted'), 0, 1) === 0) this.#needsClearing()
	}

	#prepare(table: number, from: number): number {
		this.#move(table, from, TableState.inUse)
		const descriptor = this.#descriptor(table)
		this.#quarantine?.checkClear(table, descriptor)
		this.#operations.poisonSlotZero(descriptor, this.#tagBias)
		return descriptor
	}

	/** @returns the index of a cleared table, or -1. */
	#clearOne(): number {
		const handle = this.#retired.takeReady()
		if (handle === 0) return -1
		const table = handle - 1
		this.#move(table, TableState.retired, TableState.clearing)
		POINT: passTurn('recycle')
		// It may be empty already: its owner undid it while another thread swapped it away.
		const {emptyTable, clearTable} = this.#operations
		const zero = this.#zeroing === 'ahead' ? emptyTable : clearTable
		FAULT: if (breaks('reuse-before-clear')) return table
		zero(this.#descriptor(table), this.#tagBias)
		this.#noteCleared(table)
		return table
	}

	#noteCleared(table: number): void {
		if (this.#clearing !== undefined) {
			const retiredAt = this.#memory.i32[(this.#retiredAt >>> 2) + table]!
			recordLatency(this.#memory.i32, this.#clearing, microseconds() - retiredAt)
		}
		// Statistics: orders nothing.
		Atomics.add(this.#memory.i32, this.#headerWord('recycled'), 1)
	}

	#putFree(table: number): void {
		// Publishes the clearing: SharedQueue orders it before the taker's reads.
		assert(this.#free.put(table + 1, 0), 'the queue of free tables has room for all tables')
	}

	#move(table: number, from: number, to: number): void {
		// Checks that one thread has the table; the queues order its bytes.
		const before = Atomics.exchange(this.#memory.i32, (this.#states >>> 2) + table, to)
		assert(before === from, 'a table moves free → in use → retired → clearing, in the hands of one thread')
	}

	#descriptor(table: number): number {
		return (this.#arena + table * this.#tableBytes) | this.#generation | this.log2Entries
	}

	#indexOf(descriptor: number): number {
		return (tableAddress(descriptor) - this.#arena) / this.#tableBytes
	}

	#headerWord(field: keyof typeof PoolHeader.offset): number {
		return (this.#header + PoolHeader.offset[field]) >>> 2
	}
}

function poolLayout({log2Entries, tables, debug}: PoolSize) {
	const states = PoolHeader.size
	const retiredAt = states + tables * 4
	const free = roundUp(retiredAt + tables * 4, 128)
	const retired = free + SharedQueue.size(tables)
	const quarantine = retired + RetiredList.size(tables)
	const arena = roundUp(quarantine + (debug ? Quarantine.size(tables) : 0), pageBytes)
	return {states, retiredAt, free, retired, quarantine, arena, size: arena + tables * tableBytes(log2Entries)}
}
