/** The kinds of access and the exception causes of each. */
import {
	CAUSE_FETCH_ACCESS,
	CAUSE_FETCH_PAGE,
	CAUSE_LOAD_ACCESS,
	CAUSE_LOAD_MISALIGNED,
	CAUSE_LOAD_PAGE,
	CAUSE_STORE_ACCESS,
	CAUSE_STORE_MISALIGNED,
	CAUSE_STORE_PAGE,
} from '../../../build/hart/offsets'
import {MAY_EXECUTE, MAY_READ, MAY_WRITE} from './regimes'

export const ACCESS_FETCH: u32 = 0
export const ACCESS_LOAD: u32 = 1
export const ACCESS_STORE: u32 = 2

/** @returns the permission that the access needs. */
export function accessBit(access: u32): u32 {
	return access == ACCESS_FETCH ? MAY_EXECUTE : access == ACCESS_LOAD ? MAY_READ : MAY_WRITE
}

export function pageFault(access: u32): i32 {
	return access == ACCESS_FETCH ? CAUSE_FETCH_PAGE : access == ACCESS_LOAD ? CAUSE_LOAD_PAGE : CAUSE_STORE_PAGE
}

export function accessFault(access: u32): i32 {
	return access == ACCESS_FETCH ? CAUSE_FETCH_ACCESS : access == ACCESS_LOAD ? CAUSE_LOAD_ACCESS : CAUSE_STORE_ACCESS
}

/** Fetches are never misaligned: IALIGN is 16. */
export function misaligned(access: u32): i32 {
	return access == ACCESS_LOAD ? CAUSE_LOAD_MISALIGNED : CAUSE_STORE_MISALIGNED
}
