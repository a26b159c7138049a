/** The Internet checksum (RFC 1071): the ones' complement of the ones' complement sum of 16-bit words. */

/**
 * @param sum of what stands before, an even number of bytes.
 * @returns a sum that is not folded yet; a last odd byte counts as if a 0 followed.
 */
export function addWords(bytes: Uint8Array, from: number, to: number, sum = 0): number {
	// High and low bytes by themselves: one addition a byte, and no sum that outgrows 32 bits before 64 KiB.
	let high = 0
	let low = 0
	let at = from
	for (const end = to - 7; at < end; at += 8) {
		high += bytes[at]! + bytes[at + 2]! + bytes[at + 4]! + bytes[at + 6]!
		low += bytes[at + 1]! + bytes[at + 3]! + bytes[at + 5]! + bytes[at + 7]!
	}
	for (; at + 1 < to; at += 2) {
		high += bytes[at]!
		low += bytes[at + 1]!
	}
	if (at < to) high += bytes[at]!
	return sum + high * 256 + low
}

/** @returns the checksum, 16 bits: 0 for bytes that carry their right checksum. */
export function foldChecksum(sum: number): number {
	let folded = sum
	while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000)
	return folded ^ 0xffff
}

export function checksum(bytes: Uint8Array, from: number, to: number): number {
	return foldChecksum(addWords(bytes, from, to))
}
