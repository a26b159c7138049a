/**
 * mtime: the machine's clock plus an offset, which a write of mtime sets; modulo 2^64. The clock itself never jumps, so a
 * comparator's time is kept as a tick of the clock. No BigInt: a timer asks for these at each deadline.
 */
import type {WordPair} from '../memory/index.ts'

const twoTo32 = 2 ** 32

/** Sets `into` to mtime. @param now ticks of the machine's clock. */
export function mtimeAt(now: number, offset: Readonly<WordPair>, into: WordPair): void {
	const low = (now % twoTo32) + offset.low
	into.low = low % twoTo32
	into.high = (Math.floor(now / twoTo32) + offset.high + (low >= twoTo32 ? 1 : 0)) % twoTo32
}

/** Sets `into` to the offset with which mtime is `value`. */
export function offsetAt(now: number, value: Readonly<WordPair>, into: WordPair): void {
	const low = value.low - (now % twoTo32)
	into.low = low >>> 0
	into.high = (value.high - Math.floor(now / twoTo32) - (low < 0 ? 1 : 0)) >>> 0
}

/**
 * When mtime reaches `value`, unsigned. It may be before `now`.
 * @returns a tick of the machine's clock; Infinity from 2^53 on, 28 years, as for a comparator of all ones, which means never. In serial
 * mode an idle machine's clock goes on to its next deadline: there it would not count on.
 */
export function reaches(value: Readonly<WordPair>, offset: Readonly<WordPair>, now: number): number {
	const tick = wrappingTick(value, offset, now)
	return tick < 2 ** 53 ? tick : Number.POSITIVE_INFINITY
}

function wrappingTick(value: Readonly<WordPair>, offset: Readonly<WordPair>, now: number): number {
	/** The tick at which mtime goes from 2^64 − 1 to 0. It is in the past if the guest has set mtime back. */
	const wraps = (twoTo32 - offset.high) * twoTo32 - offset.low
	if (now >= wraps) return wraps + value.high * twoTo32 + value.low
	return Math.max(0, (value.high - offset.high) * twoTo32 + (value.low - offset.low))
}
