/**
 * The vCPU's decoded code pages: a hash table by physical page, then the pages. src/hart/code-cache.ts has the sizes.
 * Plain: both are private to this vCPU.
 */
import {
	CODE_PAGE_COUNTERS,
	CODE_PAGE_GENERATION,
	CODE_PAGE_PAGE,
	CODE_PAGE_SIZE,
	CODE_PAGE_SLOTS,
	CODE_PAGE_SNAPSHOT,
	CODE_PAGE_SNAPSHOT_NUMBER,
	COUNT_CODE_CACHE_RESETS,
	COUNT_CODE_PAGES_CHANGED,
	COUNT_CODE_PAGES_DECODED,
	FLUSH_CAUSE_CODE_CACHE_RESET,
	HANDLER_PAGE_END,
	PAGE_BYTES,
	PAGE_SHIFT,
	PAGE_SLOTS,
	RUN_CODE_GENERATION,
	RUN_CODE_PAGES_USED,
	SLOT_SIZE,
} from '../../../build/hart/offsets'
import {hart} from './hart'
import {flushTables} from './tlb-flush'

/** A sentinel slot. */
const SENTINEL: u64 = HANDLER_PAGE_END
const COUNTER_BYTES: u32 = 2

let buckets: u32 = 0
let bucketCount: u32 = 0
let pages: u32 = 0
let pageCount: u32 = 0
/** The scratch page's only slot that is no sentinel; PAGE_SLOTS = none. */
let openSlot: u32 = PAGE_SLOTS
/** Snapshots taken. Survives a reset of the cache, because translated code remembers their numbers. */
let snapshots: u64 = 0

/**
 * @param cache 64-byte aligned. @param count at least 8, so that the pages are aligned too. @param hashBuckets a power
 * of two.
 */
export function attachCodeCache(cache: u32, count: u32, hashBuckets: u32): void {
	buckets = cache
	bucketCount = hashBuckets
	pages = cache + bucketCount * 4
	pageCount = count
	for (let slot: u32 = 0; slot < PAGE_SLOTS; slot++) store<u64>(pages + slot * SLOT_SIZE, SENTINEL, CODE_PAGE_SLOTS)
	writeSentinels(pages)
	openSlot = PAGE_SLOTS
	emptyCodeCache()
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

/** Finds or makes the decoded page of a physical page. A full cache is emptied first. */
export function codePage(physicalPage: u32): u32 {
	let bucket = bucketFor(physicalPage)
	const found = load<u32>(bucket)
	if (found != 0) return verifyCodePage(found)
	if (load<u32>(hart, RUN_CODE_PAGES_USED) == pageCount) {
		resetCodeCache()
		bucket = bucketFor(physicalPage)
	}
	const used = load<u32>(hart, RUN_CODE_PAGES_USED)
	store<u32>(hart, used + 1, RUN_CODE_PAGES_USED)
	const code = pages + used * CODE_PAGE_SIZE
	store<u32>(bucket, code)
	store<u32>(code, physicalPage, CODE_PAGE_PAGE)
	takeSnapshot(code)
	store<u64>(hart, load<u64>(hart, COUNT_CODE_PAGES_DECODED) + 1, COUNT_CODE_PAGES_DECODED)
	return code
}

/** Compares a page that is older than the last fence.i with memory, and clears its slots if it changed. @returns it. */
export function verifyCodePage(code: u32): u32 {
	const generation = load<u32>(hart, RUN_CODE_GENERATION)
	if (load<u32>(code, CODE_PAGE_GENERATION) == generation) return code
	if (sameAsMemory(code)) {
		store<u32>(code, generation, CODE_PAGE_GENERATION)
	} else {
		takeSnapshot(code)
		store<u64>(hart, load<u64>(hart, COUNT_CODE_PAGES_CHANGED) + 1, COUNT_CODE_PAGES_CHANGED)
	}
	return code
}

/** Ends the slots of a page. */
export function writeSentinels(code: u32): void {
	store<u64>(code + PAGE_SLOTS * SLOT_SIZE, SENTINEL, CODE_PAGE_SLOTS)
	store<u64>(code + (PAGE_SLOTS + 1) * SLOT_SIZE, SENTINEL, CODE_PAGE_SLOTS)
}

// Plain reads of guest code here and below: another hart's stores are seen now or after the next fence.i, as the ISA
// allows. Slots are decoded from the snapshot only, so they agree with what sameAsMemory() compares.
function takeSnapshot(code: u32): void {
	memory.fill(code + CODE_PAGE_SLOTS, 0, PAGE_SLOTS * SLOT_SIZE)
	writeSentinels(code)
	memory.fill(code + CODE_PAGE_COUNTERS, 0, PAGE_SLOTS * COUNTER_BYTES)
	memory.copy(code + CODE_PAGE_SNAPSHOT, load<u32>(code, CODE_PAGE_PAGE), PAGE_BYTES)
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

function resetCodeCache(): void {
	emptyCodeCache()
	store<u64>(hart, load<u64>(hart, COUNT_CODE_CACHE_RESETS) + 1, COUNT_CODE_CACHE_RESETS)
	// TLB entries point to code pages that are about to be reused.
	flushTables(FLUSH_CAUSE_CODE_CACHE_RESET)
}

function emptyCodeCache(): void {
	memory.fill(buckets, 0, bucketCount * 4)
	// Page 0 is the scratch page.
	store<u32>(hart, 1, RUN_CODE_PAGES_USED)
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
