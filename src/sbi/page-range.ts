/** The pages that a remote fence covers. */
import {pageBytes} from '../memory/index.ts'

/** 4 KiB pages: `first` is a guest-virtual address >> 12 (52 bits, exact in a number), `pages` at least 1. */
export type PageRange = 'all' | Readonly<{first: number; pages: number}>

const pagesPer4GiB = 0x10_0000
const addressSpacePages = 2 ** 52

/**
 * The pages of [start, start + size), both given as low and high words: no BigInt.
 * SBI 2.0, "RFENCE Extension": the whole address space for start = size = 0 and for size = 2^64 − 1.
 * @returns undefined if the range is empty.
 */
export function pageRange(
	startLow: number,
	startHigh: number,
	sizeLow: number,
	sizeHigh: number,
): PageRange | undefined {
	const size = pageAndOffset(sizeLow, sizeHigh)
	const start = pageAndOffset(startLow, startHigh)
	if (sizeLow === -1 && sizeHigh === -1) return 'all'
	if (size.page === 0 && size.offset === 0) return start.page === 0 && start.offset === 0 ? 'all' : undefined
	const pages = size.page + Math.ceil((start.offset + size.offset) / pageBytes)
	// The range wraps around the end of the address space. Fencing more than requested is allowed.
	if (start.page + pages > addressSpacePages) return 'all'
	return {first: start.page, pages}
}

function pageAndOffset(low: number, high: number): {page: number; offset: number} {
	return {page: (high >>> 0) * pagesPer4GiB + (low >>> 12), offset: low & (pageBytes - 1)}
}
