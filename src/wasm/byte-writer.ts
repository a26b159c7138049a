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

	name(name: string): this {
		return this.vector(utf8.encode(name))
	}

	/** A section: its number, its size in bytes, then the output of `write`. */
	section(id: number, write: (content: ByteWriter) => void): this {
		const content = new ByteWriter()
		write(content)
		return this.byte(id).vector(content.bytes)
	}

	#grow(needed: number): void {
		const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + needed))
		larger.set(this.bytes)
		this.#bytes = larger
	}
}
