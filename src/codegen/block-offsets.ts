/** Offsets from the start of a vCPU's block, for generated code. */
import {fieldOffset, VcpuBlock} from '../hart/index.ts'
import {VcpuWords} from '../memory/index.ts'
import {TlbState} from '../tlb/index.ts'

export const offsets = {
	...fieldOffset,
	pendingInterrupts: VcpuBlock.offset.words + VcpuWords.offset.pendingInterrupts,
	doorbell: VcpuBlock.offset.words + VcpuWords.offset.doorbell,
	descriptor: VcpuBlock.offset.tlb + TlbState.offset.descriptor,
} as const
