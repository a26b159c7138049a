/** The shared memory of the kind `rcu`, and what its threads are given. */
import type {Fault} from '../faults.ts'
import {layOut, type MemoryMap, SharedMemory} from '../memory/index.ts'
import {RcuState, RetiredList, rcuRegion} from '../rcu/index.ts'
import {type SerialConfig, SerialControl} from '../serial/index.ts'

/** Objects are published by updaters, of which there is one of each kind; each publishes in a word of its own. */
export const updaters = ['synchronizer', 'poller', 'deferrer'] as const
export type Updater = (typeof updaters)[number]

/** An object ages by 1 when it is replaced, and by 1 after each grace period from then on, up to this. */
export const oldestAge = 10
export const objectsPerUpdater = 64

/** Threads: updaters first, then readers; each is a reader of the Rcu. */
export type RcuThreadRole = Readonly<{
	memory: WebAssembly.Memory
	map: MemoryMap
	thread: number
	threads: number
	seed: number
	iterations: number | undefined
	/** The rule that is broken on purpose. */
	fault: Fault | undefined
	/** All threads run by turns; undefined: in parallel. */
	serial?: SerialConfig | undefined
}>

/** Indices of 32-bit words in the region `words`. A thread's own lie in a cache line of its own. */
export const rcuWord = {
	stop: 0,
	/** The first violation: 0 while there is none, then the thread + 1; its step, updater, object, and the age it saw. */
	violation: 1,
	violationStep: 2,
	violationUpdater: 3,
	violationObject: 4,
	violationAge: 5,
	published: (updater: number) => 32 * (1 + updater),
	age: (updater: number, object: number) => 32 * 4 + updater * objectsPerUpdater + object,
	steps: (thread: number) => 32 * (10 + thread),
	replaced: (thread: number) => 32 * (10 + thread) + 1,
	/** The greatest age that it saw, as a reader. */
	oldest: (thread: number) => 32 * (10 + thread) + 2,
} as const

/** @param options.firstGracePeriod odd; a large one makes the counter's low word wrap soon. */
export function createRcuMemory(
	threads: number,
	{firstGracePeriod = 1, serial}: Readonly<{firstGracePeriod?: number; serial?: SerialConfig | undefined}> = {},
): SharedMemory {
	const memory = SharedMemory.create(
		layOut([
			rcuRegion(threads),
			{name: 'words', size: 4 * 32 * (10 + threads), align: 128},
			{name: 'retired', size: RetiredList.size(objectsPerUpdater), align: 128},
			...(serial ? [SerialControl.region(threads, serial)] : []),
		]),
	)
	// Plain: no other thread has it yet.
	memory.i64[(memory.region('rcu').offset + RcuState.offset.counter) >> 3] = BigInt(firstGracePeriod)
	return memory
}
