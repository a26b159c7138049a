/** A ring of bytes in shared memory: one consumer, and producers that take turns under a lock of their own. */
import {array, type SharedMemory, type SharedStruct, sharedStruct} from '../memory/index.ts'

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
			/** Bytes ever put, wraps at 2^32; written by the producer. */
			tail: 'i32',
			tailLine: array('i32', 15),
			/** Bytes ever taken, wraps at 2^32; written by the consumer, who notifies it. */
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

	/** @param options.onFilled called by put() and push() each time the empty ring has got its first byte. */
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
		// Ordered before the reads and writes of the bytes between head and tail. Pairs with #advance().
		return (Atomics.load(this.#i32, this.#tail) - Atomics.load(this.#i32, this.#head)) >>> 0
	}

	get free(): number {
		return this.#data.length - this.used
	}

	/** Puts one byte. @returns whether there was room. */
	put(byte: number): boolean {
		if (this.free === 0) return false
		// Plain: the producers' lock guards tail, and the consumer does not look past it.
		const tail = this.#i32[this.#tail] as number
		this.#data[tail & (this.#data.length - 1)] = byte
		this.#publish(tail, 1)
		return true
	}

	/** Puts as many bytes as there is room for. @returns how many. */
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
		// Plain: only the consumer writes head.
		const head = this.#i32[this.#head] as number
		const at = head & (this.#data.length - 1)
		const first = Math.min(bytes.length, this.#data.length - at)
		bytes.set(this.#data.subarray(at, at + first))
		bytes.set(this.#data.subarray(0, bytes.length - first), first)
		// Gives the room back after the bytes were copied out. Pairs with the loads in `used`.
		Atomics.store(this.#i32, this.#head, (head + bytes.length) | 0)
		Atomics.notify(this.#i32, this.#head)
		return bytes
	}

	/** Blocks until the consumer takes something, unless there is room already. */
	waitForRoom(timeoutMs: number): void {
		// Ordered before the look at the room; a take() in between changes head, and the wait returns at once.
		const head = Atomics.load(this.#i32, this.#head)
		if (this.free === 0) Atomics.wait(this.#i32, this.#head, head, timeoutMs)
	}

	#publish(tail: number, count: number): void {
		// Publish: the bytes are ordered before it. Pairs with the loads in `used`.
		Atomics.store(this.#i32, this.#tail, (tail + count) | 0)
		// After the store of tail: either this sees that the consumer had taken everything before, and wakes it, or the consumer,
		// which looks at tail again after it stored head, sees the new bytes.
		if (Atomics.load(this.#i32, this.#head) === tail) this.#onFilled()
	}
}
