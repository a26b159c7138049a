/** SRST: ends or restarts the machine. SBI 2.0, "System Reset Extension". */
import type {SbiExtension} from './extension.ts'
import type {SbiCall} from './sbi-call.ts'
import type {StopRequest} from './sbi-context.ts'
import type {SbiOutcome} from './sbi-error.ts'
import {doesNotReturn, SbiError} from './sbi-error.ts'

/** Indexed by reset type: shutdown, cold reboot, warm reboot. Every reboot here is cold. */
const stopReasons: readonly StopRequest['reason'][] = ['power off', 'reboot', 'reboot']
/** Indexed by reset reason: none, system failure. */
const exitCodes = [0, 1]
const firstVendorSpecific = 0xf000_0000

function systemReset(call: SbiCall): SbiOutcome {
	const type = call.low(0) >>> 0
	const reason = call.low(1) >>> 0
	if (type >= firstVendorSpecific) return SbiError.NOT_SUPPORTED
	const stopReason = stopReasons[type]
	const exitCode = exitCodes[reason]
	if (stopReason === undefined || exitCode === undefined) return SbiError.INVALID_PARAM
	call.context.stop({reason: stopReason, exitCode})
	return doesNotReturn
}

export const srstExtension: SbiExtension = {
	id: 0x53525354,
	name: 'SRST',
	functions: [{name: 'system_reset', call: systemReset}],
}
