/** Instructions that are fetched alone, into the scratch code page: those across two pages, and those in a page that PMP splits. */
import {CODE_PAGE_SNAPSHOT} from '../../../build/hart/offsets'
import {PAGE_MASK} from './architecture'
import {onlyInstruction} from './code-cache'
import {fetch, fetchParcel} from './translation'

/** Of the instruction, in its page. */
const LAST_HALFWORD: u32 = 0xffe

/** @param gva of a 32-bit instruction at page offset 0xffe. @returns the scratch code page, or 0 with the exception raised. */
export function fetchAcross(gva: u64): u32 {
	const first = fetch(gva)
	if (first == 0) return 0
	// Before the second fetch, which may reset the cache.
	const low = load<u16>(first + LAST_HALFWORD, CODE_PAGE_SNAPSHOT)
	return fetchSecond(gva, low)
}

function fetchSecond(gva: u64, low: u32): u32 {
	const second = fetch(gva + 2)
	if (second == 0) return 0
	// The first halfword of the page, also where that page is the scratch page.
	return onlyInstruction(LAST_HALFWORD, low | ((<u32>load<u16>(second, CODE_PAGE_SNAPSHOT)) << 16))
}

/**
 * One instruction of a page whose parts PMP permits different things.
 * @param low its first halfword, which may be fetched. @returns the scratch code page, or 0 with the exception raised.
 */
export function fetchOne(gva: u64, low: u32): u32 {
	const offset = <u32>(gva & PAGE_MASK)
	if ((low & 3) != 3) return onlyInstruction(offset, low)
	if (offset == LAST_HALFWORD) return fetchSecond(gva, low)
	const high = fetchParcel(gva + 2)
	return high < 0 ? 0 : onlyInstruction(offset, low | (high << 16))
}
