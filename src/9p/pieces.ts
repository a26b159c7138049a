/** Messages in pieces, as a driver's buffers hold them: gather, scatter, and parts without a copy. */

/** Parts of one message in order. They may lie in memory that a guest writes at any time: nothing is read from them twice. */
export type Pieces = readonly Uint8Array[]

export function lengthOf(pieces: Pieces): number {
	let length = 0
	for (const piece of pieces) length += piece.length
	return length
}

/** Copies the first bytes of a message. @returns how many: `into` may be shorter or longer than the message. */
export function gather(pieces: Pieces, into: Uint8Array): number {
	let copied = 0
	for (const piece of pieces) {
		const part = piece.length > into.length - copied ? piece.subarray(0, into.length - copied) : piece
		into.set(part, copied)
		copied += part.length
		if (copied === into.length) break
	}
	return copied
}

/** Copies bytes to the start of a message, which has room for them. */
export function scatter(bytes: Uint8Array, pieces: Pieces): void {
	let copied = 0
	for (const piece of pieces) {
		if (copied === bytes.length) return
		const part = bytes.subarray(copied, copied + piece.length)
		piece.set(part)
		copied += part.length
	}
}

/** @returns views of a part of a message, less if it ends before; no empty ones. */
export function slice(pieces: Pieces, start: number, length: number): Uint8Array[] {
	const parts: Uint8Array[] = []
	let skip = start
	let left = length
	for (const piece of pieces) {
		if (left === 0) break
		if (skip >= piece.length) {
			skip -= piece.length
			continue
		}
		const part = skip === 0 && left >= piece.length ? piece : piece.subarray(skip, skip + left)
		if (part.length > 0) parts.push(part)
		left -= part.length
		skip = 0
	}
	return parts
}
