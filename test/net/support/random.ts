/** Random numbers from a seed (mulberry32): the same on each machine. */
export class Random {
	#state: number

	constructor(seed: number) {
		this.#state = seed >>> 0
	}

	/** @returns from 0 to 2^32 − 1. */
	next(): number {
		this.#state = (this.#state + 0x6d2b79f5) >>> 0
		let mixed = this.#state
		mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
		return (mixed ^ (mixed >>> 14)) >>> 0
	}

	/** @returns from 0 to limit − 1. */
	below(limit: number): number {
		return Math.floor((this.next() / 2 ** 32) * limit)
	}

	chance(probability: number): boolean {
		return this.next() / 2 ** 32 < probability
	}

	pick<T>(choices: readonly T[]): T {
		return choices[this.below(choices.length)]!
	}

	bytes(length: number): Uint8Array {
		return Uint8Array.from({length}, () => this.next() >>> 24)
	}
}
