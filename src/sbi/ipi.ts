/** IPI: software interrupts between harts. SBI 2.0, "IPI Extension". */
import {Mip} from '../memory/index.ts'
import type {SbiExtension} from './extension.ts'
import {hartsOfMask} from './hart-mask.ts'
import {HsmState} from './hart-states.ts'
import type {SbiCall} from './sbi-call.ts'
import {SbiError} from './sbi-error.ts'

/** Skips stopped harts: they would find the interrupt pending when they start. */
export function sendIpi(call: SbiCall, targets: readonly number[] | undefined): SbiError {
	if (!targets) return SbiError.INVALID_PARAM
	for (const hart of targets) {
		if (call.states.get(hart) !== HsmState.STOPPED) call.context.blocks.raise(hart, Mip.SSIP)
	}
	return SbiError.SUCCESS
}

export const ipiExtension: SbiExtension = {
	id: 0x735049,
	name: 'IPI',
	functions: [{name: 'send_ipi', call: (call) => sendIpi(call, hartsOfMask(call))}],
}
