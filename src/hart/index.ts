/** A hart: its state in shared memory, its registers, its reset. The hart core, core/, is compiled separately. */

export {Activity, ActivityNote, describeActivity} from './activity.ts'
export {Envcfg, Privilege, Satp, Status} from './architecture.ts'
export {codeBuckets, codeCacheBytes, minimumCodePages, regionFilterBytes} from './code-cache.ts'
export {CodePage, lastParcel, pageSlots, parcelBytes, Slot, SlotHandler, slotBytesPerByte} from './code-page.ts'
export {BlockStatus, CsrStatus, FenceStatus, WfiStatus} from './core-status.ts'
export {
	DecodingBucket,
	DecodingRow,
	mostExceptions,
	mostSlices,
	sliceShift,
} from './decoding-table.ts'
export {HartRegisters, type RegisterDump} from './hart-registers.ts'
export {enterSupervisor, type HartEntry, resetHarts} from './reset.ts'
export {
	mostRoaming,
	predictorCounters,
	WatchedRegister,
	watchedAccesses,
	watchedRegisters,
	watchStamp,
} from './run-state.ts'
export {fieldOffset, type HartField, VcpuBlock, vcpuRegions} from './vcpu-block.ts'
