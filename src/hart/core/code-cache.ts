/**
 * The vCPU's decoded code pages: a hash table by physical page, then the pages. src/hart/code-cache.ts has the sizes.
 * Plain: both are private to this vCPU.
 */
import {
	CODE_LINE_BYTES,
	CODE_PAGE_COUNTERS,
	CODE_PAGE_COVERED,
	CODE_PAGE_GENERATION,
	CODE_PAGE_HAS_REGIONS,
	CODE_PAGE_LIFE,
	CODE_PAGE_PAGE,
	CODE_PAGE_SIZE,
	CODE_PAGE_SLOTS,
	CODE_PAGE_SNAPSHOT,
	CODE_PAGE_SNAPSHOT_NUMBER,
	CODE_PAGE_STATE,
	CODE_PAGE_VERSION,
	COUNT_CODE_CACHE_RESETS,
	COUNT_CODE_PAGES_CHANGED,
	COUNT_CODE_PAGES_DECODED,
	FLUSH_CAUSE_CODE_CACHE_RESET,
	HANDLER_PAGE_END,
	HANDLER_REGION,
	LAST_PARCEL,
	PAGE_BYTES,
	PAGE_SHIFT,
	PAGE_SLOTS,
	PARCEL_BYTES,
	RUN_CODE_GENERATION,
	RUN_FENCED_GENERATION,
	SLOT_HANDLER,
	SLOT_SIZE,
} from '../../../build/hart/offsets'
import {
	forgetStores,
	guestPageOf,
	isAlone,
	isNewer,
	lifeOf,
	linesOf,
	markLines,
	mayHaveEntries,
	takeVersion,
} from './guest-pages'
import {hart} from './hart'
import {attachRegionFilter} from './region-filter'
import {retired} from './retired'
import {flushTables} from './tlb-flush'
import {removeWriteEntries} from './write-entries'

/** A sentinel slot. */
const SENTINEL: u64 = HANDLER_PAGE_END
const COUNTER_BYTES: u32 = 2

let buckets: u32 = 0
let bucketCount: u32 = 0
let pages: u32 = 0
let pageCount: u32 = 0
/** Pages that are in use at most, the scratch page among them. Grows to pageCount where a hart keeps running them all. */
let limit: u32 = 0
/** At first: code of 4 MiB. Most code runs once, as a kernel's initialization. */
const FIRST_LIMIT: u32 = 1024
/** Where the search for a page that is not in use goes on. */
let next: u32 = 1
/** From here on pages have never been used, are zeroed, and take no memory of the host. */
let unused: u32 = 1
/** Pages to hand out before the mark is set: half of those that are free after a search. 0: it is set. */
let untilMark: u32 = 0
/** A code generation: pages of an older one were not fetched since it began. */
let mark: u32 = 0
/** If less than this part of the pages in use can be given up, there may be more of them. */
const FEWEST_COLD: u32 = 8
/** If it is full twice within so many instructions, decoding the pages anew takes a tenth of the hart's time or more (an estimate). */
const SOON: u64 = 1 << 27
/** When it was full last, in retired instructions; 0: never. */
let fullAt: u64 = 0
/** Of pages in use one in so many is given up where there is no other room. */
const GIVEN_UP: u32 = 4
/** Which of them. */
let turn: u32 = 0
/** The scratch page's only slot that is no sentinel; PAGE_SLOTS = none. */
let openSlot: u32 = PAGE_SLOTS
/** Snapshots taken. Survives a reset of the cache, because translated code remembers their numbers. */
let snapshots: u64 = 0

/**
 * @param cache zeroed, 64-byte aligned. @param count at least 8, so that the pages are aligned too. @param hashBuckets a power
 * of two.
 */
export function attachCodeCache(cache: u32, count: u32, hashBuckets: u32): void {
	buckets = cache
	bucketCount = hashBuckets
	pages = cache + bucketCount * 4
	pageCount = count
	limit = min(count, FIRST_LIMIT)
	unused = 1
	for (let slot: u32 = 0; slot < PAGE_SLOTS; slot++) store<u64>(pages + slot * SLOT_SIZE, SENTINEL, CODE_PAGE_SLOTS)
	writeSentinels(pages)
	attachRegionFilter(pages + count * CODE_PAGE_SIZE)
	openSlot = PAGE_SLOTS
	// Page 0 is the scratch page.
	next = 1
	untilMark = limit / 2
}

/** @returns the code page for instructions that are fetched one by one: they cross pages, or PMP splits their page. */
export function scratchCodePage(): u32 {
	return pages
}

/**
 * Makes the scratch page hold this instruction and nothing else: whatever follows it is a sentinel.
 * @param offset in its page. @param bits of the instruction. @returns the scratch page.
 */
export function onlyInstruction(offset: u32, bits: u32): u32 {
	const slot = offset / 2
	// The slot depends on the bytes alone, so it is kept while they are the same.
	if (slot != openSlot || load<u32>(pages + offset, CODE_PAGE_SNAPSHOT) != bits) {
		store<u64>(pages + openSlot * SLOT_SIZE, SENTINEL, CODE_PAGE_SLOTS)
		store<u64>(pages + slot * SLOT_SIZE, 0, CODE_PAGE_SLOTS)
		store<u32>(pages + offset, bits, CODE_PAGE_SNAPSHOT)
		openSlot = slot
	}
	return pages
}

/**
 * @param physicalPage offset in shared memory. @returns its decoded page, possibly older than the last fence.i, or 0.
 */
export function findCodePage(physicalPage: u32): u32 {
	return load<u32>(bucketFor(physicalPage))
}

/** Finds or makes the decoded page of a physical page. If the cache is full, others are given up first. */
export function codePage(physicalPage: u32): u32 {
	let bucket = bucketFor(physicalPage)
	const found = load<u32>(bucket)
	if (found != 0) return verifyCodePage(found)
	let code = freePage()
	if (code == 0) {
		makeRoom()
		bucket = bucketFor(physicalPage)
		code = freePage()
	}
	store<u32>(bucket, code)
	store<u32>(code, physicalPage, CODE_PAGE_PAGE)
	store<u32>(code, guestPageOf(physicalPage), CODE_PAGE_STATE)
	if (code < pages + unused * CODE_PAGE_SIZE) clearCodePage(code)
	else unused++
	beginCodePage(code)
	store<u64>(hart, load<u64>(hart, COUNT_CODE_PAGES_DECODED) + 1, COUNT_CODE_PAGES_DECODED)
	return code
}

/** @returns a page that is not in use; 0 if there is none. */
function freePage(): u32 {
	while (next < limit && load<u32>(pages + next * CODE_PAGE_SIZE, CODE_PAGE_PAGE) != 0) next++
	if (next == limit) return 0
	if (untilMark != 0 && --untilMark == 0) {
		// Each page is verified when it is fetched next, which shows that it is in use.
		mark = load<u32>(hart, RUN_CODE_GENERATION) + 1
		store<u32>(hart, mark, RUN_CODE_GENERATION)
	}
	return pages + next++ * CODE_PAGE_SIZE
}

/** Compares a page that may have changed since it was used last with memory, and forgets what changed. @returns the page. */
export function verifyCodePage(code: u32): u32 {
	const generation = load<u32>(hart, RUN_CODE_GENERATION)
	if (load<u32>(code, CODE_PAGE_GENERATION) == generation) return code
	const page = load<u32>(code, CODE_PAGE_STATE)
	if (isStale(code)) resetCodePage(code)
	else if (
		(isFenced(code) && mayHaveMissed(page)) ||
		(page != 0 && isNewer(page, load<u32>(code, CODE_PAGE_VERSION)))
	) {
		if (page != 0) store<u32>(code, takeVersion(page), CODE_PAGE_VERSION)
		if (page == 0 ? !sameAsMemory(code) : forgetChanges(code)) {
			if (page == 0) resetCodePage(code)
			store<u64>(hart, load<u64>(hart, COUNT_CODE_PAGES_CHANGED) + 1, COUNT_CODE_PAGES_CHANGED)
		}
	}
	store<u32>(code, generation, CODE_PAGE_GENERATION)
	return code
}

/** Whether there was a fence.i since. */
function isFenced(code: u32): bool {
	return <i32>(load<u32>(code, CODE_PAGE_GENERATION) - load<u32>(hart, RUN_FENCED_GENERATION)) < 0
}

/**
 * Whether the page may have been stored to without notice: by another hart, through a write entry from before, or a moment before it
 * announces its store. @param page its GuestPage; 0: it is compared whole.
 */
function mayHaveMissed(page: u32): bool {
	return page == 0 || !isAlone()
}

/** Whether a hart has given up the page as code since its slots were decoded, or does now. */
export function isStale(code: u32): bool {
	const page = load<u32>(code, CODE_PAGE_STATE)
	if (page == 0) return false
	const life = lifeOf(page)
	return (life & 1) != 0 || life != load<u32>(code, CODE_PAGE_LIFE)
}

/**
 * From here on the snapshot's bytes are those of memory, and stores to them are noticed: those of this hart at once, those of
 * others soon. No region may run: its last pages may lead to the page. Where the page begins anew, which its snapshot's number tells,
 * what was covered before is not covered any more.
 * @param length at least 1, all in the page.
 */
export function coverBytes(code: u32, offset: u32, length: u32): void {
	const page = load<u32>(code, CODE_PAGE_STATE)
	if (page == 0 || (coversAll(code, offset, length) && !isStale(code))) return
	const lines = linesOf(offset, length)
	for (;;) {
		markLines(page, lines)
		if (mayHaveEntries(page)) removeWriteEntries(load<u32>(code, CODE_PAGE_PAGE))
		// After the lines were marked: if the page was given up meanwhile, they may not be marked any more. Pairs with giveUp().
		const life = lifeOf(page)
		if (life == load<u32>(code, CODE_PAGE_LIFE)) break
		resetCodePage(code)
	}
	forgetStores(page)
	// After the lines were marked; pairs with announceStore(). Plain reads: a store by another hart is seen now, or announced.
	const physical = load<u32>(code, CODE_PAGE_PAGE)
	for (let at = offset & ~1; at < offset + length; at += PARCEL_BYTES) {
		const line = code + (at / CODE_LINE_BYTES) * 4
		const bit: u32 = 1 << ((at / PARCEL_BYTES) & 31)
		const covered = load<u32>(line, CODE_PAGE_COVERED)
		if (covered & bit) continue
		store<u16>(code + at, load<u16>(physical + at), CODE_PAGE_SNAPSHOT)
		store<u32>(line, covered | bit, CODE_PAGE_COVERED)
	}
}

/** The same for one instruction, whatever its length; if it continues in the next page, for its part here. */
export function coverInstruction(code: u32, offset: u32): void {
	let before: u64
	do {
		before = load<u64>(code, CODE_PAGE_SNAPSHOT_NUMBER)
		coverBytes(code, offset, PARCEL_BYTES)
		if ((load<u16>(code + offset, CODE_PAGE_SNAPSHOT) & 3) == 3 && offset != LAST_PARCEL) {
			coverBytes(code, offset + PARCEL_BYTES, PARCEL_BYTES)
		}
	} while (load<u64>(code, CODE_PAGE_SNAPSHOT_NUMBER) != before)
}

/** The same while a region runs. @returns 0 where that cannot be: the region has to be left. */
export function coverFromRegion(code: u32, offset: u32, length: u32): i32 {
	const page = load<u32>(code, CODE_PAGE_STATE)
	if (page != 0 && (mayHaveEntries(page) || isStale(code))) return 0
	coverBytes(code, offset, length)
	return 1
}

/** Whether slots or regions rely on any of the bytes. */
export function coversAny(code: u32, offset: u32, length: u32): bool {
	for (let at = offset & ~1; at < offset + length; at += PARCEL_BYTES) {
		const covered = load<u32>(code + (at / CODE_LINE_BYTES) * 4, CODE_PAGE_COVERED)
		if ((covered >> ((at / PARCEL_BYTES) & 31)) & 1) return true
	}
	return false
}

function coversAll(code: u32, offset: u32, length: u32): bool {
	for (let at = offset & ~1; at < offset + length; at += PARCEL_BYTES) {
		const covered = load<u32>(code + (at / CODE_LINE_BYTES) * 4, CODE_PAGE_COVERED)
		if (!((covered >> ((at / PARCEL_BYTES) & 31)) & 1)) return false
	}
	return true
}

/** Forgets what was decoded of these bytes, and all regions of the page. */
export function forgetBytes(code: u32, offset: u32, length: u32): void {
	const first = offset / PARCEL_BYTES
	const last = (offset + length - 1) / PARCEL_BYTES
	// The instruction before may have its second half here.
	for (let slot: u32 = first == 0 ? 0 : first - 1; slot <= last; slot++) {
		store<u64>(code + slot * SLOT_SIZE, 0, CODE_PAGE_SLOTS)
	}
	for (let slot = first; slot <= last; slot++) {
		const line = code + (slot >> 5) * 4
		store<u32>(line, load<u32>(line, CODE_PAGE_COVERED) & ~(1 << (slot & 31)), CODE_PAGE_COVERED)
	}
	store<u64>(code, ++snapshots, CODE_PAGE_SNAPSHOT_NUMBER)
	forgetRegions(code)
}

function forgetRegions(code: u32): void {
	if (load<u32>(code, CODE_PAGE_HAS_REGIONS) == 0) return
	for (let slot: u32 = 0; slot < PAGE_SLOTS; slot++) {
		const place = code + CODE_PAGE_SLOTS + slot * SLOT_SIZE
		if (load<u16>(place, SLOT_HANDLER) == HANDLER_REGION) store<u64>(place, 0)
	}
	store<u32>(code, 0, CODE_PAGE_HAS_REGIONS)
}

/** Forgets the lines in which bytes that slots or regions rely on differ from memory. @returns whether there are any. */
function forgetChanges(code: u32): bool {
	const page = load<u32>(code, CODE_PAGE_PAGE)
	let changed = false
	for (let line: u32 = 0; line < PAGE_BYTES / CODE_LINE_BYTES; line++) {
		if (load<u32>(code + line * 4, CODE_PAGE_COVERED) == 0) continue
		const first = line * CODE_LINE_BYTES
		for (let at = first; at < first + CODE_LINE_BYTES; at += 8) {
			if (load<u64>(code + at, CODE_PAGE_SNAPSHOT) == load<u64>(page + at) || !differs(code, page, at)) continue
			forgetBytes(code, first, CODE_LINE_BYTES)
			changed = true
			break
		}
	}
	return changed
}

/** Whether a covered halfword of these eight bytes differs. */
function differs(code: u32, page: u32, offset: u32): bool {
	for (let at = offset; at < offset + 8; at += PARCEL_BYTES) {
		if (load<u16>(code + at, CODE_PAGE_SNAPSHOT) != load<u16>(page + at) && coversAny(code, at, PARCEL_BYTES))
			return true
	}
	return false
}

/** Ends the slots of a page. */
export function writeSentinels(code: u32): void {
	store<u64>(code + PAGE_SLOTS * SLOT_SIZE, SENTINEL, CODE_PAGE_SLOTS)
	store<u64>(code + (PAGE_SLOTS + 1) * SLOT_SIZE, SENTINEL, CODE_PAGE_SLOTS)
}

/** Forgets all that was decoded of a page. */
export function resetCodePage(code: u32): void {
	clearCodePage(code)
	beginCodePage(code)
}

function clearCodePage(code: u32): void {
	memory.fill(code + CODE_PAGE_SLOTS, 0, PAGE_SLOTS * SLOT_SIZE)
	memory.fill(code + CODE_PAGE_COUNTERS, 0, PAGE_SLOTS * COUNTER_BYTES)
	memory.fill(code + CODE_PAGE_COVERED, 0, (PAGE_BYTES / CODE_LINE_BYTES) * 4)
	store<u32>(code, 0, CODE_PAGE_HAS_REGIONS)
}

/**
 * Makes a cleared page a copy of its physical page as that is now. Of guest RAM the bytes are copied where they are covered: most of a
 * page is never executed, and memory that is not written takes none of the host's.
 * Plain reads of guest code here and in coverBytes(): what another hart writes meanwhile is seen now or later, see there; slots are
 * decoded from the snapshot only, so they agree with what is compared.
 */
function beginCodePage(code: u32): void {
	const page = load<u32>(code, CODE_PAGE_STATE)
	if (page != 0) {
		store<u32>(code, lifeOf(page), CODE_PAGE_LIFE)
		store<u32>(code, takeVersion(page), CODE_PAGE_VERSION)
	} else memory.copy(code + CODE_PAGE_SNAPSHOT, load<u32>(code, CODE_PAGE_PAGE), PAGE_BYTES)
	writeSentinels(code)
	store<u64>(code, ++snapshots, CODE_PAGE_SNAPSHOT_NUMBER)
	store<u32>(code, load<u32>(hart, RUN_CODE_GENERATION), CODE_PAGE_GENERATION)
}

function sameAsMemory(code: u32): bool {
	const page = load<u32>(code, CODE_PAGE_PAGE)
	for (let at: u32 = 0; at < PAGE_BYTES; at += 8) {
		if (load<u64>(code + at, CODE_PAGE_SNAPSHOT) != load<u64>(page + at)) return false
	}
	return true
}

/**
 * Gives up the pages that were not fetched since the mark. If these are few, or it was full a short time ago, the cache may hold
 * more. If it must not, some of the others go, too, a quarter of them, each time another one: who runs more code than fits in finds
 * most of it.
 */
function makeRoom(): void {
	let cold: u32 = 0
	for (let index: u32 = 1; index < limit; index++) if (isCold(pages + index * CODE_PAGE_SIZE)) cold++
	const few = cold * FEWEST_COLD < limit
	const now = retired()
	const soon = fullAt != 0 && now - fullAt < SOON
	fullAt = now
	if ((few || soon) && limit < pageCount) {
		const before = limit
		limit = min(2 * limit, pageCount)
		untilMark = (limit - before + 1) / 2
		return
	}
	giveUpPages(few)
	store<u64>(hart, load<u64>(hart, COUNT_CODE_CACHE_RESETS) + 1, COUNT_CODE_CACHE_RESETS)
	// TLB entries point to code pages that are about to be reused.
	flushTables(FLUSH_CAUSE_CODE_CACHE_RESET)
}

function isCold(code: u32): bool {
	return <i32>(load<u32>(code, CODE_PAGE_GENERATION) - mark) < 0
}

/** @param others whether pages in use go, too. */
function giveUpPages(others: bool): void {
	if (others) turn++
	let free: u32 = 0
	memory.fill(buckets, 0, bucketCount * 4)
	for (let index: u32 = 1; index < limit; index++) {
		const code = pages + index * CODE_PAGE_SIZE
		if (isCold(code) || (others && (index + turn) % GIVEN_UP == 0)) {
			store<u32>(code, 0, CODE_PAGE_PAGE)
			free++
		} else store<u32>(bucketFor(load<u32>(code, CODE_PAGE_PAGE)), code)
	}
	next = 1
	untilMark = (free + 1) / 2
}

/** @returns the bucket that holds the page's code page, or the empty one for it: over half of them are empty. */
function bucketFor(physicalPage: u32): u32 {
	let bucket = firstBucket(physicalPage)
	for (let code = load<u32>(bucket); code != 0; code = load<u32>(bucket)) {
		if (load<u32>(code, CODE_PAGE_PAGE) == physicalPage) break
		bucket = nextBucket(bucket)
	}
	return bucket
}

function firstBucket(physicalPage: u32): u32 {
	// Fibonacci hashing: the upper bits of the product depend on all bits of the page number.
	const hash = (physicalPage >> <u32>PAGE_SHIFT) * 0x9e37_79b1
	return buckets + (hash >> (clz(bucketCount) + 1)) * 4
}

function nextBucket(bucket: u32): u32 {
	return buckets + ((bucket - buckets + 4) & (bucketCount * 4 - 1))
}
