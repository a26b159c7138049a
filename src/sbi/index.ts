/** The built-in SBI 2.0: serves a supervisor in place of M-mode firmware, on the vCPU's own thread. */
export {BuiltInSbi, extensions} from './built-in-sbi.ts'
export {HartStates, HsmState} from './hart-states.ts'
export type {PageRange} from './page-range.ts'
export type * from './sbi-context.ts'
export {doesNotReturn, SbiError} from './sbi-error.ts'
export {StealTime, StealTimeRecord} from './steal-time.ts'
