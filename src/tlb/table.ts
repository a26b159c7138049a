/** One TLB table, given its descriptor: where its parts lie, whether it is filled. core/table.ts changes its bytes. */
import {pageBytes, roundUp, type SharedMemory} from '../memory/index.ts'
import {descriptorLog2Mask, generationMask, generationStep, TlbEntry, TlbTableTrailer} from './tlb-layout.ts'

/** Bytes from one table to the next: entries, trailer, padding. */
export function tableBytes(log2Entries: number): number {
	return roundUp((1 << log2Entries) * TlbEntry.size + TlbTableTrailer.size, pageBytes)
}

export function tableAddress(descriptor: number): number {
	return (descriptor & ~(descriptorLog2Mask | generationMask)) >>> 0
}

export function tableLog2Entries(descriptor: number): number {
	return descriptor & descriptorLog2Mask
}

/** From 1 on; 0 unless the policy is epoch-tag. */
export function tableGeneration(descriptor: number): number {
	return (descriptor & generationMask) / generationStep
}

/** Word index of a trailer field. */
export function trailerWord(descriptor: number, field: keyof typeof TlbTableTrailer.offset): number {
	const entries = 1 << tableLog2Entries(descriptor)
	return (tableAddress(descriptor) + entries * TlbEntry.size + TlbTableTrailer.offset[field]) >>> 2
}

/**
 * Whether the owner may have filled an entry. Ordered after the caller's stores to page tables, if an atomic
 * read-modify-write lies between; pairs with the owner's store of `filled`, which comes before its page walk: either
 * this sees it, or the walk sees the new page table.
 */
export function isFilled(memory: SharedMemory, descriptor: number): boolean {
	return Atomics.load(memory.i32, trailerWord(descriptor, 'filled')) !== 0
}
