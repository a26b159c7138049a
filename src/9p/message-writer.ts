/** Builds one answer; a buffer that all answers take in turn, each without a pause. */
import type {ByteString} from './message-reader.ts'
import {headerBytes, type QidType} from './messages.ts'
import {type Pieces, scatter} from './pieces.ts'

export type Qid = Readonly<{type: (typeof QidType)[keyof typeof QidType]; version: number; path: bigint}>

export class MessageWriter {
	#bytes: Buffer<ArrayBuffer>
	#view: DataView
	#at = headerBytes
	/** Bytes behind those written here, which are in the answer's pieces already. */
	#inPlace = 0

	constructor() {
		this.#bytes = Buffer.from(new ArrayBuffer(4096))
		this.#view = new DataView(this.#bytes.buffer)
	}

	begin(): this {
		this.#at = headerBytes
		this.#inPlace = 0
		return this
	}

	/** With the header's bytes. */
	get length(): number {
		return this.#at + this.#inPlace
	}

	u8(value: number): this {
		const at = this.#reserve(1)
		this.#view.setUint8(at, value)
		return this
	}

	u16(value: number): this {
		const at = this.#reserve(2)
		this.#view.setUint16(at, value, true)
		return this
	}

	u32(value: number): this {
		const at = this.#reserve(4)
		this.#view.setUint32(at, value, true)
		return this
	}

	u64(value: bigint): this {
		const at = this.#reserve(8)
		this.#view.setBigUint64(at, value, true)
		return this
	}

	/** At most 65,535 bytes. */
	string(value: ByteString): this {
		this.u16(value.length)
		const at = this.#reserve(value.length)
		this.#bytes.write(value, at, 'latin1')
		return this
	}

	qid({type, version, path}: Qid): this {
		return this.u8(type).u32(version).u64(path)
	}

	inPlace(bytes: number): this {
		this.#inPlace = bytes
		return this
	}

	/** Writes a count that was not known before the bytes behind it. */
	patch(at: number, value: number): void {
		this.#view.setUint32(at, value, true)
	}

	/** Ends the answer and copies it. @returns its length; `pieces` have room for it. */
	end(type: number, tag: number, pieces: Pieces): number {
		this.#view.setUint32(0, this.length, true)
		this.#view.setUint8(4, type)
		this.#view.setUint16(5, tag, true)
		scatter(this.#bytes.subarray(0, this.#at), pieces)
		return this.length
	}

	#reserve(length: number): number {
		const at = this.#at
		if (at + length > this.#bytes.length) this.#grow(at + length)
		this.#at = at + length
		return at
	}

	#grow(needed: number): void {
		const larger = Buffer.from(new ArrayBuffer(Math.max(needed, 2 * this.#bytes.length)))
		larger.set(this.#bytes)
		this.#bytes = larger
		this.#view = new DataView(larger.buffer)
	}
}
