/** The ways to run guest code: every one must end in the state that the evaluator says. */
import type {TranslateOptions} from '../../../src/vcpu-worker/translate/index.ts'

export type Engine = Readonly<{
	/** For titles. */
	name: string
	translation?: TranslateOptions &
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
		name: 'regions without last pages, lookups out of line',
		translation: {lookup: 'outlined', lastPages: 'off', threshold: 1, together: 6},
	},
]

/** Some code is interpreted a few times first, and modules take in what is warm. */
export const mixedEngines: readonly Engine[] = [
	{name: 'regions once hot', translation: {lookup: 'inline', threshold: 3, together: 0}},
	{name: 'regions together once hot', translation: {lookup: 'outlined', threshold: 4, together: 3}},
]

/** A title's end: the interpreter goes without saying. */
export const on = (engine: Engine): string => (engine.translation ? `, in ${engine.name}` : '')
