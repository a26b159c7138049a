/**
 * Flushes of a vCPU's own tables in place, on its thread, and of the address spaces that it keeps. Each function returns
 * the regimes whose tables are left (bit n = regime n) for the flush policy: emptyOwn() in src/tlb/flush-policy.ts.
 * Plain accesses to tables, as in in-place.ts.
 */
import {
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
import {countCause, countUndone, emptyInPlace, setCause, undo} from './in-place'
import {noteForgotten} from './shadow'
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
import {holdsLocalPages, invalidatePage, isInsideLargePages, isOpen} from './table'
import {descriptorOf, tagBiasOf} from './vcpu-tables'

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

/** Invalidates a page and counts the cause. @param page gva, page-aligned. @param asid or EVERY_ASID. */
export function flushPage(block: u32, page: u64, asid: i32): u32 {
	countCause(block, FLUSH_CAUSE_SFENCE_PAGE)
	return forgetPage(block, page, asid)
}

/** The same at a request that was counted already. @param low, high the words of gva >> 12. */
export function flushPageNumber(block: u32, low: u32, high: u32, asid: i32): u32 {
	setCause(block, FLUSH_CAUSE_REMOTE_RANGE)
	return forgetPage(block, (((<u64>high) << 32) | low) << PAGE_SHIFT, asid)
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

function forgetPage(block: u32, page: u64, asid: i32): u32 {
	// Plain: only the owner counts.
	store<u32>(block, load<u32>(block, TLB_PAGE_FLUSHES) + 1, TLB_PAGE_FLUSHES)
	for (let space = firstSpace(block); space < endOfSpaces(block); space += TLB_SPACE_SIZE) {
		if (asid == EVERY_ASID ? isUsed(space) : belongsTo(space, asid)) forgetPageIn(block, space, page)
	}
	if (asid != EVERY_ASID && currentAsid(block) != asid) return 0
	let left: u32 = 0
	const first = asid == EVERY_ASID || hasToFlushShared(block) ? REGIME_SUPERVISOR : REGIME_SUPERVISOR_SUM
	for (let regime = first; regime < REGIME_COUNT; regime++) {
		if (!forgetPageOf(block, descriptorOf(block, regime), page)) left |= 1 << regime
	}
	return left
}

/** Of a kept space, which is forgotten if more than the page would have to go. */
function forgetPageIn(block: u32, space: u32, page: u64): void {
	for (let regime = REGIME_SUPERVISOR_SUM; regime < REGIME_COUNT; regime++) {
		if (!forgetPageOf(block, descriptorIn(space, regime), page)) return dropSpace(block, space)
	}
}

/** @returns false if the whole table has to be emptied, and was not. */
function forgetPageOf(block: u32, descriptor: u32, page: u64): bool {
	if (!isOpen(descriptor)) return true
	if (!isInsideLargePages(descriptor, page)) {
		noteForgotten(block, descriptor, page)
		invalidatePage(descriptor, page, tagBiasOf(block))
	} else if (undo(block, descriptor)) countUndone(block, 1)
	else return false
	return true
}
