/** The ways to run guest code: every one must end in the state that the evaluator says. */
import type {TagEncoding} from '../../../src/tlb/index.ts'
import type {TranslateOptions} from '../../../src/vcpu-worker/translate/index.ts'

export type Engine = Readonly<{
	/** For titles. */
	name: string
	/** Of the TLB's tags; default poison-zero. */
	encoding?: TagEncoding
	translation?: Omit<TranslateOptions, 'encoding'> &
		Readonly<{
			/** Jumps to a place that make it hot: 1 translates all code before it runs. */
			threshold: number
			/** How many of the places that were hot before go into each module, where they call each other directly. */
			together: number
		}>
}>

export const interpreter: Engine = {name: 'the interpreter'}

export const regionEngines: readonly Engine[] = [
	{name: 'regions on their own, lookups in line', translation: {lookup: 'inline', threshold: 1, together: 0}},
	{name: 'regions together, lookups out of line', translation: {lookup: 'outlined', threshold: 1, together: 6}},
]

/** For tests of memory accesses. */
export const memoryEngines: readonly Engine[] = [
	{
		name: 'regions without last pages, lookups in line',
		translation: {lookup: 'inline', lastPages: 'off', threshold: 1, together: 0},
	},
	{
		name: 'regions without last pages, lookups out of line, for a weakly ordered host',
		translation: {lookup: 'outlined', lastPages: 'off', hostOrder: 'weak', threshold: 1, together: 6},
	},
]

/** Some code is interpreted a few times first, and modules take in what is warm. */
export const mixedEngines: readonly Engine[] = [
	{name: 'regions once hot', translation: {lookup: 'inline', threshold: 3, together: 0}},
	{name: 'regions together once hot', translation: {lookup: 'outlined', threshold: 4, together: 3}},
]

/** For tests of memory accesses and of jumps: the other encoding of the TLB's tags. */
export const plusOneEngines: readonly Engine[] = [
	{
		name: 'regions on their own, lookups in line, tags plus one',
		encoding: 'plus-one',
		translation: {lookup: 'inline', threshold: 1, together: 0},
	},
	{
		name: 'regions without last pages, lookups out of line, tags plus one',
		encoding: 'plus-one',
		translation: {lookup: 'outlined', lastPages: 'off', threshold: 1, together: 6},
	},
	{
		name: 'regions together once hot, tags plus one',
		encoding: 'plus-one',
		translation: {lookup: 'inline', lastPages: 'off', threshold: 3, together: 3},
	},
]

export const plusOneInterpreter: Engine = {name: 'the interpreter, tags plus one', encoding: 'plus-one'}

/** A title's end: the interpreter goes without saying. */
export const on = (engine: Engine): string => (engine === interpreter ? '' : `, in ${engine.name}`)
