/**
 * Why pages miss, by samples, with `--tlb statistics=on`: the shadow remembers sampled pages by regime, address space and
 * address after their tables have lost them. Each fill is a miss; hits are not seen. src/tlb/shadow-layout.ts has the
 * layout, docs/statistics.md what the classes mean and where they are approximate.
 *
 * A table *lives* from its first fill of a sampled page until it is emptied. Lives are numbered. So whoever empties a
 * table, in whatever way, says why in one word, and a page finds out when it is filled again.
 *
 * Plain accesses: only the owner reads and writes the shadow and the trailers of its tables. Another thread that swaps a
 * table away writes a word of `ends`; a race there only mistakes one cause for another.
 */
import {
	CAUSE_BITS,
	HART_SATP,
	MISS_CLASS_CAPACITY,
	MISS_CLASS_COLD,
	MISS_CLASS_CONFLICT,
	MISS_CLASS_REMAPPED,
	MISS_CLASS_UPGRADE,
	NEVER_TAG,
	PAGE_MASK,
	PAGE_SHIFT,
	REGIME_SUPERVISOR_SUM,
	REMEMBERED_LIVES,
	SHADOW_PAGE_DISPLACED_AT,
	SHADOW_PAGE_FILLED_AT,
	SHADOW_PAGE_FORGOTTEN_FOR,
	SHADOW_PAGE_KEY,
	SHADOW_PAGE_LIFE,
	SHADOW_PAGE_PLACE,
	SHADOW_PAGE_SIZE,
	SHADOW_PAGE_SPACE,
	SHADOW_PAGE_USED_AT,
	SHADOW_WAYS,
	TLB_ENTRY_EXEC_TAG,
	TLB_ENTRY_READ_TAG,
	TLB_FLUSH_CAUSE,
	TLB_SHADOW,
	TLB_SHADOW_ENDS,
	TLB_SHADOW_FILL_CLOCK,
	TLB_SHADOW_FLUSHED,
	TLB_SHADOW_GIVEN_UP,
	TLB_SHADOW_LIVES,
	TLB_SHADOW_MISSES,
	TLB_SHADOW_PAGES_FORGOTTEN_FOR,
	TLB_SHADOW_SAMPLE_MASK,
	TLB_SHADOW_SET_MASK,
	TLB_SHADOW_SIZE,
	TLB_SHADOW_UNCERTAIN,
	TLB_TRAILER_LIFE,
	TLB_TRAILER_LIFE_FILLS,
	TLB_TRAILER_LIFE_SPACE,
	UNKNOWN_CAUSE,
} from '../../../build/hart/offsets'
import {entriesOf, entryOf, isDisplaced, isUsed, tagIn, trailerOf} from './table'
import {descriptorOf, indexHashOf, keepsVictims, tagBiasOf} from './vcpu-tables'
import {findVictim, nextVictim} from './victims'

/** 2^64 divided by the golden ratio: products with it spread over the high bits. */
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15
/** What no entry holds; page-aligned addresses differ. */
const NO_PAGE: u64 = 0xffff_ffff_ffff_ffff
const LIFE_MASK: u32 = 0xffff_ffff >> CAUSE_BITS

/** @returns the vCPU's TlbShadow, or 0 without statistics. Written before the vCPU runs. */
export function shadowOf(block: u32): u32 {
	return load<u32>(block, TLB_SHADOW)
}

/**
 * Before a miss overwrites an entry; with statistics only.
 * @param page gva, page-aligned. @param place of the page in shared memory.
 */
export function noteMiss(block: u32, regime: u32, descriptor: u32, page: u64, place: u32): void {
	const shadow = shadowOf(block)
	const trailer = trailerOf(descriptor)
	const fills = load<u32>(trailer, TLB_TRAILER_LIFE_FILLS) + 1
	store<u32>(trailer, fills, TLB_TRAILER_LIFE_FILLS)
	const before = pageIn(block, descriptor, page)
	if (before != page) noteDisplaced(block, descriptor, page, before)
	if (!isSampled(shadow, page)) return
	const space = regime < REGIME_SUPERVISOR_SUM ? 0 : load<u64>(block, HART_SATP)
	const hash = spaceHash(regime, space)
	const key = page + 1 + regime
	const set = setOf(shadow, page, hash)
	const found = findPage(set, key, space)
	if (found == 0) count(shadow, before == page ? MISS_CLASS_UPGRADE : MISS_CLASS_COLD)
	else if (load<u32>(found, SHADOW_PAGE_PLACE) != place) count(shadow, MISS_CLASS_REMAPPED)
	else if (before == page) count(shadow, MISS_CLASS_UPGRADE)
	else countLost(block, found, descriptor, page, fills)
	const at = found != 0 ? found : leastRecent(shadow, set)
	store<u64>(at, key, SHADOW_PAGE_KEY)
	store<u64>(at, space, SHADOW_PAGE_SPACE)
	store<u32>(at, place, SHADOW_PAGE_PLACE)
	store<u32>(at, lifeOf(block, regime, descriptor, hash), SHADOW_PAGE_LIFE)
	store<u32>(at, fills, SHADOW_PAGE_FILLED_AT)
	store<u32>(at, 0, SHADOW_PAGE_DISPLACED_AT)
	store<u32>(at, 0, SHADOW_PAGE_FORGOTTEN_FOR)
	store<u32>(at, increment(shadow + TLB_SHADOW_FILL_CLOCK), SHADOW_PAGE_USED_AT)
}

/**
 * Before a flush of these pages, for the cause of the flush under way; with statistics only. Pieces of superpages that go
 * with them: see countLost().
 */
export function noteForgotten(block: u32, descriptor: u32, first: u64, pages: u32): void {
	const shadow = shadowOf(block)
	const cause = load<u32>(block, TLB_FLUSH_CAUSE)
	store<u32>(shadow, cause, TLB_SHADOW_PAGES_FORGOTTEN_FOR)
	for (let page: u32 = 0; page < pages; page++) {
		const found = findInTable(block, descriptor, first + ((<u64>page) << PAGE_SHIFT))
		if (found != 0) store<u32>(found, cause + 1, SHADOW_PAGE_FORGOTTEN_FOR)
	}
}

/**
 * The table is emptied, or will be before it is used again, for the cause of the flush under way. Of several causes the
 * first counts. The same as noteEmptied() in src/tlb/shadow.ts.
 */
export function noteEmptied(block: u32, descriptor: u32): void {
	const shadow = shadowOf(block)
	if (shadow == 0) return
	const life = load<u32>(trailerOf(descriptor), TLB_TRAILER_LIFE)
	if (life == 0) return
	if (!hasEnded(shadow, life)) store<u32>(endOf(shadow, life), (life << CAUSE_BITS) | load<u32>(block, TLB_FLUSH_CAUSE))
}

/**
 * A fill takes the entry of another page, if it has one. With victims, that goes to them, and the page that leaves those
 * is displaced. The way back is no miss.
 * @param page that is filled. @param before the other one, or NO_PAGE.
 */
function noteDisplaced(block: u32, descriptor: u32, page: u64, before: u64): void {
	let displaced = before
	if (keepsVictims(block)) {
		const tag = tagIn(descriptor, page, tagBiasOf(block))
		const read = load<u64>(entryOf(descriptor, page, indexHashOf(block)), TLB_ENTRY_READ_TAG)
		if (isDisplaced(read, tag)) {
			const victim = load<u64>(nextVictim(trailerOf(descriptor)), TLB_ENTRY_READ_TAG)
			displaced = isUsed(victim, tag) ? victim & ~PAGE_MASK : NO_PAGE
			// A page can be a victim although its entry is there: a fill that found no permission in the victim.
			if (pageIn(block, descriptor, displaced) == displaced) return
		}
	}
	if (displaced == NO_PAGE) return
	const found = findInTable(block, descriptor, displaced)
	if (found != 0) store<u32>(found, load<u32>(trailerOf(descriptor), TLB_TRAILER_LIFE_FILLS), SHADOW_PAGE_DISPLACED_AT)
}

/** The page was there, and is not. */
function countLost(block: u32, found: u32, descriptor: u32, page: u64, fills: u32): void {
	const shadow = shadowOf(block)
	const life = load<u32>(found, SHADOW_PAGE_LIFE)
	const displacedAt = load<u32>(found, SHADOW_PAGE_DISPLACED_AT)
	if (displacedAt != 0) {
		const isSameLife = load<u32>(trailerOf(descriptor), TLB_TRAILER_LIFE) == life
		const since = isSameLife ? fills - displacedAt : fills
		return countDisplaced(shadow, displacedAt - load<u32>(found, SHADOW_PAGE_FILLED_AT) - 1, since, descriptor)
	}
	const forgottenFor = load<u32>(found, SHADOW_PAGE_FORGOTTEN_FOR)
	if (forgottenFor != 0) return countFlushed(shadow, forgottenFor - 1)
	if (hasEnded(shadow, life)) return countFlushed(shadow, load<u32>(endOf(shadow, life)) & ((1 << CAUSE_BITS) - 1))
	if (load<u32>(trailerOf(descriptor), TLB_TRAILER_LIFE) != life) return countFlushed(shadow, UNKNOWN_CAUSE)
	const tag = tagIn(descriptor, page, tagBiasOf(block))
	if (findVictim(descriptor, tag, TLB_ENTRY_READ_TAG) != 0) return count(shadow, MISS_CLASS_UPGRADE)
	// The table lives: a flush of other pages took this one, as a piece of the same superpage or as a victim.
	countFlushed(shadow, load<u32>(shadow, TLB_SHADOW_PAGES_FORGOTTEN_FOR))
}

function countFlushed(shadow: u32, cause: u32): void {
	increment(shadow + TLB_SHADOW_FLUSHED + (cause << 2))
}

/**
 * The page's last use came before the `since` fills from its displacement on, and after all or none of the `resident`
 * ones since it was filled: half of them is the guess. A table of the same size that any page may use, and that gives up
 * the page that was used longest ago, would have kept it if fewer fills came after that use than it has entries.
 */
function countDisplaced(shadow: u32, resident: u32, since: u32, descriptor: u32): void {
	const entries = entriesOf(descriptor)
	count(shadow, since + resident / 2 < entries ? MISS_CLASS_CONFLICT : MISS_CLASS_CAPACITY)
	if (since < entries && since + resident >= entries) increment(shadow + TLB_SHADOW_UNCERTAIN)
}

/** @returns the page that has the entry of this one now, or NO_PAGE. */
function pageIn(block: u32, descriptor: u32, wanted: u64): u64 {
	const entry = entryOf(descriptor, wanted, indexHashOf(block))
	const tag = tagIn(descriptor, wanted, tagBiasOf(block))
	const read = load<u64>(entry, TLB_ENTRY_READ_TAG)
	const before = read != <u64>NEVER_TAG ? read : load<u64>(entry, TLB_ENTRY_EXEC_TAG)
	const page = before & ~PAGE_MASK
	// Tags of the present generation differ in the pages alone. Zeroes look like page 0's tag, but that has one slot.
	const isLive = (before & PAGE_MASK) == (tag & PAGE_MASK) && entryOf(descriptor, page, indexHashOf(block)) == entry
	return isLive ? page : NO_PAGE
}

function isSampled(shadow: u32, page: u64): bool {
	return (<u32>(((page >> PAGE_SHIFT) * SPREAD) >> 32) & load<u32>(shadow, TLB_SHADOW_SAMPLE_MASK)) == 0
}

/** Not 0. */
function spaceHash(regime: u32, space: u64): u32 {
	return <u32>(((space + regime) * SPREAD) >> 32) | 1
}

/** @returns the first of the pages of the set. */
function setOf(shadow: u32, page: u64, hash: u32): u32 {
	const product = ((page >> PAGE_SHIFT) ^ ((<u64>hash) << 32)) * SPREAD
	const set = <u32>(product >> 40) & load<u32>(shadow, TLB_SHADOW_SET_MASK)
	return shadow + TLB_SHADOW_SIZE + set * SHADOW_WAYS * SHADOW_PAGE_SIZE
}

function findPage(set: u32, key: u64, space: u64): u32 {
	for (let at = set; at < set + SHADOW_WAYS * SHADOW_PAGE_SIZE; at += SHADOW_PAGE_SIZE) {
		if (load<u64>(at, SHADOW_PAGE_KEY) == key && load<u64>(at, SHADOW_PAGE_SPACE) == space) return at
	}
	return 0
}

/** @returns the sampled page, if the table has an entry of it. */
function findInTable(block: u32, descriptor: u32, page: u64): u32 {
	const shadow = shadowOf(block)
	const trailer = trailerOf(descriptor)
	const life = load<u32>(trailer, TLB_TRAILER_LIFE)
	if (life == 0 || !isSampled(shadow, page) || hasEnded(shadow, life)) return 0
	const set = setOf(shadow, page, load<u32>(trailer, TLB_TRAILER_LIFE_SPACE))
	for (let at = set; at < set + SHADOW_WAYS * SHADOW_PAGE_SIZE; at += SHADOW_PAGE_SIZE) {
		// A life has one regime, and one space if the key has a space at all.
		if (
			load<u32>(at, SHADOW_PAGE_LIFE) == life &&
			((load<u64>(at, SHADOW_PAGE_KEY) - 1) & ~PAGE_MASK) == page &&
			load<u32>(at, SHADOW_PAGE_DISPLACED_AT) == 0 &&
			load<u32>(at, SHADOW_PAGE_FORGOTTEN_FOR) == 0
		) {
			return at
		}
	}
	return 0
}

/** @returns an unused place in the set, or that of the page that was filled longest ago. */
function leastRecent(shadow: u32, set: u32): u32 {
	let found = set
	const clock = load<u32>(shadow, TLB_SHADOW_FILL_CLOCK)
	for (let at = set; at < set + SHADOW_WAYS * SHADOW_PAGE_SIZE; at += SHADOW_PAGE_SIZE) {
		if (load<u64>(at, SHADOW_PAGE_KEY) == 0) return at
		if (clock - load<u32>(at, SHADOW_PAGE_USED_AT) > clock - load<u32>(found, SHADOW_PAGE_USED_AT)) found = at
	}
	increment(shadow + TLB_SHADOW_GIVEN_UP)
	return found
}

/**
 * @returns the table's life. It begins if there is none, or if the table was emptied from outside and is still this
 * vCPU's: a table that was swapped away stays as it is.
 */
function lifeOf(block: u32, regime: u32, descriptor: u32, hash: u32): u32 {
	const shadow = shadowOf(block)
	const trailer = trailerOf(descriptor)
	let life = load<u32>(trailer, TLB_TRAILER_LIFE)
	if (life != 0 && !(hasEnded(shadow, life) && descriptorOf(block, regime) == descriptor)) return life
	life = ((increment(shadow + TLB_SHADOW_LIVES) - 1) % LIFE_MASK) + 1
	store<u32>(trailer, life, TLB_TRAILER_LIFE)
	store<u32>(trailer, hash, TLB_TRAILER_LIFE_SPACE)
	return life
}

function endOf(shadow: u32, life: u32): u32 {
	return shadow + TLB_SHADOW_ENDS + ((life & (REMEMBERED_LIVES - 1)) << 2)
}

function hasEnded(shadow: u32, life: u32): bool {
	return load<u32>(endOf(shadow, life)) >> CAUSE_BITS == life
}

function count(shadow: u32, missClass: u32): void {
	increment(shadow + TLB_SHADOW_MISSES + (missClass << 2))
}

function increment(counter: u32): u32 {
	const value = load<u32>(counter) + 1
	store<u32>(counter, value)
	return value
}
