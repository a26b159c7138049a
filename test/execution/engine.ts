/** The ways to run guest code: every one must end in the state that the evaluator says. */
import type {TlbDesign} from '../../src/tlb/index.ts'
import type {TranslateOptions} from '../../src/translate/index.ts'

export type Engine = Readonly<{
	/** For titles. */
	name: string
	/** The TLB's, on top of defaultTlbDesign. */
	design?: Partial<TlbDesign>
	translation?: Omit<TranslateOptions, 'design'> &
		Readonly<{
			/** Jumps to a place that make it hot: 1 translates all code before it runs. */
			threshold: number
			/** How many earlier hot places join each module, where they call each other directly. */
			together: number
		}>
}>

export const interpreter: Engine = {name: 'the interpreter'}

export const regionEngines: readonly Engine[] = [
	{name: 'regions on their own, lookups in line', design: {lookup: 'inline'}, translation: {threshold: 1, together: 0}},
	{
		name: 'regions together, lookups out of line, of the only hart',
		design: {lookup: 'outlined'},
		translation: {sharing: 'alone', threshold: 1, together: 6},
	},
]

/** For tests of memory accesses. */
export const memoryEngines: readonly Engine[] = [
	{
		name: 'regions without last pages, lookups in line',
		design: {lookup: 'inline', lastPages: 'off'},
		translation: {threshold: 1, together: 0},
	},
	{
		name: 'regions without last pages, lookups out of line, for a weakly ordered host',
		design: {lookup: 'outlined', lastPages: 'off'},
		translation: {hostOrder: 'weak', threshold: 1, together: 6},
	},
]

/** Code is interpreted a few times first, and modules include warm code. */
export const mixedEngines: readonly Engine[] = [
	{name: 'regions once hot', design: {lookup: 'inline'}, translation: {threshold: 3, together: 0}},
	{
		name: 'regions together once hot, without what has not run',
		design: {lookup: 'outlined'},
		translation: {threshold: 4, together: 3, onlyRun: true},
	},
]

/** For tests of memory accesses and of jumps: other tags in the TLB, at other places. */
export const tagEngines: readonly Engine[] = [
	{
		name: 'regions on their own, lookups in line, tags plus one',
		design: {encoding: 'plus-one', lookup: 'inline'},
		translation: {threshold: 1, together: 0},
	},
	{
		name: 'regions without last pages, lookups out of line, tags plus one',
		design: {encoding: 'plus-one', lookup: 'outlined', lastPages: 'off'},
		translation: {threshold: 1, together: 6},
	},
	{
		name: 'regions together once hot, tags plus one',
		design: {encoding: 'plus-one', lookup: 'inline', lastPages: 'off'},
		translation: {threshold: 3, together: 3},
	},
	{
		name: 'regions on their own, lookups in line, generations, a hashed index',
		design: {policy: 'epoch-tag', index: 'hashed', lookup: 'inline'},
		translation: {threshold: 1, together: 0},
	},
	{
		name: 'regions together, lookups out of line, generations, tags plus one, victims',
		design: {policy: 'epoch-tag', encoding: 'plus-one', lookup: 'outlined', lastPages: 'off', victim: '8'},
		translation: {threshold: 1, together: 6},
	},
]

export const tagInterpreters: readonly Engine[] = [
	{name: 'the interpreter, tags plus one', design: {encoding: 'plus-one'}},
	{name: 'the interpreter, generations, a hashed index', design: {policy: 'epoch-tag', index: 'hashed', victim: '8'}},
	{name: 'the interpreter, tables undone or swapped, victims', design: {policy: 'swap-undo', victim: '8'}},
	{name: 'the interpreter, entries cleared by atomic stores', design: {policy: 'atomic-clear', encoding: 'plus-one'}},
]

/** The end of a title; empty for the interpreter. */
export const on = (engine: Engine): string => (engine === interpreter ? '' : `, in ${engine.name}`)
