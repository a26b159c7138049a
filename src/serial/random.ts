/** Draws by lot that a seed repeats. */

/** @returns 32 bits that depend on all three, unsigned. After the finalizer of MurmurHash3. */
export function drawn(seed: number, stream: number, number: number): number {
	let bits = Math.imul(seed ^ Math.imul(stream + 1, 0x9e37_79b1), 0x85eb_ca6b) ^ Math.imul(number + 1, 0xc2b2_ae35)
	for (const factor of [0x85eb_ca6b, 0xc2b2_ae35]) {
		bits ^= bits >>> 16
		bits = Math.imul(bits, factor)
		bits ^= bits >>> 13
	}
	return (bits ^ (bits >>> 16)) >>> 0
}

/** @returns a function that fills arrays with bytes: the next ones of the stream. */
export function randomBytes(seed: number, stream: number): (bytes: Uint8Array) => void {
	let number = 0
	return (bytes) => {
		for (let index = 0; index < bytes.length; index++) bytes[index] = drawn(seed, stream, number++)
	}
}
