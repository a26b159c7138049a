/** 64-bit counters as JavaScript numbers: exact below 2^53, or 142 years at one grace period per microsecond. */

const wordRange = 0x1_0000_0000

/**
 * Loads a 64-bit counter that only ever grows, whatever thread writes it.
 * @param word index of its low half.
 */
export function loadCounter(words: Int32Array, word: number): number {
	for (;;) {
		// The high half changes only in a 64-bit store of both, so the low half belongs to it if it is the same before
		// and after. Pairs with storeCounter().
		const high = Atomics.load(words, word + 1)
		const low = Atomics.load(words, word)
		if (Atomics.load(words, word + 1) === high) return high * wordRange + (low >>> 0)
	}
}

/** A load by the counter's one writer. Plain: no other thread changes it. */
export function ownCounter(words: Int32Array, word: number): number {
	return (words[word + 1] ?? 0) * wordRange + ((words[word] ?? 0) >>> 0)
}

/** A store by the counter's one writer. Ordered after the writer's earlier accesses; pairs with loadCounter(). */
export function storeCounter(words: Int32Array, wide: BigInt64Array, word: number, value: number): void {
	const high = Math.floor(value / wordRange)
	// Plain: only this thread writes the high half.
	if (words[word + 1] === high) Atomics.store(words, word, value | 0)
	// Once in 2^31 grace periods: both halves at once.
	else Atomics.store(wide, word >> 1, BigInt(value))
}
