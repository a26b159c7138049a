/** Manyhart as a library. */
export {UserError} from '../errors.ts'
export type {RegisterDump} from '../hart/index.ts'
export type {TlbDesign} from '../tlb/index.ts'
export {Machine} from './machine.ts'
export type {MachineConsole, MachineOptions, MachineOutcome, TranslationOptions} from './machine-interface.ts'
export type {HartStatistics, MachineStatistics} from './machine-statistics.ts'
export type {TranslationStatistics} from './translation/index.ts'
