/** One TLB table: what may be done to its bytes, given its descriptor. Field offsets are in tlb-layout.ts. */
import type {SharedMemory} from '../memory/index.ts'
import {pageBytes, roundUp} from '../memory/index.ts'
import {type TagEncoding, tagBias} from './tag-encoding.ts'
import {descriptorLog2Mask, logCapacity, TlbEntry, TlbTableTrailer} from './tlb-layout.ts'

const entryWords = TlbEntry.size >> 2
/** 64-bit words: 4. */
const entryQuads = TlbEntry.size >> 3
/** Word indices within an entry of the low halves of its tags. */
const tagWords = [TlbEntry.offset.readTag >> 2, TlbEntry.offset.writeTag >> 2, TlbEntry.offset.execTag >> 2] as const
/** Half of neverTag. */
const neverWord = -1

/** Bytes of a table, entries and trailer, from one table to the next. */
export function tableBytes(log2Entries: number): number {
	return roundUp((1 << log2Entries) * TlbEntry.size + TlbTableTrailer.size, pageBytes)
}

export function tableAddress(descriptor: number): number {
	return (descriptor & ~descriptorLog2Mask) >>> 0
}

export function tableLog2Entries(descriptor: number): number {
	return descriptor & descriptorLog2Mask
}

/** Word index of a trailer field. */
export function trailerWord(descriptor: number, field: keyof typeof TlbTableTrailer.offset): number {
	const entries = 1 << tableLog2Entries(descriptor)
	return (tableAddress(descriptor) + entries * TlbEntry.size + TlbTableTrailer.offset[field]) >>> 2
}

/**
 * Whether the owner may have filled an entry. Ordered after the caller's stores to page tables, if an atomic
 * read-modify-write lies between; pairs with the owner's store of `filled`, which comes before its page walk: either this
 * sees it, or the walk sees the new page table.
 */
export function isFilled(memory: SharedMemory, descriptor: number): boolean {
	return Atomics.load(memory.i32, trailerWord(descriptor, 'filled')) !== 0
}

/** Zeroes entries and trailer. Plain: the caller is the only thread that reads or writes the entries. */
export function clearTable(memory: SharedMemory, descriptor: number, encoding: TagEncoding): void {
	memory.i64.fill(0n, tableAddress(descriptor) / 8, trailerWord(descriptor, 'filled') / 2)
	poisonSlotZero(memory, descriptor, encoding)
	resetTrailer(memory, descriptor)
}

/** Whether the table's log tells which entries to zero, and they are few. Plain: the caller alone has the table's entries. */
export function isUndoable(memory: SharedMemory, descriptor: number, limit = logCapacity): boolean {
	return (memory.i32[trailerWord(descriptor, 'logged')] ?? 0) <= limit
}

/** The same as clearTable(), entry by entry, where isUndoable(). The hart core has it as well. */
export function undoTable(memory: SharedMemory, descriptor: number, encoding: TagEncoding): void {
	const {i64, u16} = memory
	const logged = memory.i32[trailerWord(descriptor, 'logged')] ?? 0
	const log = trailerWord(descriptor, 'log') * 2
	const first = tableAddress(descriptor) / 8
	for (let index = 0; index < logged; index++) {
		const entry = first + (u16[log + index] ?? 0) * entryQuads
		i64[entry] = 0n
		i64[entry + 1] = 0n
		i64[entry + 2] = 0n
		i64[entry + 3] = 0n
	}
	poisonSlotZero(memory, descriptor, encoding)
	resetTrailer(memory, descriptor)
}

/** Empties a table the quicker way. */
export function emptyTable(memory: SharedMemory, descriptor: number, encoding: TagEncoding): void {
	if (isUndoable(memory, descriptor)) undoTable(memory, descriptor, encoding)
	else clearTable(memory, descriptor, encoding)
}

/** All but the log, which nobody reads behind `logged`. */
function resetTrailer(memory: SharedMemory, descriptor: number): void {
	const filled = trailerWord(descriptor, 'filled')
	memory.i32.fill(0, filled + 1, trailerWord(descriptor, 'log'))
	// The entries are ordered before: whoever reads 0 may take the table for empty. Pairs with isFilled().
	Atomics.store(memory.i32, filled, 0)
}

/** Makes slot 0 of a table match nothing, where its zeroes would match page 0; the other slots do not match while they are zero. */
export function poisonSlotZero(memory: SharedMemory, descriptor: number, encoding: TagEncoding): void {
	if (encoding !== 'poison-zero') return
	const entry = tableAddress(descriptor) >>> 2
	// Plain: nobody else can find the table yet, or the caller owns it; publishing orders these.
	for (const tag of tagWords) {
		memory.i32[entry + tag] = neverWord
		memory.i32[entry + tag + 1] = neverWord
	}
	memory.i32[entry + (TlbEntry.offset.addend >> 2)] = 0
	memory.i32[entry + (TlbEntry.offset.code >> 2)] = 0
}

/** Invalidates a page's entry. Owner only, thus plain. @param page.pageLow, page.pageHigh the words of gva >> 12. */
export function invalidatePage(
	memory: SharedMemory,
	descriptor: number,
	page: Readonly<{pageLow: number; pageHigh: number; encoding: TagEncoding}>,
): void {
	const words = memory.i32
	const {pageLow, pageHigh} = page
	const index = pageLow & ((1 << tableLog2Entries(descriptor)) - 1)
	const entry = (tableAddress(descriptor) >>> 2) + index * entryWords
	// Last pages outlive their entries: one may be this page though its entry is another's by now. All are dropped.
	words.fill(0, trailerWord(descriptor, 'lastPages'), trailerWord(descriptor, 'largePages'))
	const low = (pageLow << 12) + tagBias[page.encoding]
	const high = (pageHigh << 12) | (pageLow >>> 20)
	for (const tag of tagWords) {
		if (words[entry + tag] !== low || words[entry + tag + 1] !== high) continue
		for (const every of tagWords) {
			words[entry + every] = neverWord
			words[entry + every + 1] = neverWord
		}
		return
	}
}

/** Whether the page may have been filled as a piece of a superpage. Owner only, thus plain. */
export function isInsideLargePages(
	memory: SharedMemory,
	descriptor: number,
	pageLow: number,
	pageHigh: number,
): boolean {
	const words = memory.u32
	const first = trailerWord(descriptor, 'largeFirst')
	const last = trailerWord(descriptor, 'largeLast')
	if ((words[last] ?? 0) === 0 && (words[last + 1] ?? 0) === 0) return false
	const low = (pageLow << 12) >>> 0
	const high = ((pageHigh << 12) | (pageLow >>> 20)) >>> 0
	return (
		!isBelow(low, high, words[first] ?? 0, words[first + 1] ?? 0) &&
		!isBelow(words[last] ?? 0, words[last + 1] ?? 0, low, high)
	)
}

/** Unsigned 64-bit a < b. */
function isBelow(aLow: number, aHigh: number, bLow: number, bHigh: number): boolean {
	return aHigh < bHigh || (aHigh === bHigh && aLow < bLow)
}
