/** The doorbells, as one thread uses them, with times: how long a bell waits for its hart, which fence and which interrupts it answers. */
import {Activity} from '../hart/index.ts'
import {Doorbell, Mip, type SharedMemory, VcpuBlocks, VcpuWords} from '../memory/index.ts'
import {recordLatency} from '../rcu/index.ts'
import type {EventRing} from './event-ring.ts'
import {answersFence, type TimedNote} from './timed-note.ts'
import {EventKind, HartTimes, traceRegions} from './trace-layout.ts'

const softwareInterrupts = Mip.SSIP | Mip.MSIP
const fences = Doorbell.flush | Doorbell.fenceI
const pendingOffset = VcpuWords.offset.pendingInterrupts

/** What one thread begins and another one takes: its number lies in a word of the taker's, by the beginner. */
type Arrow = Readonly<{word: 'fences' | 'ipis'; taken: number}>
const fenceArrow: Arrow = {word: 'fences', taken: EventKind.fenceTaken}
const ipiArrow: Arrow = {word: 'ipis', taken: EventKind.ipiTaken}

export class TracedBlocks extends VcpuBlocks {
	readonly #self: number
	readonly #now: () => number
	readonly #ring: EventRing | undefined
	readonly #times: number
	/** Of this thread's latest fence, and its latest software interrupt; not 0. */
	#fence = 0
	#ipi = 0
	/** mip's bits of a software interrupt that is being raised; 0 = none, or its bell is noted. */
	#raises = 0
	/** What the hart does while it answers fences: what it did before. */
	#answering: Activity | undefined
	/** Numbers that were taken, by the thread that they are of; 0 = none. Reused. */
	readonly #takenFences: Int32Array
	readonly #takenIpis: Int32Array
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
		this.#takenFences = new Int32Array(count)
		this.#takenIpis = new Int32Array(count)
	}

	override ring(vcpu: number, bit: number): void {
		this.#stamp(vcpu)
		super.ring(vcpu, bit)
	}

	/** The bell is not taken any more: nothing waits for it. */
	override silence(vcpu: number, bit: number): void {
		super.silence(vcpu, bit)
		// Orders nothing: the vCPU is parked.
		Atomics.store(this.memory.i32, this.#rungAt(vcpu), 0)
	}

	override raise(vcpu: number, mipBits: number): void {
		if (this.#ring && mipBits & softwareInterrupts && vcpu !== this.#self) this.#raises = mipBits
		super.raise(vcpu, mipBits)
		if (this.#raises === 0) return
		// Raised already: no bell, and no arrow.
		this.#ring?.add(EventKind.ipi, this.#now(), 0, vcpu, this.#raises)
		this.#raises = 0
	}

	protected override ringInterrupt(vcpu: number): void {
		if (this.#ring && this.#raises !== 0) {
			this.#ipi = (this.#ipi % 0x7fff_ffff) + 1
			const now = this.#now()
			this.#stamp(vcpu, now)
			if (this.#ring.add(EventKind.ipi, now, 0, vcpu, this.#raises, this.#ipi)) this.#number(vcpu, ipiArrow, this.#ipi)
			this.#raises = 0
		}
		super.ringInterrupt(vcpu)
	}

	/** A fence of this thread's is about to ring a target: before the bell. It began when this thread last read the clock. */
	fenceRings(target: number): void {
		const now = this.note?.latest ?? this.#now()
		this.#stamp(target, now)
		if (!this.#ring?.isOpen) return
		this.#fence = (this.#fence % 0x7fff_ffff) + 1
		// Only of fences that are traced: the target traces the answers of these, whatever its quota.
		if (this.#ring.add(EventKind.fenceRings, now, 0, target, this.#fence)) this.#number(target, fenceArrow, this.#fence)
	}

	/** Ordered before the bell: the target that takes it finds the number, and answers all up to it. Pairs with #takeNumbers(). */
	#number(target: number, {word}: Arrow, number: number): void {
		Atomics.store(this.memory.i32, this.#word(target, HartTimes.offset[word]) + this.#self, number)
	}

	override takeDoorbell(vcpu: number): number {
		const bells = super.takeDoorbell(vcpu)
		if (bells === 0) return bells
		// After the bells, by the order of both accesses: whoever rings next may find the old time gone, and note its own.
		const rungAt = Atomics.exchange(this.memory.i32, this.#rungAt(vcpu), 0)
		const {note} = this
		const answers = (bells & fences) !== 0 && note !== undefined
		const interrupts = (bells & Doorbell.interrupt) !== 0
		let areNumbers = false
		if (this.#ring && answers) areNumbers = this.#takeNumbers(vcpu, fenceArrow, this.#takenFences)
		if (this.#ring && interrupts) areNumbers = this.#takeNumbers(vcpu, ipiArrow, this.#takenIpis) || areNumbers
		// A safepoint comes right after what the hart noted last. But what the numbers are of may have begun a moment ago.
		const now = areNumbers ? this.#now() : (note?.latest ?? this.#now())
		// A safepoint may take bells twice before they are answered.
		if (answers && this.#answering === undefined) {
			this.#answering = note.beginAt(Activity.flush, now)
			note.detail(1, answersFence)
		}
		if (rungAt !== 0) {
			// A thread's clock may be some hundred nanoseconds behind another's.
			const waited = Math.max(0, (Math.floor(now) - rungAt) | 0)
			recordLatency(this.memory.i32, this.#times + vcpu * HartTimes.size + HartTimes.offset.doorbells, waited)
		}
		if (!this.#ring) return bells
		if (answers) this.#addTaken(this.#ring, now, fenceArrow, this.#takenFences)
		if (interrupts) {
			// Orders nothing: for the trace.
			const pending = Atomics.load(this.memory.i32, (this.base(vcpu) + pendingOffset) >>> 2)
			this.#ring.add(EventKind.interrupt, now, 0, pending)
			this.#addTaken(this.#ring, now, ipiArrow, this.#takenIpis)
		}
		return bells
	}

	/** The hart has answered what it took. */
	answered(): void {
		if (this.#answering === undefined) return
		this.note?.end(this.#answering)
		this.#answering = undefined
	}

	/** @returns whether there are any. */
	#takeNumbers(vcpu: number, {word}: Arrow, taken: Int32Array): boolean {
		const first = this.#word(vcpu, HartTimes.offset[word])
		const {i32} = this.memory
		let areThere = false
		for (let thread = 0; thread < this.count; thread++) {
			// Orders nothing: found 0, it was or will be answered by another safepoint. Else pairs with #number().
			const isThere = Atomics.load(i32, first + thread) !== 0
			taken[thread] = isThere ? Atomics.exchange(i32, first + thread, 0) : 0
			areThere ||= isThere
		}
		return areThere
	}

	#addTaken(ring: EventRing, now: number, arrow: Arrow, taken: Int32Array): void {
		for (let thread = 0; thread < this.count; thread++)
			if (taken[thread] !== 0) ring.addAnyway(arrow.taken, now, 0, thread, taken[thread])
	}

	/** Notes when the first of the bells that a hart has not taken was rung. */
	#stamp(vcpu: number, now?: number): void {
		if (vcpu === this.#self) return
		// Orders nothing but the words themselves; see takeDoorbell().
		const word = this.#rungAt(vcpu)
		if (Atomics.load(this.memory.i32, word) === 0)
			Atomics.compareExchange(this.memory.i32, word, 0, Math.floor(now ?? this.#now()) | 0 || 1)
	}

	#rungAt(vcpu: number): number {
		return (this.base(vcpu) + VcpuWords.offset.rungAt) >>> 2
	}

	#word(vcpu: number, offset: number): number {
		return (this.#times + vcpu * HartTimes.size + offset) >>> 2
	}
}
