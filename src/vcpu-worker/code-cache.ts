/** The size of a vCPU's code cache. The hart core lays it out: hash buckets, then code pages (src/vcpu-worker/hart/code-cache.ts). */
import {CodePage} from './vcpu-block.ts'

const bucketBytes = 4
/** Fewer would leave the pages unaligned. */
export const minimumCodePages = 8

/**
 * Bytes = buckets × 4 + codePages × CodePage.size, with twice as many buckets as pages, rounded up to a power of two.
 * The region has to be 64-byte aligned.
 * @param codePages at least `minimumCodePages`; one of them is the scratch page for instructions that cross pages.
 */
export function codeCacheBytes(codePages: number): number {
	const buckets = 2 ** Math.ceil(Math.log2(2 * codePages))
	return buckets * bucketBytes + codePages * CodePage.size
}
