/** Sequence numbers: 32 bits that wrap around. Each comparison holds for numbers less than 2^31 apart (RFC 9293, 3.4). */

export const add = (sequence: number, bytes: number): number => (sequence + bytes) >>> 0
/** @returns how far `later` is ahead, negative if it is behind. */
export const distance = (earlier: number, later: number): number => (later - earlier) | 0
export const isBefore = (left: number, right: number): boolean => ((left - right) | 0) < 0
export const isAfter = (left: number, right: number): boolean => ((left - right) | 0) > 0
