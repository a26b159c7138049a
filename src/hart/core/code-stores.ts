/** Stores to pages that hold code: what this hart has decoded of it is forgotten before the store, other harts are told after it. */
import {CAUSE_LEAVE_REGION, DOORBELL_CODE_CHANGED, PAGE_MASK, RUN_STORED_PAGE} from '../../../build/hart/offsets'
import {coversAny, findCodePage, forgetBytes, isStale, resetCodePage} from './code-cache'
import {announceChange, announceStore, countStore, giveUp, isAlone, isCode, pageStart, ringOwn} from './guest-pages'
import {hart, raise} from './hart'

/** A translated region makes the access, and would go on with code that has changed. */
let inRegion: bool = false

/** Around an access that a translated region makes. */
export function setInRegion(value: bool): void {
	inRegion = value
}

/**
 * Before a store to a page that may be code. What is decoded of the bytes is forgotten: before this hart executes any of them, it
 * decodes them from memory, which is after the store.
 * @param page its GuestPage; 0: nothing to do. @param bytes all in the page.
 * @returns false where a region has to be left first: the interpreter then executes the instruction, from its beginning.
 */
export function beforeStore(page: u32, place: u32, bytes: u32): bool {
	if (page == 0) return true
	const code = findCodePage(pageStart(place))
	const isData = isCode(page) && countStore(page, bytes)
	if (code != 0) {
		const offset = place & <u32>PAGE_MASK
		const stale = isStale(code)
		if (isData || stale || coversAny(code, offset, bytes)) {
			if (inRegion) {
				raise(CAUSE_LEAVE_REGION, 0)
				return false
			}
			if (stale) resetCodePage(code)
			else forgetBytes(code, offset, bytes)
		}
	}
	if (isData) {
		giveUp(page)
		// At once: no bell of this hart rings, and from now on none does for stores to the page.
		if (code != 0) resetCodePage(code)
	}
	return true
}

/** After the store: the other harts are told. @param page as before. */
export function afterStore(page: u32, place: u32, bytes: u32): void {
	if (page != 0) announceStore(page, place & <u32>PAGE_MASK, bytes)
}

/** Instead, where generated code makes the store after this: the next safepoint comes after it. */
export function announceLater(page: u32): void {
	if (page == 0 || isAlone() || !isCode(page)) return
	announceStored()
	// Plain: only this hart writes it.
	store<u32>(hart, page, RUN_STORED_PAGE)
	ringOwn(DOORBELL_CODE_CHANGED)
}

/** At a safepoint, or before the next such store. */
export function announceStored(): void {
	const page = load<u32>(hart, RUN_STORED_PAGE)
	if (page == 0) return
	announceChange(page)
	store<u32>(hart, 0, RUN_STORED_PAGE)
}
