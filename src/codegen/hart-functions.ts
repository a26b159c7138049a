/** The hart core's functions that generated code calls, with their signatures. */
import {type Expression, instructions} from '../isa/index.ts'
import type {Signature, ValueType} from '../wasm/index.ts'

/** Those that instructions do not call by name. */
const ownSignatures: Record<string, [parameters: ValueType[], results: ValueType[]]> = {
	readMemory: [['i64', 'i32'], ['i32']],
	writeMemory: [['i64', 'i32', 'i64'], ['i32']],
	atomicAddress: [['i64', 'i32', 'i32'], ['i32']],
	fetch: [['i64'], ['i32']],
	fetchAcross: [['i64'], ['i32']],
	raise: [['i32', 'i64'], []],
	takeTrap: [[], []],
	takeInterrupt: [[], ['i32']],
	csrAccess: [['i32', 'i32', 'i64', 'i32'], ['i32']],
	mret: [[], ['i32']],
	sret: [[], ['i32']],
	wfi: [[], ['i32']],
	sfence: [['i32', 'i32', 'i64', 'i64'], ['i32']],
	fenceI: [[], []],
	ecall: [[], ['i32']],
	roundingMode: [['i32'], ['i32']],
	zeroBlock: [['i64'], ['i32']],
	manageBlock: [['i64', 'i32'], ['i32']],
	mayFenceTranslations: [[], ['i32']],
}

/** The functions that instructions call, with the signatures that their uses show. */
function calledFunctions(): Map<string, Signature> {
	const found = new Map<string, Signature>()
	const visit = (e: Expression): void => {
		if (e.op === 'call') {
			found.set(e.name, {parameters: e.arguments.map(({type}) => type), results: [e.type]})
			e.arguments.forEach(visit)
		}
		for (const part of ['a', 'b', 'condition', 'gva', 'value', 'operand', 'target'] as const) {
			const child = (e as Partial<Record<typeof part, unknown>>)[part]
			if (child && typeof child === 'object') visit(child as Expression)
		}
	}
	for (const {effects} of instructions) {
		for (const effect of effects) if ('value' in effect) visit(effect.value)
	}
	return found
}

/** Signatures by name. */
export const hartFunctions: ReadonlyMap<string, Signature> = new Map([
	...Object.entries(ownSignatures).map(([name, [parameters, results]]) => [name, {parameters, results}] as const),
	...calledFunctions(),
])
