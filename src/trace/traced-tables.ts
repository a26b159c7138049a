/** Swaps and generations of TLB tables, for a trace: those of a hart's thread. */
import type {SharedMemory, VcpuBlocks} from '../memory/index.ts'
import {Regime, type TlbObserver, TlbState, tableGeneration, tlbStateOffset} from '../tlb/index.ts'
import type {EventRing} from './event-ring.ts'
import {EventKind} from './trace-layout.ts'

const regimes = Object.values(Regime)
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
	readonly #seen: number[]

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
		this.#seen = regimes.map((regime) => this.#own(ownGenerations, regime))
	}

	swapped: TlbObserver['swapped'] = ({state, regime, cause}, epoch) => {
		this.#ring.add(EventKind.swap, this.#now(), 0, this.#hartOf(state), regime, cause, epoch)
	}

	advanced: TlbObserver['advanced'] = ({state, regime, cause}, generation) => {
		this.#ring.add(EventKind.generation, this.#now(), 0, this.#hartOf(state), regime, cause, generation)
	}

	/** Those that the hart core has begun since the last call. */
	noteOwn(now: number): void {
		for (const regime of regimes) {
			const began = this.#own(ownGenerations, regime)
			if (began === this.#seen[regime]) continue
			this.#seen[regime] = began
			const cause = this.#words[(this.#state + flushCause) >>> 2]!
			// Another thread may have swapped the table, or begun the next one: that is in the trace, too.
			const generation = tableGeneration(this.#own(descriptor, regime))
			this.#ring.add(EventKind.generation, now, 0, this.#self, regime, cause, generation)
		}
	}

	/** Plain: this thread's words, and a descriptor for a report. */
	#own(offset: number, regime: Regime): number {
		return this.#words[((this.#state + offset) >>> 2) + regime]!
	}

	#hartOf(state: number): number {
		return (state - this.#firstState) / this.#stride
	}
}
