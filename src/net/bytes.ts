/** Network byte order: numbers in bytes, most significant first. */

export function read16(bytes: Uint8Array, at: number): number {
	return (bytes[at]! << 8) | bytes[at + 1]!
}

export function read32(bytes: Uint8Array, at: number): number {
	return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}

export function write16(bytes: Uint8Array, at: number, value: number): void {
	bytes[at] = value >>> 8
	bytes[at + 1] = value
}

export function write32(bytes: Uint8Array, at: number, value: number): void {
	bytes[at] = value >>> 24
	bytes[at + 1] = value >>> 16
	bytes[at + 2] = value >>> 8
	bytes[at + 3] = value
}

/** Whether `expected` stands at `at`. */
export function holds(bytes: Uint8Array, at: number, expected: Uint8Array): boolean {
	for (let index = 0; index < expected.length; index++) if (bytes[at + index] !== expected[index]) return false
	return true
}

export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
	return left.length === right.length && holds(left, 0, right)
}
