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
import {roamingRegisters} from './roaming.ts'

/** Instructions between two watches, since a watched access takes some ten nanoseconds longer: few after new code has come, then twice as many each time. */
export const [shortestDistance, watchDistance] = [2 ** 20, 2 ** 24]
/** A register with fewer accesses in a watch does not matter. */
const fewestAccesses = watchedAccesses / 8
/** A register roams if at least one in so many of its accesses would be mispredicted, in so many watches in a row: programs have phases. */
const mispredictedOne = 6
export const fewestWatches = 4
/** With more registers than this all are forgotten at once. */
const mostSeen = 1024

const none: readonly number[] = []

/** Plain throughout: this vCPU's own words, between two rounds of its run loop. */
export class RoamingWatch {
	readonly #memory: SharedMemory
	readonly #block: number
	/** By roamingId: how many watches in a row it roamed in, of those that it mattered in. */
	readonly #seen = new Map<number, number>()
	#watches = false
	/** instret when the last watch began, modulo 2^32; and how many instructions later the next one does. */
	#began: number
	#distance: number = watchDistance

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
		if ((retired - this.#began) >>> 0 >= this.#distance) this.#begin(retired)
		return none
	}

	/** Its registers are to be found soon. */
	codeCame(): void {
		this.#distance = shortestDistance
	}

	#begin(retired: number): void {
		const {u8, i32} = this.#memory
		this.#began = retired
		this.#distance = Math.min(this.#distance * 2, watchDistance)
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
			if (field('accesses') < fewestAccesses) continue
			const roams = field('mispredicted') * mispredictedOne >= field('accesses')
			if (this.#isFound(field('id'), roams)) found.push(field('id'))
		}
		for (const id of found) this.#note(id)
		return found
	}

	/** @param roams in the watch that has ended. */
	#isFound(id: number, roams: boolean): boolean {
		const watches = roams ? (this.#seen.get(id) ?? 0) + 1 : 0
		const isFound = watches >= fewestWatches
		if (this.#seen.size >= mostSeen) this.#seen.clear()
		if (roams && !isFound) this.#seen.set(id, watches)
		else this.#seen.delete(id)
		return isFound
	}

	/** For whoever translates the register's region. Two harts may note the same one at a time, which does no harm. */
	#note(id: number): void {
		if (roamingRegisters(this.#memory).has(id)) return
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
