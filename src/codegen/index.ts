/** From effects to WebAssembly: what the interpreter and translated regions share. */
export {offsets} from './block-offsets.ts'
export {allCoreNames, CalledFunctions, type CoreName, coreNamesOf} from './called-functions.ts'
export {emitMarkDirty, mstatusFs, pushFloatingPointOff} from './float-status.ts'
export {type HostOrder, hostOrder, needsFence} from './host-order.ts'
export {Lowering, type Operands} from './lowering.ts'
export {
	type LoadExpression,
	loadOpcode,
	MemoryAccess,
	type PlaceAccess,
	type Push,
	pushMasked,
	type StoreOperands,
	storeOpcode,
} from './memory-access.ts'
export {maximumCallDepth, notResumed, RegionStatus, regionSignature, resumableSignature} from './region-call.ts'
export type {Sharing} from './sharing.ts'
export {loadTable, pushEntry, storeTable, type TableLocals, tableLocals, toTag} from './table-lookup.ts'
