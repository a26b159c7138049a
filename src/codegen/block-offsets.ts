/** Offsets from the start of a vCPU's block, for generated code. */
import {HartState, VcpuBlock} from '../hart/index.ts'
import {VcpuWords} from '../memory/index.ts'
import {TlbState} from '../tlb/index.ts'

const hart = VcpuBlock.offset.hart
export const offsets = {
	x: hart + HartState.offset.x,
	f: hart + HartState.offset.f,
	pc: hart + HartState.offset.pc,
	mstatus: hart + HartState.offset.mstatus,
	instret: hart + HartState.offset.instret,
	budget: hart + HartState.offset.budget,
	reserve: hart + HartState.offset.reserve,
	scratch: hart + HartState.offset.scratch,
	reservationOffset: hart + HartState.offset.reservationOffset,
	reservationBytes: hart + HartState.offset.reservationBytes,
	reservationValue: hart + HartState.offset.reservationValue,
	mie: hart + HartState.offset.mie,
	mipSoftware: hart + HartState.offset.mipSoftware,
	dataRegime: hart + HartState.offset.dataRegime,
	fetchRegime: hart + HartState.offset.fetchRegime,
	codeGeneration: hart + HartState.offset.codeGeneration,
	dataTable: hart + HartState.offset.dataTable,
	dataMask: hart + HartState.offset.dataMask,
	lastPages: hart + HartState.offset.lastPages,
	fetchTable: hart + HartState.offset.fetchTable,
	fetchMask: hart + HartState.offset.fetchMask,
	instructionsTranslated: hart + HartState.offset.instructionsTranslated,
	regionEntries: hart + HartState.offset.regionEntries,
	regionExits: hart + HartState.offset.regionExits,
	regionReentries: hart + HartState.offset.regionReentries,
	regionMisses: hart + HartState.offset.regionMisses,
	regionDepthLimits: hart + HartState.offset.regionDepthLimits,
	pendingInterrupts: VcpuBlock.offset.words + VcpuWords.offset.pendingInterrupts,
	doorbell: VcpuBlock.offset.words + VcpuWords.offset.doorbell,
	descriptor: VcpuBlock.offset.tlb + TlbState.offset.descriptor,
} as const
