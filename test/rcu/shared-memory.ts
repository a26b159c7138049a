/** A shared memory for RCU tests: the region rcu, and some words for the test itself. */
import {layOut, type MemoryMap, SharedMemory} from '../../src/memory/index.ts'
import {RcuState, rcuRegion, SharedQueue} from '../../src/rcu/index.ts'

export const testWords = 4096
export const queueItems = 64

/** The data of a test thread. */
export type SharedTestMemory = Readonly<{memory: WebAssembly.Memory; map: MemoryMap}>

/** @param firstGracePeriod odd; a large one makes a long run of what follows. */
export function createTestMemory(readers: number, {firstGracePeriod = 1} = {}): SharedMemory {
	const memory = SharedMemory.create(
		layOut([
			rcuRegion(readers),
			{name: 'words', size: testWords * 4, align: 128},
			{name: 'queue', size: SharedQueue.size(queueItems), align: 128},
		]),
	)
	// Plain: no other thread has it yet.
	memory.i64[(memory.region('rcu').offset + RcuState.offset.counter) >> 3] = BigInt(firstGracePeriod)
	return memory
}

/** Index of the first of the test's own words. */
export function firstWord(memory: SharedMemory): number {
	return memory.region('words').offset >> 2
}

/** A small seeded generator: xorshift32. @returns a function that returns integers from 0 to below `limit`. */
export function randomNumbers(seed: number): (limit: number) => number {
	let state = seed | 1
	return (limit) => {
		state ^= state << 13
		state ^= state >>> 17
		state ^= state << 5
		return (state >>> 0) % limit
	}
}

/** Words, from firstWord(), that tell the test how far its threads are. */
export const progressWord = {
	/** 1: the threads end. */
	stop: 3,
	steps: (reader: number) => 160 + reader,
}
