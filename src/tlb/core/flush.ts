/**
 * Flushes of a vCPU's own tables in place, on its thread, and of the address spaces that it keeps. Each function returns
 * the regimes whose tables are left (bit n = regime n) for the flush policy: replaceOwn() in src/tlb/flush-policy.ts.
 * Plain accesses to tables, as in in-place.ts.
 */
import {
	FAULT_STALE_LAST_PAGE,
	FAULTS,
	FLUSH_CAUSE_CODE_CACHE_RESET,
	FLUSH_CAUSE_PMP_WRITE,
	FLUSH_CAUSE_REMOTE_ALL,
	FLUSH_CAUSE_REMOTE_RANGE,
	FLUSH_CAUSE_RESET,
	FLUSH_CAUSE_SFENCE_ALL,
	FLUSH_CAUSE_SFENCE_PAGE,
	PAGE_SHIFT,
	REGIME_COUNT,
	REGIME_MACHINE,
	REGIME_SUPERVISOR,
	REGIME_SUPERVISOR_SUM,
	TLB_PAGE_FLUSHES,
	TLB_SPACE_SIZE,
} from '../../../build/hart/offsets'
import {brokenRule} from './faults'
import {countCause, emptyInPlace, emptyTableOf, setCause} from './in-place'
import {noteForgotten, shadowOf} from './shadow'
import {
	belongsTo,
	currentAsid,
	descriptorIn,
	dropSpace,
	dropSpaces,
	dropSpacesOf,
	endOfSpaces,
	firstSpace,
	isCurrentKept,
	isUsed,
} from './spaces'
import {forgetSuperpages} from './superpages'
import {dropLastPages, holdsLocalPages, invalidatePage, isOpen} from './table'
import {descriptorOf, indexHashOf, tagBiasOf} from './vcpu-tables'
import {dropVictims} from './victims'

/** As an ASID: all address spaces. The same as anyAsid in src/tlb/flush-requests.ts. */
export const EVERY_ASID: i32 = -1

/**
 * Empties the tables of all address spaces, and counts the cause. Privileged spec, "Supervisor Memory-Management Fence
 * Instruction".
 */
export function flushTables(block: u32, cause: u32): u32 {
	countCause(block, cause)
	dropSpaces(block)
	return emptyInPlace(block, voidsUntranslated(cause) ? REGIME_MACHINE : REGIME_SUPERVISOR, REGIME_COUNT)
}

/** Those of the regimes that translate, at a request that was counted already. */
export function flushTranslations(block: u32): u32 {
	setCause(block, FLUSH_CAUSE_REMOTE_ALL)
	dropSpaces(block)
	return emptyInPlace(block, REGIME_SUPERVISOR, REGIME_COUNT)
}

/** Empties the tables of one address space, global pages apart, and counts the cause. */
export function flushSpace(block: u32, asid: u32): u32 {
	countCause(block, FLUSH_CAUSE_SFENCE_ALL)
	return emptySpace(block, asid)
}

/** The same at a request that was counted already. */
export function flushTranslationsOf(block: u32, asid: u32): u32 {
	setCause(block, FLUSH_CAUSE_REMOTE_ALL)
	return emptySpace(block, asid)
}

/** Empties the table that all spaces share, if it holds pages of the current one, at a request as above. */
export function flushShared(block: u32): u32 {
	setCause(block, FLUSH_CAUSE_REMOTE_ALL)
	return emptyShared(block)
}

/** Forgets last pages of tables whose entries another thread has emptied. */
export function flushLastPages(block: u32): void {
	for (let regime: u32 = REGIME_SUPERVISOR; regime < REGIME_COUNT; regime++) dropLastPages(descriptorOf(block, regime))
}

/** Invalidates a page and counts the cause. @param page gva, page-aligned. @param asid or EVERY_ASID. */
export function flushPage(block: u32, page: u64, asid: i32): u32 {
	countCause(block, FLUSH_CAUSE_SFENCE_PAGE)
	return forgetPages(block, page, 1, asid)
}

/** Some pages, at a request that was counted already. @param low, high the words of the first one's gva >> 12. */
export function flushPages(block: u32, low: u32, high: u32, pages: u32, asid: i32): u32 {
	setCause(block, FLUSH_CAUSE_REMOTE_RANGE)
	return forgetPages(block, (((<u64>high) << 32) | low) << PAGE_SHIFT, pages, asid)
}

/** Whether the cause makes entries of the regimes that do not translate stale, too. */
function voidsUntranslated(cause: u32): bool {
	return cause == FLUSH_CAUSE_PMP_WRITE || cause == FLUSH_CAUSE_RESET || cause == FLUSH_CAUSE_CODE_CACHE_RESET
}

function emptySpace(block: u32, asid: u32): u32 {
	dropSpacesOf(block, asid)
	if (currentAsid(block) != asid) return 0
	return emptyShared(block) | emptyInPlace(block, REGIME_SUPERVISOR_SUM, REGIME_COUNT)
}

function emptyShared(block: u32): u32 {
	return hasToFlushShared(block) ? emptyInPlace(block, REGIME_SUPERVISOR, REGIME_SUPERVISOR_SUM) : 0
}

/** Of a fence of the current space alone. */
function hasToFlushShared(block: u32): bool {
	return !isCurrentKept(block) || holdsLocalPages(descriptorOf(block, REGIME_SUPERVISOR))
}

/** Some pages, for a cause that was set already. @param first gva, page-aligned. */
export function forgetPages(block: u32, first: u64, pages: u32, asid: i32): u32 {
	// Plain: only the owner counts.
	store<u32>(block, load<u32>(block, TLB_PAGE_FLUSHES) + pages, TLB_PAGE_FLUSHES)
	if (shadowOf(block) != 0) notePages(block, first, pages, asid)
	for (let space = firstSpace(block); space < endOfSpaces(block); space += TLB_SPACE_SIZE) {
		if (asid == EVERY_ASID ? isUsed(space) : belongsTo(space, asid)) forgetPagesIn(block, space, first, pages)
	}
	if (asid != EVERY_ASID && currentAsid(block) != asid) return 0
	let left: u32 = 0
	for (let regime = firstRegime(block, asid); regime < REGIME_COUNT; regime++) {
		const areForgotten = forgetPagesOf(block, descriptorOf(block, regime), first, pages)
		if (!areForgotten && !emptyTableOf(block, regime)) left |= 1 << regime
	}
	return left
}

/** @returns the first regime whose pages a fence of some pages concerns. */
function firstRegime(block: u32, asid: i32): u32 {
	return asid == EVERY_ASID || hasToFlushShared(block) ? REGIME_SUPERVISOR : REGIME_SUPERVISOR_SUM
}

/** With statistics: notes the pages in each table that forgetPages() is about to visit. Apart, since that is quick without. */
function notePages(block: u32, first: u64, pages: u32, asid: i32): void {
	for (let space = firstSpace(block); space < endOfSpaces(block); space += TLB_SPACE_SIZE) {
		if (!(asid == EVERY_ASID ? isUsed(space) : belongsTo(space, asid))) continue
		for (let regime = REGIME_SUPERVISOR_SUM; regime < REGIME_COUNT; regime++)
			noteForgotten(block, descriptorIn(space, regime), first, pages)
	}
	if (asid != EVERY_ASID && currentAsid(block) != asid) return
	for (let regime = firstRegime(block, asid); regime < REGIME_COUNT; regime++)
		noteForgotten(block, descriptorOf(block, regime), first, pages)
}

/** Of a kept space, which is forgotten if a table would have to be emptied. */
function forgetPagesIn(block: u32, space: u32, first: u64, pages: u32): void {
	for (let regime = REGIME_SUPERVISOR_SUM; regime < REGIME_COUNT; regime++) {
		if (!forgetPagesOf(block, descriptorIn(space, regime), first, pages)) return dropSpace(block, space)
	}
}

/** With the superpages that the pages may be pieces of. @returns false if the whole table has to be emptied, and was not. */
function forgetPagesOf(block: u32, descriptor: u32, first: u64, pages: u32): bool {
	if (!isOpen(descriptor)) return true
	const tagBias = tagBiasOf(block)
	const indexHash = indexHashOf(block)
	if (!forgetSuperpages(descriptor, first, pages, tagBias, indexHash)) return false
	if (!(FAULTS && brokenRule == FAULT_STALE_LAST_PAGE)) dropLastPages(descriptor)
	dropVictims(descriptor)
	for (let page: u32 = 0; page < pages; page++) {
		invalidatePage(descriptor, first + ((<u64>page) << PAGE_SHIFT), tagBias, indexHash)
	}
	return true
}
