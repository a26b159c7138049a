/** A vCPU's code cache, seen from scripts. The hart core lays it out: hash buckets, then code pages (src/hart/core/code-cache.ts). */
import {pageShift, type SharedMemory} from '../memory/index.ts'
import {CodePage} from './code-page.ts'

const bucketBytes = 4
/** Fewer would leave the pages unaligned. */
export const minimumCodePages = 8

/** Twice as many buckets as pages, rounded up to a power of two. */
function log2Buckets(codePages: number): number {
	return Math.ceil(Math.log2(2 * codePages))
}

/**
 * Bytes = buckets × 4 + codePages × CodePage.size. The region has to be 64-byte aligned.
 * @param codePages at least `minimumCodePages`; one of them is the scratch page for instructions that cross pages.
 */
export function codeCacheBytes(codePages: number): number {
	return 2 ** log2Buckets(codePages) * bucketBytes + codePages * CodePage.size
}

/**
 * @param cache offset in shared memory, of a cache of `codePages` pages.
 * @returns a function from a physical page (its offset in shared memory) to its code page's offset, 0 if there is none.
 */
export function codePageFinder(memory: SharedMemory, cache: number, codePages: number): (page: number) => number {
	// Plain: only this vCPU's thread reads and writes its code cache.
	const {u32} = memory
	const log2 = log2Buckets(codePages)
	const first = cache / bucketBytes
	const mask = 2 ** log2 - 1
	return (page) => {
		let bucket = Math.imul(page >>> pageShift, 0x9e37_79b1) >>> (32 - log2)
		for (;;) {
			const code = u32[first + bucket] ?? 0
			if (code === 0 || u32[(code + CodePage.offset.page) / 4] === page) return code
			bucket = (bucket + 1) & mask
		}
	}
}
