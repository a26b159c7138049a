/** Flush requests that other threads post to a vCPU: a ring of page ranges and a word of bits in its TlbState. */
import {breaks} from '../faults.ts'
import type {SharedMemory} from '../memory/index.ts'
import {passTurn} from '../turns.ts'
import {resizeBit, TlbState} from './tlb-layout.ts'

/** 4 KiB pages; the first one's number (gva >> 12) as two 32-bit words. */
export type PageRange = Readonly<{firstLow: number; firstHigh: number; pages: number}>

/** In TlbState.requestBits: the tables of all regimes that translate, and all kept address spaces. */
const allBit = 1
/** The table that address spaces share, if it holds pages of the current one. */
const sharedBit = 2
/** Last pages of the tables of all regimes that translate, whose entries the poster has emptied. */
const lastPagesBit = 4

/** Words of a request: [firstLow, firstHigh, pages, asid or -1]. */
const requestWords = 4
const capacity = TlbState.fields.requests.count / requestWords
export const anyAsid = -1

export type RequestHandlers = Readonly<{
	all(): void
	shared(): void
	lastPages(): void
	range(range: PageRange, asid: number): void
	resize(): void
}>

function word(
	state: number,
	field: 'requestBits' | 'requestLock' | 'requestHead' | 'requestTail' | 'requests',
): number {
	return (state + TlbState.offset[field]) >>> 2
}

/** Any thread. @param state offset of the target's TlbState. */
export function postEverything(memory: SharedMemory, state: number): void {
	// Ordered after the caller's stores to page tables, before its load of the target's RCU slot. Pairs with
	// takeRequests().
	Atomics.or(memory.i32, word(state, 'requestBits'), allBit)
}

/** Any thread, as postEverything(). */
export function postShared(memory: SharedMemory, state: number): void {
	Atomics.or(memory.i32, word(state, 'requestBits'), sharedBit)
}

/** Any thread, as postEverything(). */
export function postLastPages(memory: SharedMemory, state: number): void {
	Atomics.or(memory.i32, word(state, 'requestBits'), lastPagesBit)
}

/** Any thread; never waits. A full ring, or one that another thread is posting to, becomes a request for everything. */
export function postRange(memory: SharedMemory, state: number, range: PageRange, asid: number): void {
	const words = memory.i32
	const lock = word(state, 'requestLock')
	// Acquire: the last poster's tail is visible. Pairs with the release below.
	if (Atomics.compareExchange(words, lock, 0, 1) !== 0) {
		postEverything(memory, state)
		return
	}
	POINT: passTurn('post')
	// Plain: only the lock's holder writes the tail.
	const tail = words[word(state, 'requestTail')] ?? 0
	// Acquire: the owner has read the slots that it freed. Pairs with its store of the head.
	FAULT: if (breaks('lost-range') && tail !== Atomics.load(words, word(state, 'requestHead'))) {
		// Release, as below.
		Atomics.store(words, lock, 0)
		return
	}
	const isFull = ((tail - Atomics.load(words, word(state, 'requestHead'))) | 0) >= capacity
	if (!isFull) {
		const request = word(state, 'requests') + (tail & (capacity - 1)) * requestWords
		// Plain: the owner reads them after it has seen the tail.
		words[request] = range.firstLow
		words[request + 1] = range.firstHigh
		words[request + 2] = range.pages
		words[request + 3] = asid
		// Publish the request, and ordered as in postEverything(). Pairs with the loads of the tail.
		Atomics.store(words, word(state, 'requestTail'), (tail + 1) | 0)
	}
	// Release: the tail is ordered before. Pairs with the acquire above.
	Atomics.store(words, lock, 0)
	if (isFull) postEverything(memory, state)
}

/** Two loads. Ordered after the caller's own RCU slot was stored; pairs with the posters' load of that slot. */
export function hasRequests(memory: SharedMemory, state: number): boolean {
	const words = memory.i32
	return (
		Atomics.load(words, word(state, 'requestBits')) !== 0 ||
		// Plain head: only this thread writes it.
		Atomics.load(words, word(state, 'requestTail')) !== words[word(state, 'requestHead')]
	)
}

/** Owner only. */
export function takeRequests(memory: SharedMemory, state: number, handlers: RequestHandlers): void {
	const words = memory.i32
	// Acquire; pairs with the posters' stores. The tail before the bits: a flush of everything then serves all requests
	// up to that tail, too.
	const tail = Atomics.load(words, word(state, 'requestTail'))
	POINT: passTurn('take')
	const bits = Atomics.exchange(words, word(state, 'requestBits'), 0)
	POINT: passTurn('take')
	if (bits & resizeBit) handlers.resize()
	if (bits & allBit) handlers.all()
	else {
		if (bits & lastPagesBit) handlers.lastPages()
		if (bits & sharedBit) handlers.shared()
		for (let head = words[word(state, 'requestHead')] ?? 0; head !== tail; head = (head + 1) | 0) {
			const request = word(state, 'requests') + (head & (capacity - 1)) * requestWords
			// Plain: the poster wrote them before the tail, and only this thread writes the head.
			const [firstLow, firstHigh, pages] = [words[request]!, words[request + 1]!, words[request + 2]!]
			handlers.range({firstLow, firstHigh, pages}, words[request + 3]!)
		}
	}
	// Release the slots: the reads above come before. Pairs with the load in postRange().
	Atomics.store(words, word(state, 'requestHead'), tail)
}
