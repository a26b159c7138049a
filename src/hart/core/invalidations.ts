/**
 * Svinval: sinval.vma names pages, and sfence.inval.ir invalidates all of them at once. Privileged spec, "Svinval". So do other
 * fences, a write of satp, returns from traps and the end of a slice: a guest that forgets sfence.inval.ir sees old translations
 * for a moment, not for ever.
 *
 * Plain accesses: only this vCPU uses its list.
 */
import {
	FLUSH_CAUSE_SFENCE_PAGE,
	MOST_PENDING_RANGES,
	PAGE_SHIFT,
	PENDING_RANGE_ASID,
	PENDING_RANGE_FIRST,
	PENDING_RANGE_PAGES,
	PENDING_RANGE_SIZE,
	RUN_PENDING_COUNT,
	RUN_PENDING_RANGES,
} from '../../../build/hart/offsets'
import {countCause} from '../../tlb/core/in-place'
import {hart} from './hart'
import {SLOW, slowWork} from './slow'
import {forgetPages} from './tlb-flush'

/** Of one range: what is done at a time stays short. */
const MOST_PAGES: u32 = 64

/** @param page gva, page-aligned. @param asid or EVERY_ASID. @returns whether pages were invalidated, to make room. */
export function nameInvalid(page: u64, asid: i32): bool {
	countCause(hart, FLUSH_CAUSE_SFENCE_PAGE)
	const count = load<u32>(hart, RUN_PENDING_COUNT)
	if (count != 0 && extend(rangeOf(count - 1), page, asid)) return false
	const isFull = count == MOST_PENDING_RANGES
	if (isFull) invalidatePending()
	const next: u32 = isFull ? 0 : count
	const range = rangeOf(next)
	store<u64>(range, page, PENDING_RANGE_FIRST)
	store<u32>(range, 1, PENDING_RANGE_PAGES)
	store<i32>(range, asid, PENDING_RANGE_ASID)
	store<u32>(hart, next + 1, RUN_PENDING_COUNT)
	return isFull
}

/** @returns whether there were any. */
export function invalidatePending(): bool {
	const count = load<u32>(hart, RUN_PENDING_COUNT)
	if (count == 0) return false
	store<u32>(hart, 0, RUN_PENDING_COUNT)
	for (let index: u32 = 0; index < count; index++) {
		const range = rangeOf(index)
		slowWork(SLOW)
		forgetPages(
			load<u64>(range, PENDING_RANGE_FIRST),
			load<u32>(range, PENDING_RANGE_PAGES),
			load<i32>(range, PENDING_RANGE_ASID),
		)
	}
	return true
}

/** @returns whether the page is one of the range's now. */
function extend(range: u32, page: u64, asid: i32): bool {
	const pages = load<u32>(range, PENDING_RANGE_PAGES)
	const distance = (page - load<u64>(range, PENDING_RANGE_FIRST)) >> PAGE_SHIFT
	if (load<i32>(range, PENDING_RANGE_ASID) != asid || distance > pages || distance >= MOST_PAGES) return false
	if (distance == pages) store<u32>(range, pages + 1, PENDING_RANGE_PAGES)
	return true
}

function rangeOf(index: u32): u32 {
	return hart + RUN_PENDING_RANGES + index * PENDING_RANGE_SIZE
}
