/** Results of CSR reads and writes: found, done, done with a restart. */
import {CSR_STATUS_DONE, CSR_STATUS_RESTART, RUN_SCRATCH} from '../../../build/hart/offsets'
import {hart} from './hart'
import {takeable} from './interrupts'

/** Returns the CSR's value in RUN_SCRATCH. */
export function found(value: u64): i32 {
	store<u64>(hart, value, RUN_SCRATCH)
	return CSR_STATUS_DONE
}

export function doneUnlessInterrupt(): i32 {
	return takeable() ? CSR_STATUS_RESTART : CSR_STATUS_DONE
}
