/** Swaps and generations of TLB tables, for a trace: those of a hart's thread. */
import type {SharedMemory, VcpuBlocks} from '../memory/index.ts'
import {regimeCount, type TlbObserver, TlbState, tableGeneration, tlbStateOffset} from '../tlb/index.ts'
import type {EventRing} from './event-ring.ts'
import {EventKind} from './trace-layout.ts'

const {descriptor, flushCause, ownGenerations} = TlbState.offset

export class TracedTables {
	readonly #words: Int32Array<SharedArrayBuffer>
	readonly #self: number
	/** Offset of the first hart's TlbState, bytes to the next, and offset of this hart's. */
	readonly #firstState: number
	readonly #stride: number
	readonly #state: number
	readonly #now: () => number
	readonly #ring: EventRing
	/** TlbState.ownGenerations at the last look. */
	readonly #seen = new Int32Array(regimeCount)
	/** Index of its first word. */
	readonly #ownWord: number

	/** @param options.self the hart of this thread. @param options.now microseconds. */
	constructor(
		memory: SharedMemory,
		{blocks, self, now, ring}: {blocks: VcpuBlocks; self: number; now: () => number; ring: EventRing},
	) {
		this.#words = memory.i32
		this.#self = self
		this.#firstState = blocks.base(0) + tlbStateOffset
		this.#stride = blocks.stride
		this.#state = blocks.base(self) + tlbStateOffset
		this.#now = now
		this.#ring = ring
		this.#ownWord = (this.#state + ownGenerations) >>> 2
		this.look()
	}

	/** What the hart has begun until now will not be noted. */
	look(): void {
		for (let regime = 0; regime < regimeCount; regime++) this.#seen[regime] = this.#words[this.#ownWord + regime]!
	}

	swapped: TlbObserver['swapped'] = ({state, regime, cause}, epoch) => {
		this.#ring.add(EventKind.swap, this.#now(), 0, this.#hartOf(state), regime, cause, epoch)
	}

	advanced: TlbObserver['advanced'] = ({state, regime, cause}, generation) => {
		this.#ring.add(EventKind.generation, this.#now(), 0, this.#hartOf(state), regime, cause, generation)
	}

	/** Those that the hart core has begun since the last call. */
	noteOwn(now: number): void {
		// Plain: this thread's words.
		for (let regime = 0; regime < regimeCount; regime++) {
			const began = this.#words[this.#ownWord + regime]!
			if (began === this.#seen[regime]) continue
			this.#seen[regime] = began
			const cause = this.#words[(this.#state + flushCause) >>> 2]!
			// Another thread may have swapped the table, or begun the next one: that is in the trace, too.
			const generation = tableGeneration(this.#words[((this.#state + descriptor) >>> 2) + regime]!)
			this.#ring.add(EventKind.generation, now, 0, this.#self, regime, cause, generation)
		}
	}

	#hartOf(state: number): number {
		return (state - this.#firstState) / this.#stride
	}
}
