/** TIME: the supervisor's timer. SBI 2.0, "Timer Extension". */
import {VcpuBlock} from '../hart/index.ts'
import {Mip} from '../memory/index.ts'
import type {SbiExtension} from './extension.ts'
import type {SbiCall} from './sbi-call.ts'
import {SbiError} from './sbi-error.ts'

const stimecmp = VcpuBlock.offset.hart + VcpuBlock.fields.hart.offset.stimecmp

/** Argument 0: absolute time in ticks; all ones for never. Writes stimecmp, which guests with Sstc write themselves. */
export function setTimer(call: SbiCall): SbiError {
	const {blocks, hart} = call.context
	// Plain: only this vCPU's thread accesses its stimecmp.
	const word = (blocks.base(hart) + stimecmp) / 4
	blocks.memory.i32[word] = call.low(0)
	blocks.memory.i32[word + 1] = call.high(0)
	// Before timerChanged(), which raises it again if the time has passed.
	blocks.lower(hart, Mip.STIP)
	call.context.timerChanged()
	return SbiError.SUCCESS
}

export const timeExtension: SbiExtension = {
	id: 0x54494d45,
	name: 'TIME',
	functions: [{name: 'set_timer', call: setTimer}],
}
