/** The structure in guest RAM that tells a hart for how long it was kept from running. SBI 2.0, "STA Shared Memory Structure". */
import {array, type Gpa, type GuestRam, sharedStruct} from '../memory/index.ts'

/** Any hart may read it. Written by the thread of the hart that it is about; the guest does not write it, but nothing keeps it from that. */
export const StealTimeRecord = sharedStruct(
	{
		/** Odd while `steal` is being written. */
		sequence: 'i32',
		flags: 'i32',
		/** Nanoseconds. */
		steal: 'i64',
		/** Stays 0, which is allowed: a thread learns that it had no core when it has one again. */
		preempted: 'i8',
		padding: array('i8', 47),
	},
	{align: 64},
)

/** Of one hart, on its thread. */
export class StealTime {
	readonly #ram: GuestRam
	readonly #stolen: () => number
	/** Undefined: the guest does not ask for it. */
	#gpa: Gpa | undefined
	#sequence = 0
	/** Nanoseconds: what `stolen` returned when the guest asked, and what the guest has been told since. */
	#stolenBefore = 0
	#told = 0

	/** @param stolen nanoseconds that the host counts, from any beginning. */
	constructor(ram: GuestRam, stolen: () => number) {
		this.#ram = ram
		this.#stolen = stolen
	}

	/** Counts from 0 on, there. @param gpa of a whole record in RAM, aligned. */
	start(gpa: Gpa): void {
		const {size} = StealTimeRecord
		// Plain: until the call returns the guest may expect nothing there.
		this.#ram.bytes(gpa, size).fill(0)
		this.#ram.written(gpa, size)
		this.#gpa = gpa
		this.#sequence = 0
		this.#stolenBefore = this.#stolen()
		this.#told = 0
	}

	/** Nothing is written from here on. */
	stop(): void {
		this.#gpa = undefined
	}

	/** Tells the guest. About a microsecond, so not at each opportunity. No BigInt. */
	update(): void {
		if (this.#gpa === undefined) return
		const steal = this.#stolen() - this.#stolenBefore
		if (steal === this.#told) return
		this.#told = steal
		const {size, offset} = StealTimeRecord
		const {i32} = this.#ram.memory
		const record = this.#ram.ramOffset(this.#gpa, size) / 4
		// Sequentially consistent, so in this order for other harts: a reader that sees one half of `steal` finds `sequence` odd, or
		// changed, when it reads it again after that. Pairs with the guest's reads of `sequence` around that of `steal`.
		Atomics.store(i32, record + offset.sequence / 4, this.#sequence + 1)
		Atomics.store(i32, record + offset.steal / 4, steal % 2 ** 32)
		Atomics.store(i32, record + offset.steal / 4 + 1, Math.floor(steal / 2 ** 32))
		this.#sequence = (this.#sequence + 2) | 0
		Atomics.store(i32, record + offset.sequence / 4, this.#sequence)
		this.#ram.written(this.#gpa, size)
	}
}
