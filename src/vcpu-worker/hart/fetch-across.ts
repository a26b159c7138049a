/** An instruction that lies across two pages: it gets a slot in the scratch code page. */
import {CODE_PAGE_SLOTS, CODE_PAGE_SNAPSHOT, SLOT_SIZE} from '../../../build/hart/offsets'
import {SLOTS, scratchCodePage, writeSentinels} from './code-cache'
import {fetch} from './translation'

/** Of the instruction, in its page. */
const LAST_HALFWORD: u32 = 0xffe

/** @param gva of a 32-bit instruction at page offset 0xffe. @returns the scratch code page, or 0 with the exception raised. */
export function fetchAcross(gva: u64): u32 {
	const first = fetch(gva)
	if (first == 0) return 0
	// Before the second fetch, which may reset the cache.
	const low = load<u16>(first + LAST_HALFWORD, CODE_PAGE_SNAPSHOT)
	const second = fetch(gva + 2)
	if (second == 0) return 0
	const instruction = <u32>low | ((<u32>load<u16>(second, CODE_PAGE_SNAPSHOT)) << 16)
	const scratch = scratchCodePage()
	// The slot depends on the bytes alone: it is kept while they are the same.
	if (load<u32>(scratch + LAST_HALFWORD, CODE_PAGE_SNAPSHOT) != instruction) {
		store<u32>(scratch + LAST_HALFWORD, instruction, CODE_PAGE_SNAPSHOT)
		store<u64>(scratch + (SLOTS - 1) * SLOT_SIZE, 0, CODE_PAGE_SLOTS)
	}
	writeSentinels(scratch)
	return scratch
}
