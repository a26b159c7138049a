/**
 * The hart core: what generated code, the run loop and the tests may call. Compiled to dist/hart.wasm, one instance per
 * vCPU.
 */

export {breakRule} from '../../tlb/core/faults'
export {
	flushLastPages,
	flushPages,
	flushShared,
	flushTables,
	flushTranslations,
	flushTranslationsOf,
} from '../../tlb/core/flush'
export {fillCanary, findChange, findNonZero, wipeTable} from '../../tlb/core/quarantine'
export {switchSpace} from '../../tlb/core/spaces'
export {noteSuperpage} from '../../tlb/core/superpages'
export {clearEntries, clearTable, emptyTable, poisonSlotZero} from '../../tlb/core/table'
export {attach} from './attach'
export {manageBlock, zeroBlock} from './cache-blocks'
export {coverBytes, coverFromRegion, coverInstruction, findCodePage, scratchCodePage} from './code-cache'
export {csrAccess} from './csr'
export {decode} from './decode'
export {fetch, fetchAcross} from './fetch'
export {roundingMode} from './float-control'
export {raise} from './hart'
export {interruptPending, takeInterrupt} from './interrupts'
export {invalidatePending} from './invalidations'
export {
	atomicAddress,
	atomicAddressInRegion,
	readMemory,
	writeMemory,
	writeMemoryInRegion,
	zeroBlockInRegion,
} from './memory-access'
export {pause} from './pause'
export {poll, ration} from './ration'
export {updateRegimes} from './regimes'
export {forgetRegionNotes, notePlace, noteStart} from './region-filter'
export {follow} from './roaming'
export {clock} from './slow'
export * from './softfloat/index'
export {codeChanged, fenceI, mayFenceTranslations, sfence, sfenceInvalIr, sinval, wfi} from './supervision'
export {ebreak, ecall, mret, sret, takeTrap} from './trap'
export {removeCodeEntries} from './write-entries'
