/**
 * Which pages of guest RAM hold code that some hart relies on, and which harts may have write entries of them, so that stores to
 * code are noticed though plain stores cost nothing. GuestPage in src/memory/guest-pages.ts is what harts share.
 *
 * The rule: a hart that has marked lines of a page, and has then removed its own write entries of it, sees its own stores to them
 * at once, as each comes to noteStore(). Stores of other harts it sees soon: they come there too, but for those that have a write
 * entry from before. These harts are asked to remove it, and count that as a store.
 *
 * Three pairs, each store-then-load on both sides (Dekker's pattern), so that one of the two always sees the other:
 * - mayWriteFast() sets its hart's bit in `writers`, then reads `codeLines`; markLines() sets `codeLines`, then reads `writers`.
 * - a store is made, then `codeLines` is read (announceStore); markLines() sets them, then the code is read (coverBytes).
 * - a store is made, then `changed` is read (announceChange); takeVersion() clears it, then the code is read (verifyCodePage).
 */
import {
	CODE_LINE_BYTES,
	DOORBELL_CODE_CHANGED,
	DOORBELL_CODE_MADE,
	FAULTS,
	GUEST_PAGE_CODE_LINES,
	GUEST_PAGE_LIFE,
	GUEST_PAGE_SIZE,
	GUEST_PAGE_STORES,
	GUEST_PAGE_VERSION,
	GUEST_PAGE_WRITERS,
	PAGE_MASK,
	PAGE_SHIFT,
	POINT_WRITER,
	VCPU_BLOCK_SIZE,
	VERSION_ANNOUNCER,
	VERSION_CHANGED,
	VERSION_COUNT,
	VERSION_NEXT,
	WORDS_DOORBELL,
} from '../../../build/hart/offsets'
import {passTurn} from '../../tlb/core/env'
import {hart, ramDistance} from './hart'

let guestPages: u32 = 0
let firstBlock: u32 = 0
let hartCount: u32 = 1
let ownIndex: u32 = 0
/** This hart's bit of `writers`. */
let ownBit: u64 = 1
/** Of VERSION_ANNOUNCER. */
const ANNOUNCER_SHIFT: u32 = 1

/** @param pages offset of the array of GuestPages, or 0: stores to code are not noticed then. @param block of hart 0. */
export function attachGuestPages(pages: u32, block: u32, harts: u32): void {
	guestPages = pages
	firstBlock = block
	hartCount = harts
	ownIndex = (hart - block) / VCPU_BLOCK_SIZE
	ownBit = (<u64>1) << ownIndex
}

/** @param place in shared memory. @returns the GuestPage, or 0 where it is not guest RAM. */
export function guestPageOf(place: u32): u32 {
	if (guestPages == 0) return 0
	const distance = ramDistance(place)
	return distance < 0 ? 0 : guestPages + (<u32>distance >> <u32>PAGE_SHIFT) * GUEST_PAGE_SIZE
}

/** Whether there is no other hart to tell. */
export function isAlone(): bool {
	return hartCount == 1
}

/** @returns the lines that bytes of a page lie in, as bits. @param length at least 1. */
export function linesOf(offset: u32, length: u32): u64 {
	const first = offset / CODE_LINE_BYTES
	const count = (offset + length - 1) / CODE_LINE_BYTES - first + 1
	return (~(<u64>0) >> (64 - count)) << first
}

/** Whether some hart relies on code of the page. Ordered after what came before. */
export function isCode(page: u32): bool {
	return atomic.load<u64>(page, GUEST_PAGE_CODE_LINES) != 0
}

/** @returns the life, which is odd while a hart gives the page up. Ordered after what came before. Pairs with giveUp(). */
export function lifeOf(page: u32): u32 {
	return atomic.load<u32>(page, GUEST_PAGE_LIFE)
}

/** Announces that this hart may get a write entry, and @returns whether it may have one. */
export function announceWriter(page: u32): bool {
	if (isCode(page)) return false
	if (FAULTS) passTurn(POINT_WRITER)
	// Plain read: only this hart sets and clears its bit. The read-modify-write is ordered before the look at the lines, and pairs
	// with markLines(). With the bit set from before, whoever marks lines asks this hart, which then finds what is filled here.
	if (load<u64>(page, GUEST_PAGE_WRITERS) & ownBit) return true
	atomic.or<u64>(page, ownBit, GUEST_PAGE_WRITERS)
	return !isCode(page)
}

/** Whether this hart may have write entries of the page. Plain: its own bit. */
export function mayHaveEntries(page: u32): bool {
	return (load<u64>(page, GUEST_PAGE_WRITERS) & ownBit) != 0
}

/** This hart has removed its write entries; orders nothing. */
export function noMoreEntries(page: u32): void {
	atomic.and<u64>(page, ~ownBit, GUEST_PAGE_WRITERS)
}

/** Marks lines as code. If none was, the harts that may have write entries are asked to remove them. */
export function markLines(page: u32, lines: u64): void {
	if ((atomic.load<u64>(page, GUEST_PAGE_CODE_LINES) & lines) == lines) return
	// Ordered before the looks at `writers` here, and at the code in coverBytes(). Pairs with announceWriter() and announceStore().
	if (atomic.or<u64>(page, lines, GUEST_PAGE_CODE_LINES) != 0) return
	const others = atomic.load<u64>(page, GUEST_PAGE_WRITERS) & ~ownBit
	if (others != 0) ring(others, DOORBELL_CODE_MADE)
}

/** After a store to a page that may be code: tells the other harts if it is. */
export function announceStore(page: u32, offset: u32, length: u32): void {
	if (isAlone()) return
	// A read-modify-write that changes nothing: the store, which may be plain, is ordered before it, and it before the looks at the
	// lines here and at `changed` in announceChange(). Pairs with markLines() and takeVersion().
	atomic.or<u32>(page, 0, GUEST_PAGE_VERSION)
	if (atomic.load<u64>(page, GUEST_PAGE_CODE_LINES) & linesOf(offset, length)) announceChange(page)
}

/** The page has changed, before: the other harts compare it, unless they will anyway. */
export function announceChange(page: u32): void {
	const own = (ownIndex + 1) << ANNOUNCER_SHIFT
	for (;;) {
		const before = atomic.load<u32>(page, GUEST_PAGE_VERSION)
		const announcer = before & VERSION_ANNOUNCER
		// Where the bit is set, all were told since it was, but for the announcer; whoever clears it sees the change. Pairs with
		// takeVersion().
		const isChanged = (before & VERSION_CHANGED) != 0
		if (isChanged && (announcer == 0 || announcer == own)) return
		const after = isChanged
			? before & ~VERSION_ANNOUNCER
			: ((before & VERSION_COUNT) + VERSION_NEXT) | own | VERSION_CHANGED
		if (atomic.cmpxchg<u32>(page, before, after, GUEST_PAGE_VERSION) != before) continue
		ring(isChanged ? (<u64>1) << ((announcer >> ANNOUNCER_SHIFT) - 1) : ~ownBit, DOORBELL_CODE_CHANGED)
		return
	}
}

/** @returns the page's version, for a hart that compares it next. */
export function takeVersion(page: u32): u32 {
	// Ordered before the reads of the code: stores that find the bit clear are announced anew. Pairs with announceChange().
	return atomic.and<u32>(page, VERSION_COUNT, GUEST_PAGE_VERSION) & VERSION_COUNT
}

/** Whether code may have changed since the version was taken; after the bell, or else some time later. */
export function isNewer(page: u32, version: u32): bool {
	return (atomic.load<u32>(page, GUEST_PAGE_VERSION) & VERSION_COUNT) != version
}

/** Code was decoded: the page is in use as code. Plain, a hint. */
export function forgetStores(page: u32): void {
	store<u32>(page, 0, GUEST_PAGE_STORES)
}

/** The slow stores that a page of code takes, at its first life; twice as many at the next. */
const MOST_STORES: u32 = 256
const MOST_DOUBLINGS: u32 = 12

/** Counts a slow store. Plain, a hint. @returns whether to give the page up: it is data by now. */
export function countStore(page: u32, bytes: u32): bool {
	const stores = load<u32>(page, GUEST_PAGE_STORES) + ((bytes + 7) >> 3)
	store<u32>(page, stores, GUEST_PAGE_STORES)
	return stores > MOST_STORES << min(load<u32>(page, GUEST_PAGE_LIFE) >> 1, MOST_DOUBLINGS)
}

/**
 * No line is code any more. Each hart, before it relies on the page again, finds that its life is another, and begins anew; until it
 * has been told, its own stores must not become fast: see mayWriteFast().
 */
export function giveUp(page: u32): void {
	// In this order. A hart that finds no lines finds an odd life, or another one than its code page's; marks that are undone here
	// belong to a life that is over afterwards. Pairs with coverBytes() and mayWriteFast().
	atomic.add<u32>(page, 1, GUEST_PAGE_LIFE)
	atomic.store<u64>(page, 0, GUEST_PAGE_CODE_LINES)
	atomic.add<u32>(page, 1, GUEST_PAGE_LIFE)
	forgetStores(page)
	atomic.add<u32>(page, VERSION_NEXT, GUEST_PAGE_VERSION)
	ring(~ownBit, DOORBELL_CODE_CHANGED)
}

/** Rings this hart itself: regions that run leave at their next safepoint. */
export function ringOwn(bell: u32): void {
	ring(ownBit, bell)
}

/** No wake-up: a hart that sleeps runs no code, and takes its bells when it wakes. */
function ring(harts: u64, bell: u32): void {
	for (let index: u32 = 0; index < hartCount; index++) {
		// Publish: what was stored before is visible to whoever takes the bell. Pairs with VcpuBlocks.takeDoorbell().
		if ((harts >> index) & 1) atomic.or<u32>(firstBlock + index * VCPU_BLOCK_SIZE, bell, WORDS_DOORBELL)
	}
}

/** @returns the page's first byte in shared memory. */
export function pageStart(place: u32): u32 {
	return place & ~(<u32>PAGE_MASK)
}
