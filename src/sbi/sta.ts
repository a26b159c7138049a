/** STA: how long a hart was kept from running. SBI 2.0, "Steal-time Accounting Extension". */
import type {SbiExtension} from './extension.ts'
import type {SbiCall} from './sbi-call.ts'
import {SbiError} from './sbi-error.ts'
import {StealTimeRecord} from './steal-time.ts'

/** Arguments 0 to 2: low and high half of the record's address, or all ones to stop; flags. Errors in KVM's order. */
function setSharedMemory(call: SbiCall): SbiError {
	const {ram, stealTime} = call.context
	if (!stealTime) return SbiError.NOT_SUPPORTED
	const [addressLow, addressHigh] = [call.low(0), call.high(0)]
	if (call.low(2) !== 0 || call.high(2) !== 0) return SbiError.INVALID_PARAM
	if ((addressLow & addressHigh & call.low(1) & call.high(1)) === -1) {
		stealTime.stop()
		return SbiError.SUCCESS
	}
	if ((addressLow & (StealTimeRecord.align - 1)) !== 0) return SbiError.INVALID_PARAM
	if (call.low(1) !== 0 || call.high(1) !== 0) return SbiError.INVALID_ADDRESS
	// Rounded above 2^53, which is far beyond the end of RAM.
	const gpa = (addressHigh >>> 0) * 2 ** 32 + (addressLow >>> 0)
	if (!ram.contains(gpa, StealTimeRecord.size)) return SbiError.INVALID_ADDRESS
	stealTime.start(gpa)
	return SbiError.SUCCESS
}

export const staExtension: SbiExtension = {
	id: 0x535441,
	name: 'STA',
	functions: [{name: 'steal_time_set_shmem', call: setSharedMemory}],
	isPresent: ({stealTime}) => stealTime !== undefined,
}
