/** The doorbells, as one thread uses them, with times: how long a bell waits for its hart, and which fence it answers. */
import {Activity} from '../hart/index.ts'
import {Doorbell, Mip, type SharedMemory, VcpuBlocks, VcpuWords} from '../memory/index.ts'
import {recordLatency} from '../rcu/index.ts'
import type {EventRing} from './event-ring.ts'
import {answersFence, type TimedNote} from './timed-note.ts'
import {EventKind, HartTimes, traceRegions} from './trace-layout.ts'

const softwareInterrupts = Mip.SSIP | Mip.MSIP
const fences = Doorbell.flush | Doorbell.fenceI
const pendingOffset = VcpuWords.offset.pendingInterrupts

export class TracedBlocks extends VcpuBlocks {
	readonly #self: number
	readonly #now: () => number
	readonly #ring: EventRing | undefined
	readonly #times: number
	/** Of this thread's fences; not 0. */
	#fence = 0
	/** What the hart does while it answers fences: what it did before. */
	#answering: Activity | undefined
	note: TimedNote | undefined

	/** @param options.self the hart of this thread; the number of harts: the main thread. @param options.now microseconds. */
	constructor(
		memory: SharedMemory,
		count: number,
		{self, now, ring}: {self: number; now: () => number; ring: EventRing | undefined},
	) {
		super(memory, count)
		this.#self = self
		this.#now = now
		this.#ring = ring
		this.#times = memory.region(traceRegions.times).offset
	}

	override ring(vcpu: number, bit: number): void {
		this.#stamp(vcpu)
		super.ring(vcpu, bit)
	}

	/** The bell is not taken any more: nothing waits for it. */
	override silence(vcpu: number, bit: number): void {
		super.silence(vcpu, bit)
		// Orders nothing: the vCPU is parked.
		Atomics.store(this.memory.i32, this.#word(vcpu, HartTimes.offset.rungAt), 0)
	}

	override raise(vcpu: number, mipBits: number): void {
		if (this.#ring && mipBits & softwareInterrupts && vcpu !== this.#self)
			this.#ring.add(EventKind.ipi, this.#now(), 0, vcpu, mipBits)
		super.raise(vcpu, mipBits)
	}

	/** A fence of this thread's is about to ring a target: before the bell. It began when this thread last read the clock. */
	fenceRings(target: number): void {
		const now = this.note?.latest ?? this.#now()
		this.#stamp(target, now)
		if (!this.#ring?.isOpen) return
		this.#fence = (this.#fence % 0x7fff_ffff) + 1
		// Only of fences that are traced: the target traces the answers of these, whatever its quota.
		if (!this.#ring.add(EventKind.fenceRings, now, 0, target, this.#fence)) return
		// Ordered before the bell: the target that takes it finds the number, and answers all fences up to it. Pairs with #takeFences().
		Atomics.store(this.memory.i32, this.#word(target, HartTimes.offset.fences) + this.#self, this.#fence)
	}

	override takeDoorbell(vcpu: number): number {
		const bells = super.takeDoorbell(vcpu)
		if (bells === 0) return bells
		const {note} = this
		const answers = (bells & fences) !== 0 && note !== undefined
		// A safepoint may take bells twice before they are answered.
		if (answers && this.#answering === undefined) {
			this.#answering = note.begin(Activity.flush)
			note.detail(1, answersFence)
		}
		const now = this.#now()
		// After the bells, by the order of both accesses: whoever rings next may find the old time gone, and note its own.
		const rungAt = Atomics.exchange(this.memory.i32, this.#word(vcpu, HartTimes.offset.rungAt), 0)
		if (rungAt !== 0) {
			// A thread's clock may be some hundred nanoseconds behind another's.
			const waited = Math.max(0, (Math.floor(now) - rungAt) | 0)
			recordLatency(this.memory.i32, this.#times + vcpu * HartTimes.size + HartTimes.offset.doorbells, waited)
		}
		if (!this.#ring) return bells
		if (answers) this.#takeFences(this.#ring, vcpu)
		if (bells & Doorbell.interrupt) {
			// Orders nothing: for the trace.
			const pending = Atomics.load(this.memory.i32, (this.base(vcpu) + pendingOffset) >>> 2)
			this.#ring.add(EventKind.interrupt, now, 0, pending)
		}
		return bells
	}

	/** The hart has answered what it took. */
	answered(): void {
		if (this.#answering === undefined) return
		this.note?.end(this.#answering)
		this.#answering = undefined
	}

	#takeFences(ring: EventRing, vcpu: number): void {
		const first = this.#word(vcpu, HartTimes.offset.fences)
		const {i32} = this.memory
		for (let initiator = 0; initiator < this.count; initiator++) {
			// Orders nothing: found 0, it was or will be answered by another safepoint.
			if (Atomics.load(i32, first + initiator) === 0) continue
			// Pairs with fenceRings().
			const fence = Atomics.exchange(i32, first + initiator, 0)
			// The clock is read after that: the fence may have begun a moment ago.
			ring.addAnyway(EventKind.fenceTaken, this.#now(), 0, initiator, fence)
		}
	}

	/** Notes when the first of the bells that a hart has not taken was rung. */
	#stamp(vcpu: number, now?: number): void {
		if (vcpu === this.#self) return
		// Orders nothing but the words themselves; see takeDoorbell().
		const word = this.#word(vcpu, HartTimes.offset.rungAt)
		if (Atomics.load(this.memory.i32, word) === 0)
			Atomics.compareExchange(this.memory.i32, word, 0, Math.floor(now ?? this.#now()) | 0 || 1)
	}

	#word(vcpu: number, offset: number): number {
		return (this.#times + vcpu * HartTimes.size + offset) >>> 2
	}
}
