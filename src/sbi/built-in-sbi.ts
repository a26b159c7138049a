/** The dispatcher: finds an SBI call in the table of extensions and carries it out. SBI 2.0, "Binary Encoding". */
import {baseExtension} from './base.ts'
import {dbcnExtension} from './dbcn.ts'
import type {LegacyExtension, SbiExtension} from './extension.ts'
import {hsmExtension} from './hsm.ts'
import {ipiExtension} from './ipi.ts'
import {legacyExtensions} from './legacy.ts'
import {rfenceExtension} from './rfence.ts'
import {SbiCall} from './sbi-call.ts'
import type {SbiContext} from './sbi-context.ts'
import {doesNotReturn, SbiError} from './sbi-error.ts'
import {srstExtension} from './srst.ts'
import {timeExtension} from './timer.ts'

const isAvailable = (extension: number): boolean => table.has(extension)

/** Every extension; those that are missing (SUSP, CPPC, NACL, STA, PMU) answer SBI_ERR_NOT_SUPPORTED. */
export const extensions: readonly (SbiExtension | LegacyExtension)[] = [
	baseExtension(isAvailable),
	timeExtension,
	ipiExtension,
	rfenceExtension,
	hsmExtension,
	srstExtension,
	dbcnExtension,
	...legacyExtensions,
]

const table: ReadonlyMap<number, SbiExtension | LegacyExtension> = new Map(
	extensions.map((extension) => [extension.id, extension]),
)

/** One per vCPU. */
export class BuiltInSbi {
	readonly #call: SbiCall

	constructor(context: SbiContext) {
		this.#call = new SbiCall(context)
	}

	/**
	 * Carries out the call that the hart's registers describe and writes its results there. The caller has moved pc
	 * past the ecall beforehand, since a non-retentive suspend sets pc.
	 * @returns whether the hart goes on after its ecall; if not, the context's stop(), stopHart() or suspendHart() was called.
	 */
	dispatch(): 'returns' | typeof doesNotReturn {
		const call = this.#call
		const extension = table.get(call.extension)
		if (extension && 'legacy' in extension) {
			const result = extension.legacy(call)
			if (result === doesNotReturn) return doesNotReturn
			call.finishLegacy(result)
			return 'returns'
		}
		const outcome = extension?.functions[call.function]?.call(call) ?? SbiError.NOT_SUPPORTED
		call.finish(outcome)
		return outcome === doesNotReturn ? doesNotReturn : 'returns'
	}
}
