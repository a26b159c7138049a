/** The benchmark programs by name and group; their sources are in test/guests/bench and bench-linux. */

export const groups = ['integer', 'fp', 'memory', 'sync', 'working-set', 'system', 'flush'] as const
/** Those that run unless groups or programs are named: tables from different days have the same. */
export const usualGroups: readonly Group[] = ['integer', 'fp', 'memory', 'sync', 'system']
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
		'fibonacci',
		'division',
		'records',
		'strings',
		'regex',
		'compress',
		'allocator',
		'forth',
	],
	fp: ['n-body', 'double-matrix', 'fft', 'mandelbrot'],
	memory: ['copy', 'copy-8', 'triad', 'chase-4k', 'chase-64k', 'chase-1m', 'chase-16m', 'chase-256m'],
	// Atomic instructions on one hart, and what rests on them.
	sync: ['amo', 'lr-sc'],
	// Of these and the memory group, each size from 4 KiB to 256 MiB, by powers of four.
	'working-set': [
		'chase-16k',
		'chase-256k',
		'chase-4m',
		'chase-64m',
		'pages-4k',
		'pages-16k',
		'pages-64k',
		'pages-256k',
		'pages-1m',
		'pages-4m',
		'pages-16m',
		'pages-64m',
		'pages-256m',
	],
	system: ['syscall', 'page-fault', 'fork', 'exec', 'pipe', 'mmap'],
	// A number behind a name: of threads, or of processes.
	flush: [
		'mprotect',
		'mmap-2',
		'mmap-4',
		'mprotect-2',
		'mprotect-4',
		'futex',
		'processes-12',
		'processes-24',
		'files',
		'batch',
	],
}

/** In the order in which a guest runs them. */
export const programs: readonly Program[] = groups.flatMap((group) => names[group].map((name) => ({name, group})))

/** Whether it also runs on bare metal. */
export const runsOnBareMetal = ({group}: Program): boolean => group !== 'system' && group !== 'flush'
