/** BASE: version and implementation of this SBI. SBI 2.0, "Base Extension". */
import type {SbiExtension, SbiFunction} from './extension.ts'
import type {SbiCall} from './sbi-call.ts'
import type {SbiContext} from './sbi-context.ts'

/** Major version in bits 30–24, minor below. */
const specificationVersion = 2 << 24
/** "MH": not in the specification's list of implementations. */
const implementationId = 0x4d48
/** Major version in the upper 16 bits: 0.1. */
const implementationVersion = 1

/** The same values as in the CSRs. */
const machineIds = {mvendorid: 0, marchid: 0, mimpid: 0}

function constant(name: string, value: number): SbiFunction {
	return {name, call: (call) => call.success(BigInt(value))}
}

/** @param isAvailable whether the dispatcher knows an extension id, on this machine. */
export function baseExtension(isAvailable: (extension: number, context: SbiContext) => boolean): SbiExtension {
	const probe = (call: SbiCall) => call.success(isAvailable(call.low(0), call.context) ? 1n : 0n)
	return {
		id: 0x10,
		name: 'BASE',
		functions: [
			constant('get_spec_version', specificationVersion),
			constant('get_impl_id', implementationId),
			constant('get_impl_version', implementationVersion),
			{name: 'probe_extension', call: probe},
			constant('get_mvendorid', machineIds.mvendorid),
			constant('get_marchid', machineIds.marchid),
			constant('get_mimpid', machineIds.mimpid),
		],
	}
}
