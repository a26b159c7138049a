/** The size of a vCPU's code cache: hash buckets, code pages, then the region filter. core/ has who fills them. */
import {CodePage} from './code-page.ts'

const bucketBytes = 4
/** Bits of a region filter: 8192 regions set a sixteenth of them. */
const log2FilterBits = 17
export const regionFilterBytes = 2 ** log2FilterBits / 8
/** A hash of 32 bits, shifted right by so many, is one of its bits. */
export const regionFilterShift = 32 - log2FilterBits
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
	return codeBuckets(codePages) * bucketBytes + codePages * CodePage.size + regionFilterBytes
}
