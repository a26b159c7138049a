/** The dispatcher: looks up an SBI call in the table of extensions and executes it. SBI 2.0, "Binary Encoding". */
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
import {staExtension} from './sta.ts'
import {timeExtension} from './timer.ts'

const isAvailable = (extension: number, context: SbiContext): boolean => find(extension, context) !== undefined

/** All extensions; calls of others (SUSP, CPPC, NACL, PMU) return SBI_ERR_NOT_SUPPORTED. */
export const extensions: readonly (SbiExtension | LegacyExtension)[] = [
	baseExtension(isAvailable),
	timeExtension,
	ipiExtension,
	rfenceExtension,
	hsmExtension,
	srstExtension,
	dbcnExtension,
	staExtension,
	...legacyExtensions,
]

const table: ReadonlyMap<number, SbiExtension | LegacyExtension> = new Map(
	extensions.map((extension) => [extension.id, extension]),
)

function find(id: number, context: SbiContext): SbiExtension | LegacyExtension | undefined {
	const extension = table.get(id)
	return extension && 'isPresent' in extension && extension.isPresent?.(context) === false ? undefined : extension
}

/** One per vCPU. */
export class BuiltInSbi {
	readonly #call: SbiCall

	constructor(context: SbiContext) {
		this.#call = new SbiCall(context)
	}

	/**
	 * Executes the call that the hart's registers describe and writes its results to them. The caller must have moved pc
	 * past the ecall, since a non-retentive suspend sets pc.
	 * @returns whether the hart continues after its ecall. If not, stop(), stopHart() or suspendHart() was called.
	 */
	dispatch(): 'returns' | typeof doesNotReturn {
		const call = this.#call
		const extension = find(call.extension, call.context)
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
