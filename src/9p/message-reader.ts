/** Reads the fields of one request from a private copy, which the guest cannot change meanwhile. */
import {Refusal} from './errno.ts'

/** Names are byte strings: each character is one byte, so that names of any encoding stay as they are. */
export type ByteString = string

export class MessageReader {
	readonly bytes: Buffer<ArrayBuffer>
	readonly #view: DataView
	#at = 0
	#end = 0

	constructor(size: number) {
		this.bytes = Buffer.from(new ArrayBuffer(size))
		this.#view = new DataView(this.bytes.buffer)
	}

	/** Fields are read from `start`, and end before `end`. */
	limit(start: number, end: number): void {
		this.#at = start
		this.#end = end
	}

	get at(): number {
		return this.#at
	}

	u8(): number {
		return this.#view.getUint8(this.#take(1))
	}

	u16(): number {
		return this.#view.getUint16(this.#take(2), true)
	}

	u32(): number {
		return this.#view.getUint32(this.#take(4), true)
	}

	u64(): bigint {
		return this.#view.getBigUint64(this.#take(8), true)
	}

	i64(): bigint {
		return this.#view.getBigInt64(this.#take(8), true)
	}

	/** @returns a place in a file, or its size. @throws Refusal if no file can be as large. */
	fileOffset(refusal: 'EINVAL' | 'EFBIG'): number {
		const offset = this.u64()
		if (offset > BigInt(Number.MAX_SAFE_INTEGER)) throw new Refusal(refusal)
		return Number(offset)
	}

	string(): ByteString {
		const length = this.u16()
		const start = this.#take(length)
		return this.bytes.toString('latin1', start, start + length)
	}

	#take(length: number): number {
		const at = this.#at
		if (at + length > this.#end) throw new Refusal('EINVAL')
		this.#at = at + length
		return at
	}
}
