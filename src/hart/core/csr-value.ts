/** What the parts of the CSR file answer: found or not, done or done with a restart. */
import {CSR_STATUS_DONE, CSR_STATUS_RESTART, RUN_SCRATCH} from '../../../build/hart/offsets'
import {hart} from './hart'
import {takeable} from './interrupts'

/** The old value travels in RUN_SCRATCH. */
export function found(value: u64): i32 {
	store<u64>(hart, value, RUN_SCRATCH)
	return CSR_STATUS_DONE
}

export function doneUnlessInterrupt(): i32 {
	return takeable() ? CSR_STATUS_RESTART : CSR_STATUS_DONE
}
