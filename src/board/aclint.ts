/** ACLINT: software interrupts (MSWI) and timers (MTIMER) of all harts, in the layout of SiFive's CLINT. */
import {
	array,
	Doorbell,
	Mip,
	type SharedMemory,
	sharedStruct,
	type VcpuBlocks,
	VcpuWords,
	type WordPair,
} from '../memory/index.ts'
import type {AccessBytes, Device} from './bus.ts'
import type {DeviceLock} from './device-lock.ts'
import type {DeviceLocks} from './device-locks.ts'
import {boardMap, maximumHarts} from './memory-map.ts'
import {mtimeAt, offsetAt, reaches} from './mtime.ts'

// Register offsets: RISC-V ACLINT specification, "Backward Compatibility With SiFive CLINT".
const msipBase = 0x0000
const mtimecmpBase = 0x4000
const mtime = 0xbff8

export const AclintState = sharedStruct(
	{
		/** Held by writers. */
		lock: 'i32',
		/** Odd while one of the values below is being written. */
		sequence: 'i32',
		/** mtime less the machine's clock. */
		mtimeOffset: 'i64',
		/** Per hart: the comparator. */
		mtimecmp: array('i64', maximumHarts),
	},
	{align: 128},
)

export class Aclint implements Device {
	readonly name = 'aclint'
	readonly base = boardMap.aclint.base
	/** Ends behind mtime; the rest of the range in the device tree is empty. */
	readonly size = 0xc000
	readonly narrowest = 4
	readonly lock: DeviceLock
	/** Of mtime less the machine's clock: the offset in shared memory, for the hart core. */
	readonly mtimeOffsetAt: number
	/** Called on the thread that has written mtime. */
	onMtimeWritten = (): void => {}
	readonly #memory: SharedMemory
	readonly #blocks: VcpuBlocks
	readonly #words: Int32Array<SharedArrayBuffer>
	readonly #sequence: number
	readonly #mtimeOffset: number
	readonly #mtimecmp: number
	readonly #now: () => number
	// Results, made once.
	readonly #offset: WordPair = {low: 0, high: 0}
	readonly #comparator: WordPair = {low: 0, high: 0}
	readonly #value: WordPair = {low: 0, high: 0}

	/** @param options.now ticks of the machine's clock. */
	constructor(
		memory: SharedMemory,
		options: {state: number; locks: DeviceLocks; blocks: VcpuBlocks; now: () => number},
	) {
		const {state, locks, blocks, now} = options
		const {offset} = AclintState
		this.lock = locks.add(this.name, state + offset.lock)
		this.mtimeOffsetAt = state + offset.mtimeOffset
		this.#memory = memory
		this.#words = memory.i32
		this.#sequence = (state + offset.sequence) >> 2
		this.#mtimeOffset = (state + offset.mtimeOffset) >> 2
		this.#mtimecmp = (state + offset.mtimecmp) >> 2
		this.#blocks = blocks
		this.#now = now
	}

	/** Only while no vCPU runs. The comparators are 0, as on QEMU's board: MTIP is pending until they are written. */
	reset(): void {
		// Plain: no other thread runs; starting the vCPUs orders it before them.
		this.#words.fill(0, this.#sequence, this.#mtimecmp + maximumHarts * 2)
	}

	/** @returns the tick of the machine's clock at which the hart's MTIP rises; see reaches(). */
	mtimecmpReached(hart: number, now: number): number {
		this.#load(this.#mtimecmp + hart * 2, this.#comparator)
		return this.reached(this.#comparator, now)
	}

	/** @returns the tick of the machine's clock at which mtime reaches `value`; see reaches(). */
	reached(value: Readonly<WordPair>, now: number): number {
		this.#load(this.#mtimeOffset, this.#offset)
		return reaches(value, this.#offset, now)
	}

	read(offset: number, _bytes: AccessBytes): number {
		if (offset < mtimecmpBase) {
			const hart = (offset - msipBase) >> 2
			return hart < this.#blocks.count ? this.#msip(hart) : 0
		}
		this.#readWide(offset & ~7, this.#value)
		return offset & 4 ? this.#value.high : this.#value.low
	}

	write(offset: number, _bytes: AccessBytes, value: number): void {
		this.lock.run(() => {
			if (offset < mtimecmpBase) return this.#writeMsip((offset - msipBase) >> 2, value)
			// One value: mtime goes on counting meanwhile.
			this.#readWide(offset & ~7, this.#value)
			if (offset & 4) this.#value.high = value
			else this.#value.low = value
			this.#writeWide(offset & ~7, this.#value)
		})
	}

	readPair(offset: number, into: WordPair): void {
		if (offset >= mtimecmpBase) return this.#readWide(offset, into)
		into.low = this.read(offset, 4)
		into.high = this.read(offset + 4, 4)
	}

	writePair(offset: number, value: Readonly<WordPair>): void {
		this.lock.run(() => {
			if (offset >= mtimecmpBase) return this.#writeWide(offset, value)
			this.write(offset, 4, value.low)
			this.write(offset + 4, 4, value.high)
		})
	}

	#readWide(offset: number, into: WordPair): void {
		const hart = (offset - mtimecmpBase) >> 3
		if (offset === mtime) {
			this.#load(this.#mtimeOffset, this.#offset)
			mtimeAt(this.#now(), this.#offset, into)
		} else if (hart < this.#blocks.count) this.#load(this.#mtimecmp + hart * 2, into)
		else into.low = into.high = 0
	}

	/** Under the lock. */
	#writeWide(offset: number, value: Readonly<WordPair>): void {
		const hart = (offset - mtimecmpBase) >> 3
		if (offset === mtime) this.#writeMtime(value)
		else if (hart < this.#blocks.count) {
			const word = this.#mtimecmp + hart * 2
			this.#change(() => {
				// Publish, before the ring that makes the hart's run loop look again. Pairs with #load().
				Atomics.store(this.#words, word, value.low | 0)
				Atomics.store(this.#words, word + 1, value.high | 0)
			})
			this.#refresh(hart)
		}
	}

	#writeMtime(value: Readonly<WordPair>): void {
		offsetAt(this.#now(), value, this.#offset)
		const {low, high} = this.#offset
		// One store, because the hart core reads the offset by one load: pairs with mtime() in src/hart/core/mtime.ts. Before
		// the rings that make run loops look again.
		this.#change(() => Atomics.store(this.#memory.u64, this.#mtimeOffset >> 1, (BigInt(high) << 32n) | BigInt(low)))
		for (let hart = 0; hart < this.#blocks.count; hart++) this.#refresh(hart)
		this.onMtimeWritten()
	}

	/**
	 * After the hart's comparator or mtime was written. MTIP is right at once, so that a handler that moves its comparator
	 * does not take the same interrupt again; the run loop, which the ring makes look again, keeps it so.
	 */
	#refresh(hart: number): void {
		const now = this.#now()
		if (now >= this.mtimecmpReached(hart, now)) this.#blocks.raise(hart, Mip.MTIP)
		else this.#blocks.lower(hart, Mip.MTIP)
		this.#blocks.ring(hart, Doorbell.interrupt)
	}

	#msip(hart: number): 0 | 1 {
		// A snapshot; orders nothing. Its writers are VcpuBlocks.raise() and lower().
		const pending = Atomics.load(this.#words, (this.#blocks.base(hart) + VcpuWords.offset.pendingInterrupts) >> 2)
		return pending & Mip.MSIP ? 1 : 0
	}

	#writeMsip(hart: number, value: number): void {
		if (hart >= this.#blocks.count) return
		if (value & 1) this.#blocks.raise(hart, Mip.MSIP)
		else this.#blocks.lower(hart, Mip.MSIP)
	}

	/** Reads the two words that lie at `word` as one value. */
	#load(word: number, into: WordPair): void {
		const words = this.#words
		for (;;) {
			// Acquire, before the two words. Pairs with #change().
			const before = Atomics.load(words, this.#sequence)
			// A writer is at work, or has died at it: wait for the lock, or get the error.
			if (before & 1) return this.lock.run(() => this.#loadWords(word, into))
			this.#loadWords(word, into)
			// Ordered after the two words: if no write began meanwhile, they belong together. Pairs with #change().
			if (Atomics.load(words, this.#sequence) === before) return
		}
	}

	#loadWords(word: number, into: WordPair): void {
		// Ordered by the sequence or by the lock; see #load(). The writers call #change().
		into.low = Atomics.load(this.#words, word) >>> 0
		into.high = Atomics.load(this.#words, word + 1) >>> 0
	}

	/** Runs `store`, which changes one value. Under the lock. */
	#change(store: () => void): void {
		// Odd before the value changes, even after: whoever saw the same even number twice has read one value. Pairs with
		// #load().
		Atomics.add(this.#words, this.#sequence, 1)
		store()
		Atomics.add(this.#words, this.#sequence, 1)
	}
}
