/** From effects to WebAssembly: what the interpreter and translated regions share. */
export {offsets} from './block-offsets.ts'
export {emitMarkDirty, mstatusFs, pushFloatingPointOff} from './float-status.ts'
export {hartFunctions} from './hart-functions.ts'
export {type HostOrder, hostOrder} from './host-order.ts'
export {type HartFunctions, Lowering, type Operands} from './lowering.ts'
export {
	type LoadExpression,
	loadOpcode,
	MemoryAccess,
	type Push,
	pushEntry,
	pushMasked,
	type StoreOperands,
	storeOpcode,
	toTag,
} from './memory-access.ts'
export {emitMultiplyHigh} from './multiply-high.ts'
export {maximumCallDepth, RegionStatus, rationInstructions, regionSignature} from './region-call.ts'
