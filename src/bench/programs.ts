/** The benchmark programs by name and group; their sources are in test/guests/bench and bench-linux. */

export const groups = ['integer', 'fp', 'memory', 'system'] as const
export type Group = (typeof groups)[number]
export type Program = Readonly<{name: string; group: Group}>

const names: Readonly<Record<Group, readonly string[]>> = {
	integer: [
		'sieve',
		'sort',
		'crc32',
		'sha256',
		'matrix',
		'hash-table',
		'search',
		'interpreter',
		'recursion',
		'indirect',
	],
	fp: ['n-body', 'double-matrix', 'fft', 'mandelbrot'],
	memory: ['copy', 'triad', 'chase-4k', 'chase-64k', 'chase-1m', 'chase-16m', 'chase-256m'],
	system: ['syscall', 'page-fault', 'fork', 'exec', 'pipe', 'mmap'],
}

/** In the order in which a guest runs them. */
export const programs: readonly Program[] = groups.flatMap((group) => names[group].map((name) => ({name, group})))

/** Whether it also runs on bare metal. */
export const runsOnBareMetal = ({group}: Program): boolean => group !== 'system'
