/** What the parts of the CSR file answer: found or not, done or done with a restart. */
import {RUN_SCRATCH} from '../../../build/hart/offsets'
import {hart} from './hart'
import {takeable} from './interrupts'

/** No such CSR, or not for this hart now: an illegal instruction. */
export const ILLEGAL: i32 = 0
export const DONE: i32 = 1
/** Done, and translation or the takeable interrupts may have changed: the caller leaves the code that it runs. */
export const RESTART: i32 = 2

/** The old value travels in RUN_SCRATCH. */
export function found(value: u64): i32 {
	store<u64>(hart, value, RUN_SCRATCH)
	return DONE
}

export function doneUnlessInterrupt(): i32 {
	return takeable() ? RESTART : DONE
}
