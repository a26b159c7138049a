/** A ring of bytes in shared memory, for one producer and one consumer at a time; its owner's lock ensures that. */
import {array, type SharedMemory, type SharedStruct, sharedStruct} from '../memory/index.ts'
import {waitOn} from '../turns.ts'

type RingFields = Readonly<{
	tail: 'i32'
	tailLine: ReturnType<typeof array>
	head: 'i32'
	headLine: ReturnType<typeof array>
	data: ReturnType<typeof array>
}>

/** @param capacity bytes, a power of two. */
export function byteRing(capacity: number): SharedStruct<RingFields> {
	return sharedStruct(
		{
			/** Bytes put so far, modulo 2^32; written by the producer. */
			tail: 'i32',
			tailLine: array('i32', 15),
			/** Bytes taken so far, modulo 2^32; written by the consumer, who then notifies this word. */
			head: 'i32',
			headLine: array('i32', 15),
			data: array('i8', capacity),
		},
		{align: 64},
	)
}

export class ByteRing {
	readonly #i32: Int32Array<SharedArrayBuffer>
	readonly #data: Uint8Array<SharedArrayBuffer>
	readonly #tail: number
	readonly #head: number
	readonly #onFilled: () => void

	/** @param options.onFilled called by put() and push() when they find the ring empty. */
	constructor(memory: SharedMemory, options: {struct: SharedStruct<RingFields>; offset: number; onFilled: () => void}) {
		const {struct, offset, onFilled} = options
		this.#i32 = memory.i32
		this.#tail = (offset + struct.offset.tail) >> 2
		this.#head = (offset + struct.offset.head) >> 2
		const data = offset + struct.offset.data
		this.#data = memory.u8.subarray(data, data + struct.fields.data.count)
		this.#onFilled = onFilled
	}

	get used(): number {
		// Acquire: ordered before the accesses to the data. Tail pairs with #publish(), head with take().
		return (Atomics.load(this.#i32, this.#tail) - Atomics.load(this.#i32, this.#head)) >>> 0
	}

	get free(): number {
		return this.#data.length - this.used
	}

	/** Puts one byte. @returns false if the ring is full. */
	put(byte: number): boolean {
		if (this.free === 0) return false
		// Plain: only the producer writes tail, and the consumer reads no data behind it.
		const tail = this.#i32[this.#tail] as number
		this.#data[tail & (this.#data.length - 1)] = byte
		this.#publish(tail, 1)
		return true
	}

	/** Puts as many bytes as fit. @returns how many. */
	push(bytes: Uint8Array): number {
		const count = Math.min(bytes.length, this.free)
		if (count === 0) return 0
		// Plain, as in put().
		const tail = this.#i32[this.#tail] as number
		const at = tail & (this.#data.length - 1)
		const first = Math.min(count, this.#data.length - at)
		this.#data.set(bytes.subarray(0, first), at)
		this.#data.set(bytes.subarray(first, count), 0)
		this.#publish(tail, count)
		return count
	}

	/** Takes at most `maximum` bytes, as a copy. */
	take(maximum: number): Uint8Array<ArrayBuffer> {
		const bytes = new Uint8Array(Math.min(maximum, this.used))
		if (bytes.length === 0) return bytes
		// Plain: only the consumer writes head, and the producer writes no data before it.
		const head = this.#i32[this.#head] as number
		const at = head & (this.#data.length - 1)
		const first = Math.min(bytes.length, this.#data.length - at)
		bytes.set(this.#data.subarray(at, at + first))
		bytes.set(this.#data.subarray(0, bytes.length - first), first)
		// Release: the copy is ordered before it. Pairs with the loads in `used`, and with the wait in waitForRoom().
		Atomics.store(this.#i32, this.#head, (head + bytes.length) | 0)
		Atomics.notify(this.#i32, this.#head)
		return bytes
	}

	/** Blocks while fewer than `bytes` are free, until the consumer takes some or the time is over. */
	waitForRoom(timeoutMs: number, bytes: number): void {
		// Ordered before the check of `free`: a take() after it changes head, and the wait ends. Pairs with take().
		const head = Atomics.load(this.#i32, this.#head)
		if (this.free < bytes) waitOn(this.#i32, this.#head, head, timeoutMs)
	}

	#publish(tail: number, count: number): void {
		// Publish: the data is ordered before it. Pairs with the loads in `used`.
		Atomics.store(this.#i32, this.#tail, (tail + count) | 0)
		// Ordered after the store of tail. Either this load sees that the consumer had emptied the ring, and it is told; or
		// the consumer, which loads tail again after it stored head, sees the new bytes. Pairs with take().
		if (Atomics.load(this.#i32, this.#head) === tail) this.#onFilled()
	}
}
