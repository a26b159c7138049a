/** A page of guest code, with the next one at its guest-virtual address if known. Decodes instructions on demand. */
import {parcelBytes} from '../hart/index.ts'
import {type Decoded, decode, traitsOf} from '../isa/index.ts'

export class PageCode {
	/** A copy: the guest may write the pages meanwhile. */
	readonly bytes: Uint8Array
	readonly #decoded = new Map<number, Decoded | null>()

	/** @param bytes of one page or of both. */
	constructor(bytes: Uint8Array) {
		this.bytes = bytes
	}

	/**
	 * The instruction at an offset from the first page's start. Undefined if it cannot be translated: illegal, partly
	 * outside the bytes, or left to the interpreter.
	 */
	at(offset: number): Decoded | undefined {
		const known = this.#decoded.get(offset)
		if (known !== undefined) return known ?? undefined
		const decoded = this.#decode(offset)
		this.#decoded.set(offset, decoded ?? null)
		return decoded
	}

	#decode(offset: number): Decoded | undefined {
		if (offset < 0 || offset >= this.bytes.length) return undefined
		const low = this.#parcel(offset)
		const isLong = (low & 3) === 3
		if (isLong && offset + 2 * parcelBytes > this.bytes.length) return undefined
		const decoded = decode(isLong ? low | (this.#parcel(offset + parcelBytes) << 16) : low)
		return decoded && !traitsOf(decoded.instruction).endsRegion ? decoded : undefined
	}

	/** The instruction's bits; a 16-bit one's upper half is 0. */
	bits(offset: number): number {
		const low = this.#parcel(offset)
		return (low & 3) === 3 ? low | (this.#parcel(offset + parcelBytes) << 16) : low
	}

	#parcel(offset: number): number {
		return (this.bytes[offset] ?? 0) | ((this.bytes[offset + 1] ?? 0) << 8)
	}
}
