/** Functions that generated code calls by name: the hart core's (imported) and upper halves of products (defined). */
import {assert} from '../errors.ts'
import {
	type CallName,
	expressionsOf,
	type Instruction,
	instructions,
	type MultiplyHighName,
	traitsOf,
} from '../isa/index.ts'
import type {FunctionReference, ModuleBuilder, Signature, ValueType} from '../wasm/index.ts'
import {emitMultiplyHigh} from './multiply-high.ts'

/** Functions of the hart core that instructions do not call by name. */
const ownSignatures = {
	readMemory: [['i64', 'i32'], ['i32']],
	writeMemory: [['i64', 'i32', 'i64'], ['i32']],
	atomicAddress: [['i64', 'i32', 'i32', 'i64'], ['i32']],
	coverFromRegion: [['i32', 'i32', 'i32'], ['i32']],
	decode: [['i32', 'i32'], []],
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
	sinval: [['i32', 'i32', 'i64', 'i64'], ['i32']],
	sfenceInvalIr: [[], ['i32']],
	fenceI: [[], []],
	ecall: [[], ['i32']],
	roundingMode: [['i32'], ['i32']],
	zeroBlock: [['i64'], ['i32']],
	manageBlock: [['i64', 'i32'], ['i32']],
	mayFenceTranslations: [[], ['i32']],
	clock: [[], []],
	pause: [[], []],
	ration: [['i32'], ['i32']],
	poll: [['i32'], ['i32']],
	follow: [['i32', 'i64'], []],
} as const satisfies Readonly<
	Record<string, readonly [parameters: readonly ValueType[], results: readonly ValueType[]]>
>

type OwnName = keyof typeof ownSignatures
/** A function of the hart core. */
export type CoreName = OwnName | CallName

const signatures: ReadonlyMap<CoreName, Signature> = new Map<CoreName, Signature>([
	...Object.entries(ownSignatures).map(
		([name, [parameters, results]]) => [name as OwnName, {parameters, results}] as const,
	),
	...callSignatures(),
])

/** The functions that instructions call, with signatures derived from the calls. */
function callSignatures(): [CallName, Signature][] {
	return instructions
		.flatMap(({effects}) => effects.flatMap(expressionsOf))
		.flatMap((e): [CallName, Signature][] =>
			e.op === 'call' ? [[e.name, {parameters: e.arguments.map(({type}) => type), results: [e.type]}]] : [],
		)
}

export const allCoreNames: readonly CoreName[] = [...signatures.keys()]

/** Functions that every module of regions needs. */
const always: readonly CoreName[] = ['readMemory', 'writeMemory', 'raise', 'poll', 'pause', 'follow', 'coverFromRegion']

/** The functions of the hart core that regions with these instructions may call. */
export function coreNamesOf(instructionsOfRegions: Iterable<Instruction>): ReadonlySet<CoreName> {
	const names = new Set(always)
	for (const instruction of instructionsOfRegions) {
		const {calls, memory, accessesCsr, rounds} = traitsOf(instruction)
		for (const name of calls) names.add(name)
		if (memory.has('atomic')) names.add('atomicAddress')
		if (accessesCsr) names.add('csrAccess')
		if (rounds) names.add('roundingMode')
		for (const {effect} of instruction.effects) {
			if (effect === 'zeroBlock' || effect === 'manageBlock') names.add(effect)
		}
	}
	return names
}

/** Those that may ask a region to be left before they store: in regions, others stand for them. */
const inRegion: Partial<Record<CoreName, string>> = {
	writeMemory: 'writeMemoryInRegion',
	atomicAddress: 'atomicAddressInRegion',
	zeroBlock: 'zeroBlockInRegion',
}

export class CalledFunctions {
	readonly #references: ReadonlyMap<CoreName | MultiplyHighName, FunctionReference>

	/**
	 * To be called before the module defines anything: imports come first.
	 * @param options.multiplyHigh whether to define upper halves of products.
	 * @param options.caller what the module is.
	 */
	constructor(
		module: ModuleBuilder,
		options: {names: Iterable<CoreName>; multiplyHigh: boolean; caller: 'interpreter' | 'regions'},
	) {
		const references = new Map<CoreName | MultiplyHighName, FunctionReference>()
		for (const name of options.names) {
			const signature = signatures.get(name)
			assert(signature, `${name} is a function of the hart core that generated code calls`)
			const imported = (options.caller === 'regions' && inRegion[name]) || name
			references.set(name, module.importFunction('hart', imported, signature))
		}
		if (options.multiplyHigh) for (const [name, reference] of emitMultiplyHigh(module)) references.set(name, reference)
		this.#references = references
	}

	of(name: CoreName | MultiplyHighName): FunctionReference {
		const found = this.#references.get(name)
		assert(found, `the module imports or defines ${name}, which its instructions call`)
		return found
	}
}
