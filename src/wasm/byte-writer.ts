/** Writes WebAssembly's numbers, vectors and names into a buffer that grows. */
const utf8 = new TextEncoder()

export class ByteWriter {
	#bytes: Uint8Array<ArrayBuffer>
	#length = 0

	/** @param capacity bytes to begin with; the buffer doubles when it is full. */
	constructor(capacity = 64) {
		this.#bytes = new Uint8Array(capacity)
	}

	get length(): number {
		return this.#length
	}

	/** The bytes written so far, not copied: the next write may move them. */
	get bytes(): Uint8Array<ArrayBuffer> {
		return this.#bytes.subarray(0, this.#length)
	}

	byte(value: number): this {
		if (this.#length === this.#bytes.length) this.#grow(1)
		this.#bytes[this.#length++] = value
		return this
	}

	append(values: ArrayLike<number>): this {
		if (this.#length + values.length > this.#bytes.length) this.#grow(values.length)
		this.#bytes.set(values, this.#length)
		this.#length += values.length
		return this
	}

	/** Unsigned LEB128. @param value below 2^53. */
	unsigned(value: number): this {
		let rest = value
		while (rest >= 128) {
			this.byte((rest % 128) | 0x80)
			rest = Math.floor(rest / 128)
		}
		return this.byte(rest)
	}

	/** Signed LEB128. */
	signed32(value: number): this {
		let rest = value | 0
		while (rest < -64 || rest >= 64) {
			this.byte((rest & 0x7f) | 0x80)
			rest >>= 7
		}
		return this.byte(rest & 0x7f)
	}

	/** Signed LEB128. */
	signed64(value: bigint): this {
		let rest = BigInt.asIntN(64, value)
		while (rest < -0x4000_0000n || rest >= 0x4000_0000n) {
			this.byte(Number(rest & 0x7fn) | 0x80)
			rest >>= 7n
		}
		return this.signed32(Number(rest))
	}

	/** A vector of bytes: its length, then the bytes. */
	vector(values: ArrayLike<number>): this {
		return this.unsigned(values.length).append(values)
	}

	/** A vector of its bytes in UTF-8. */
	name(name: string): this {
		const start = this.#length
		this.unsigned(name.length)
		if (this.#length + name.length > this.#bytes.length) this.#grow(name.length)
		for (let index = 0; index < name.length; index++) {
			const unit = name.charCodeAt(index)
			if (unit > 0x7f) {
				this.#length = start
				return this.vector(utf8.encode(name))
			}
			this.#bytes[this.#length++] = unit
		}
		return this
	}

	/** A section: its number, its size in bytes, then what `write` writes here. */
	section(id: number, write: (content: this) => void): this {
		return this.byte(id).sized(write)
	}

	/** What `write` writes here, with its size in bytes before it. */
	sized(write: (content: this) => void): this {
		const start = this.#length
		write(this)
		const size = this.#length - start
		let sizeBytes = 1
		while (size >= 2 ** (7 * sizeBytes)) sizeBytes++
		if (this.#length + sizeBytes > this.#bytes.length) this.#grow(sizeBytes)
		this.#bytes.copyWithin(start + sizeBytes, start, this.#length)
		this.#length = start
		this.unsigned(size)
		this.#length += size
		return this
	}

	#grow(needed: number): void {
		const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + needed))
		larger.set(this.bytes)
		this.#bytes = larger
	}
}
