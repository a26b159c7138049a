/** A disk's contents, whatever the format of the image. */

/** Positions and lengths are bytes, multiples of 512 within `size`. What fails rejects; the guest gets an I/O error. */
export interface DiskImage {
	/** Bytes, a multiple of 512. */
	readonly size: number
	read(position: number, into: Uint8Array): Promise<void>
	write(position: number, from: Uint8Array): Promise<void>
	/** @param isUnmapping whether the place that the zeroes would take may be given back. */
	writeZeroes(position: number, length: number, options: {isUnmapping: boolean}): Promise<void>
	/** The contents are not needed any more: a hint. */
	discard(position: number, length: number): Promise<void>
	/** Resolves once all that was written before is safe on the host's disk. */
	flush(): Promise<void>
	/** The last call: nothing that was written is lost. */
	close(): Promise<void>
}

export const sectorBytes = 512
