/**
 * Notes what the hart does, for reports: src/hart/activity.ts. Plain: only this vCPU's thread writes it, and other threads
 * only read it for a report.
 */
import {RUN_ACTIVITY, RUN_ACTIVITY_AT} from '../../../build/hart/offsets'
import {hart} from './hart'

/** @param at the address that it is about. @returns the activity until now, to be given to endActivity(). */
export function beginActivity(activity: u32, at: u64): u32 {
	const before = load<u32>(hart, RUN_ACTIVITY)
	store<u32>(hart, activity, RUN_ACTIVITY)
	store<u64>(hart, at, RUN_ACTIVITY_AT)
	return before
}

export function endActivity(before: u32): void {
	store<u32>(hart, before, RUN_ACTIVITY)
}
