/** A deliberate mistake, and the tests that must catch it. */

export const areas = [
	'instructions',
	'page walk',
	'atomics',
	'fences',
	'CSRs',
	'translation',
	'leaf calls',
	'loops resumed',
	'disks',
	'folders',
	'networks',
	'ports and commands',
	'balloon',
	'last pages',
	'stores to code',
	'address spaces',
	'superpages',
	'flush policies',
	'statistics',
	'quarantine',
	'reports of harts',
	'stress',
	'serial mode',
	'waiting',
	'campaigns',
	'scaling',
	'tracing',
	'steal time',
] as const
export type Area = (typeof areas)[number]

export type Mutation = Readonly<{
	name: string
	/** Relative to the project's folder. */
	file: string
	/** The exact text that becomes `replace`; it occurs in the file once. */
	find: string
	replace: string
	/** Test files that should catch it, the quickest first. */
	tests: readonly string[]
}>

/** The outcome of one. */
export type MutationResult = Readonly<{
	name: string
	area: Area
	file: string
	/** The test that failed; null when none did. */
	caughtBy: Readonly<{file: string; title: string}> | null
	seconds: number
}>

/** @throws unless the text that the mutation replaces occurs in the source exactly once. */
export function mutate({name, file, find, replace}: Mutation, source: string): string {
	const places = source.split(find).length - 1
	if (places !== 1) throw new Error(`Expected the text of mutation ${name} once in ${file}, got it ${places} times`)
	return source.replace(find, () => replace)
}
