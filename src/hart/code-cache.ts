/** The size of a vCPU's code cache: hash buckets, then code pages. core/code-cache.ts in the hart core fills them. */
import {CodePage} from './code-page.ts'

const bucketBytes = 4
/** With fewer the pages would be unaligned. */
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
