/** Finds out which base registers of a vCPU roam (roaming.ts): watches some accesses, now and then. */
import {
	fieldOffset,
	mostRoaming,
	predictorCounters,
	WatchedRegister,
	watchedAccesses,
	watchedRegisters,
	watchStamp,
} from '../hart/index.ts'
import type {SharedMemory} from '../memory/index.ts'

/** Instructions between two watches: a watched access takes some ten nanoseconds longer. */
export const watchDistance = 2 ** 24
/** A register with fewer accesses in a watch does not matter. */
const fewestAccesses = watchedAccesses / 8
/** A register roams if at least one in so many of its accesses would be mispredicted, in so many watches together. */
const mispredictedOne = 6
export const fewestWatches = 4
/** With more registers than this all are forgotten at once. */
const mostSeen = 1024

/** Of one register, in all watches that it mattered in. */
type Seen = {watches: number; accesses: number; mispredicted: number}

const none: readonly number[] = []

/** Plain throughout: this vCPU's own words, between two rounds of its run loop. */
export class RoamingWatch {
	readonly #memory: SharedMemory
	readonly #block: number
	readonly #seen = new Map<number, Seen>()
	#watches = false
	/** instret when the last watch began, modulo 2^32. */
	#began: number

	/** @param block offset of the vCPU's block. */
	constructor(memory: SharedMemory, block: number) {
		this.#memory = memory
		this.#block = block
		this.#began = memory.i32[this.#word('instret')]!
	}

	/** Ends a watch, or begins one. @returns the ids of the registers that were found to roam. */
	next(): readonly number[] {
		if (this.#watches) return this.#end()
		const retired = this.#memory.i32[this.#word('instret')]!
		if ((retired - this.#began) >>> 0 >= watchDistance) this.#begin(retired)
		return none
	}

	#begin(retired: number): void {
		const {u8, i32} = this.#memory
		this.#began = retired
		this.#watches = true
		const [watched, predictor] = [this.#block + fieldOffset.watched, this.#block + fieldOffset.predictor]
		u8.fill(0, watched, watched + watchedRegisters * WatchedRegister.size)
		u8.fill(0, predictor, predictor + predictorCounters)
		i32[this.#word('watchLeft')] = watchedAccesses
		i32[this.#word('watch')] = watchStamp
	}

	#end(): readonly number[] {
		const {i32} = this.#memory
		this.#watches = false
		i32[this.#word('watch')] = 0
		const found: number[] = []
		for (let index = 0; index < watchedRegisters; index++) {
			const first = this.#word('watched') + (index * WatchedRegister.size) / 4
			const field = (name: keyof typeof WatchedRegister.offset) => i32[first + WatchedRegister.offset[name] / 4]!
			const accesses = field('accesses')
			if (accesses < fewestAccesses) continue
			if (this.#roams(field('id'), {accesses, mispredicted: field('mispredicted')})) found.push(field('id'))
		}
		for (const id of found) this.#note(id)
		return found
	}

	/** Programs have phases: what one watch shows may be over. */
	#roams(id: number, {accesses, mispredicted}: Omit<Seen, 'watches'>): boolean {
		if (this.#seen.size >= mostSeen) this.#seen.clear()
		const seen = this.#seen.get(id) ?? {watches: 0, accesses: 0, mispredicted: 0}
		this.#seen.set(id, seen)
		seen.watches++
		seen.accesses += accesses
		seen.mispredicted += mispredicted
		if (seen.watches < fewestWatches || seen.mispredicted * mispredictedOne < seen.accesses) return false
		this.#seen.delete(id)
		return true
	}

	/** For whoever translates the register's region. */
	#note(id: number): void {
		const {i32} = this.#memory
		const count = this.#word('registersRoaming')
		i32[this.#word('roaming') + (i32[count]! & (mostRoaming - 1))] = id
		i32[count]!++
	}

	/** The index of its first word in i32. */
	#word(field: 'instret' | 'registersRoaming' | 'roaming' | 'watch' | 'watchLeft' | 'watched'): number {
		return (this.#block + fieldOffset[field]) >>> 2
	}
}
