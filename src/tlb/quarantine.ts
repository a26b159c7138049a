/**
 * Quarantine, with `--tlb debug=on`: after its grace period a retired table is filled with a canary and kept out of use, first in,
 * first out. A word that has changed is a use after retirement: the report says whose table it was, and who published it
 * and took it out. core/quarantine.ts has the bytes.
 */
import {assert} from '../errors.ts'
import {type SharedMemory, sharedStruct} from '../memory/index.ts'
import {milliseconds, type Rcu, SharedQueue} from '../rcu/index.ts'
import {describeOwner, describeStep, type Publication} from './publication.ts'
import {tableAddress, tableLog2Entries} from './table.ts'
import type {TableOperations} from './table-operations.ts'
import {canaryWord, neverTag, TlbEntry, TlbTableTrailer} from './tlb-layout.ts'

const Publishing = sharedStruct({
	vcpu: 'i32',
	regime: 'i32',
	epoch: 'i32',
	by: 'i32',
	step: 'i32',
	cause: 'i32',
	at: 'i32',
})

/**
 * One table's. Plain: written by the thread that has the table in its hands, before it hands it on by an atomic exchange or a
 * queue.
 */
const TableRecord = sharedStruct({
	/** The latest grace period when the canary was written. */
	quarantinedIn: 'i64',
	quarantinedAt: 'i32',
	published: Publishing,
	takenOut: Publishing,
})

const QuarantineHeader = sharedStruct({checks: 'i32'}, {align: 128})

export type QuarantineStatistics = Readonly<{
	/** Tables in quarantine now. */
	tables: number
	/** Checks of a table since the start. */
	checks: number
}>

/** Somebody has used a table after it was retired. */
export class UseAfterRetirement extends Error {
	override readonly name = 'UseAfterRetirement'
}

export class Quarantine {
	/** Tables that it keeps; more than these leave. */
	readonly capacity: number
	readonly #memory: SharedMemory
	readonly #rcu: Rcu
	readonly #operations: TableOperations
	readonly #header: number
	readonly #records: number
	readonly #queue: SharedQueue

	/** @param options.offset bytes from the start of the shared memory to Quarantine.size(tables) zeroed bytes. */
	constructor(
		memory: SharedMemory,
		options: Readonly<{rcu: Rcu; operations: TableOperations; offset: number; tables: number; capacity: number}>,
	) {
		const {rcu, operations, offset, tables, capacity} = options
		this.capacity = capacity
		this.#memory = memory
		this.#rcu = rcu
		this.#operations = operations
		this.#header = offset
		this.#queue = new SharedQueue(memory, offset + QuarantineHeader.size, tables)
		this.#records = offset + QuarantineHeader.size + SharedQueue.size(tables)
	}

	/** Bytes, for at most so many tables. */
	static size(tables: number): number {
		return QuarantineHeader.size + SharedQueue.size(tables) + tables * TableRecord.size
	}

	/** Approximately how many tables there are. */
	get length(): number {
		return this.#queue.length
	}

	/** Before the table is published. */
	notePublished(table: number, publication: Publication): void {
		this.#write(this.#record(table) + TableRecord.offset.published, publication)
	}

	/** After it was exchanged for another one. @param publication the other's. */
	noteTakenOut(table: number, publication: Publication): void {
		this.#write(this.#record(table) + TableRecord.offset.takenOut, publication)
	}

	/** Fills a table whose grace period has elapsed with the canary. */
	seal(table: number, descriptor: number): void {
		this.#operations.fillCanary(descriptor)
		const record = this.#record(table)
		this.#memory.i64[(record + TableRecord.offset.quarantinedIn) >>> 3] = BigInt(this.#rcu.latest)
		this.#memory.i32[(record + TableRecord.offset.quarantinedAt) >>> 2] = milliseconds()
	}

	/** Keeps a sealed table. */
	put(table: number): void {
		assert(this.#queue.put(table + 1, 0), 'the quarantine has room for all tables')
	}

	/** Takes the oldest table, if there are more than `kept`. @returns its index, or −1. */
	take(kept: number): number {
		return this.length > kept ? this.#queue.get() - 1 : -1
	}

	/** Of a table that this thread has taken. @throws UseAfterRetirement if it was used meanwhile. */
	check(table: number, descriptor: number): void {
		// Statistics: orders nothing.
		Atomics.add(this.#memory.i32, (this.#header + QuarantineHeader.offset.checks) >>> 2, 1)
		if (this.#changes(descriptor).next().done) return
		throw new UseAfterRetirement(this.#describe(table, descriptor))
	}

	/** Of a table that this thread has taken from the pool. @throws UseAfterRetirement if it is not clear. */
	checkClear(table: number, descriptor: number): void {
		const place = this.#operations.findNonZero(descriptor) >>> 0
		if (place === 0) return
		const takenOut = this.#read(this.#record(table) + TableRecord.offset.takenOut)
		const what = [
			`A TLB table is to be used again that was not cleared, or was used after that: table ${table} with ${1 << tableLog2Entries(descriptor)} entries`,
			this.#describeWord(descriptor, place),
			`taken out before ${describeStep(takenOut)}, ${before(takenOut.at, milliseconds())}`,
			`found in grace period ${this.#rcu.latest}`,
		]
		throw new UseAfterRetirement(what.join('; '))
	}

	statistics(): QuarantineStatistics {
		// Orders nothing.
		const checks = Atomics.load(this.#memory.i32, (this.#header + QuarantineHeader.offset.checks) >>> 2) >>> 0
		return {tables: this.length, checks}
	}

	/** Places of the words that are not the canary. */
	*#changes(descriptor: number): Generator<number, void> {
		for (let from = 0; ; from += 4) {
			from = this.#operations.findChange(descriptor, from) >>> 0
			if (from === 0) return
			yield from
		}
	}

	#describe(table: number, descriptor: number): string {
		const published = this.#read(this.#record(table) + TableRecord.offset.published)
		const takenOut = this.#read(this.#record(table) + TableRecord.offset.takenOut)
		const record = this.#record(table)
		const sealedAt = this.#memory.i32[(record + TableRecord.offset.quarantinedAt) >>> 2]!
		const sealedIn = this.#memory.i64[(record + TableRecord.offset.quarantinedIn) >>> 3]!
		const now = milliseconds()
		const changed = this.#changes(descriptor).reduce((count) => count + 1, 0)
		return [
			`A TLB table was used after it had been retired: table ${table} with ${1 << tableLog2Entries(descriptor)} entries`,
			`${this.#describeChanges(descriptor)} (${changed === 1 ? '1 word' : `${changed} words`} changed)`,
			`published to ${describeOwner(published)} ${describeStep(published)}, ${before(published.at, now)}`,
			`taken out ${describeStep(takenOut)}, ${before(takenOut.at, now)}`,
			`kept with the canary since grace period ${sealedIn}, ${before(sealedAt, now)}`,
			`found in grace period ${this.#rcu.latest}`,
		].join('; ')
	}

	/** The first entry that was changed, and stands for a page if one does; or the first other word. */
	#describeChanges(descriptor: number): string {
		const start = tableAddress(descriptor)
		const entries = 1 << tableLog2Entries(descriptor)
		const indexOf = (change: number) => Math.floor((change - start) / TlbEntry.size)
		const first = this.#changes(descriptor).next().value!
		const found =
			this.#changes(descriptor).find(
				(change) => indexOf(change) < entries && this.#pageOf(start, indexOf(change)) !== undefined,
			) ?? first
		return this.#describeWord(descriptor, found)
	}

	/** @param place of a word in the table. */
	#describeWord(descriptor: number, place: number): string {
		const start = tableAddress(descriptor)
		const entries = 1 << tableLog2Entries(descriptor)
		const entry = Math.floor((place - start) / TlbEntry.size)
		if (entry < entries) return `entry ${entry} is ${this.#describeEntry(start, entry)}`
		const offset = place - start - TlbEntry.size * entries
		const [field] = Object.entries(TlbTableTrailer.offset).findLast(([, at]) => at <= offset)!
		return `its ${field} (at byte ${offset} of the trailer) is ${hex(this.#memory.u32[place >>> 2]!)}`
	}

	#describeEntry(start: number, index: number): string {
		const word = (field: 'addend' | 'code') =>
			this.#memory.u32[(start + index * TlbEntry.size + TlbEntry.offset[field]) >>> 2]!
		const tags = tagFields.map((field) => `${field} ${hex(this.#tag(start, index, field))}`)
		const words = (['addend', 'code'] as const).map((field) => `${field} ${hex(word(field))}`)
		const page = this.#pageOf(start, index)
		return `${[...tags, ...words].join(', ')}${page === undefined ? '' : `, for page ${hex(page)}`}`
	}

	/** @returns the address that the entry stands for, if it does. */
	#pageOf(start: number, index: number): bigint | undefined {
		const tag = tagFields.map((field) => this.#tag(start, index, field)).find(isOfPage)
		return tag === undefined ? undefined : tag & ~0xfffn
	}

	#tag(start: number, index: number, field: (typeof tagFields)[number]): bigint {
		return this.#memory.u64[(start + index * TlbEntry.size + TlbEntry.offset[field]) >>> 3]!
	}

	#record(table: number): number {
		return this.#records + table * TableRecord.size
	}

	#write(offset: number, publication: Publication): void {
		for (const [field, value] of Object.entries({...publication, at: milliseconds()}))
			this.#memory.i32[(offset + Publishing.offset[field as keyof typeof Publishing.offset]) >>> 2] = value
	}

	#read(offset: number): Publication & Readonly<{at: number}> {
		const fields = Object.entries(Publishing.offset).map(([field, at]) => [
			field,
			this.#memory.i32[(offset + at) >>> 2],
		])
		return Object.fromEntries(fields)
	}
}

const tagFields = ['readTag', 'writeTag', 'execTag'] as const

/** Neither the canary nor what no access matches. */
function isOfPage(tag: bigint): boolean {
	return tag !== 0n && tag !== BigInt.asUintN(64, neverTag) && Number(tag & 0xffff_ffffn) !== canaryWord
}

function before(at: number, now: number): string {
	return `${(((now - at) >>> 0) / 1000).toFixed(3)} s before`
}

function hex(value: number | bigint): string {
	return `0x${value.toString(16)}`
}
