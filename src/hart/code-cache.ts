/** How large a vCPU's code cache is: hash buckets, then code pages. What they hold is the hart core's (core/code-cache.ts). */
import {CodePage} from './code-page.ts'

const bucketBytes = 4
/** Fewer would leave the pages unaligned. */
export const minimumCodePages = 8

/** Twice as many buckets as pages, rounded up to a power of two: probes stay short. */
export function codeBuckets(codePages: number): number {
	return 2 ** Math.ceil(Math.log2(2 * codePages))
}

/**
 * The region has to be 64-byte aligned.
 * @param codePages at least `minimumCodePages`; one of them is the scratch page for instructions that cross pages.
 */
export function codeCacheBytes(codePages: number): number {
	return codeBuckets(codePages) * bucketBytes + codePages * CodePage.size
}
