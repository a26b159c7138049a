/** The shape of an SBI extension: a row of the dispatcher's table. */
import type {SbiCall} from './sbi-call.ts'
import type {SbiContext} from './sbi-context.ts'
import type {SbiOutcome} from './sbi-error.ts'

export type SbiFunction = Readonly<{name: string; call: (call: SbiCall) => SbiOutcome}>

export type SbiExtension = Readonly<{
	id: number
	name: string
	/** Indexed by function id. */
	functions: readonly SbiFunction[]
	/** Whether this machine has it; left out if every machine does. */
	isPresent?: (context: SbiContext) => boolean
}>

export type LegacyResult = number | 'does not return'

/** One call per extension; a6 is ignored. */
export type LegacyExtension = Readonly<{id: number; name: string; legacy: (call: SbiCall) => LegacyResult}>
