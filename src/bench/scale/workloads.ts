/** The workloads of `manyhart scale`: what each is for, and how much of it is enough. Their sources are test/guests/scale, scale-linux, scale-bare. */

export type ScaleWorkload = Readonly<{
	name: string
	/** In words. */
	title: string
	/** What an operation is. */
	unit: string
	/** Operations that one thread does in about half a second: compiled for the host, and in the emulator. */
	work: Readonly<{native: number; emulated: number}>
	/** What its workers are. */
	kind: 'threads' | 'processes'
	/** Whether scale-bare.elf has it, too; with words of its own if it does something else there. */
	bareMetal: boolean | Pick<ScaleWorkload, 'title' | 'unit' | 'limit'>
	/** Which of them tells something: the same work for any number of workers, and the same for each. */
	scaling: readonly ('strong' | 'weak')[]
	/** What keeps it from scaling. */
	limit: string
	/** Whether its workers share nothing. */
	independent?: true
}>

const both = ['strong', 'weak'] as const
/** All workers want one thing, or do each operation together: with more work for more workers it only takes longer. */
const strong = ['strong'] as const

type Row = Omit<ScaleWorkload, 'kind' | 'bareMetal' | 'work'>
type Work = readonly [native: number, emulated: number]

const row = (
	kind: ScaleWorkload['kind'],
	bareMetal: ScaleWorkload['bareMetal'],
	[native, emulated]: Work,
	rest: Row,
): ScaleWorkload => ({
	...rest,
	work: {native, emulated},
	kind,
	bareMetal,
})
const anywhere = (work: Work, rest: Row) => row('threads', true, work, rest)
/** They share nothing: not even memory, where a system has processes. */
const apart = (work: Work, rest: Row): ScaleWorkload => ({...row('processes', true, work, rest), independent: true})
const threads = (work: Work, rest: Row) => row('threads', false, work, rest)
const processes = (work: Work, rest: Row) => row('processes', false, work, rest)

const remoteFences = {
	title: 'remote fences of one page, by all harts',
	unit: 'an entry of the page table changed, a remote fence on all harts, and an access',
	limit: 'a remote fence for each change, which waits for all other harts',
} as const

export const scaleWorkloads: readonly ScaleWorkload[] = [
	apart([30_000, 25_000], {
		name: 'compute-integer',
		title: 'computing with integers, nothing shared',
		unit: '10,000 steps of a random number generator and a small table',
		scaling: both,
		limit: 'cores; in the emulator also threads of its own that take them',
	}),
	apart([80_000, 35_000], {
		name: 'compute-float',
		title: 'computing with floating point, nothing shared',
		unit: '1,000 steps of Lorenz’s equations',
		scaling: both,
		limit: 'cores; in the emulator also threads of its own that take them',
	}),
	anywhere([80_000_000, 60_000_000], {
		name: 'count-amo',
		title: 'a counter of all, by one atomic instruction',
		unit: 'the counter taken further by one',
		scaling: strong,
		limit: 'one cache line, which goes from core to core',
	}),
	anywhere([80_000_000, 55_000_000], {
		name: 'count-lr-sc',
		title: 'a counter of all, by load-reserved and store-conditional',
		unit: 'the counter taken further by one',
		scaling: strong,
		limit: 'one cache line, and stores that fail because of another hart',
	}),
	anywhere([50_000_000, 5_000_000], {
		name: 'count-ticket',
		title: 'a counter under a ticket lock',
		unit: 'the lock taken and released once',
		scaling: strong,
		limit: 'the lock; a waiter without a core keeps all behind it waiting',
	}),
	anywhere([30_000_000, 5_000_000], {
		name: 'count-mcs',
		title: 'a counter under an MCS lock',
		unit: 'the lock taken and released once',
		scaling: strong,
		limit: 'the lock; a waiter without a core keeps all behind it waiting',
	}),
	threads([30_000_000, 4_000_000], {
		name: 'count-futex',
		title: 'a counter under a mutex whose waiters sleep (futex)',
		unit: 'the mutex taken and released once',
		scaling: strong,
		limit: 'the mutex; sleeping and waking by system calls',
	}),
	threads([100_000_000, 10_000_000], {
		name: 'read-rcu',
		title: 'a record that many read and few change, by RCU',
		unit: 'the record read; each 512th time changed',
		scaling: both,
		limit: 'writers, which wait for all readers',
	}),
	threads([30_000_000, 5_000_000], {
		name: 'read-rwlock',
		title: 'a record that many read and few change, under a reader-writer lock',
		unit: 'the record read; each 512th time changed',
		scaling: both,
		limit: 'the lock’s cache line, which readers write, too; sleeping and waking',
	}),
	anywhere([200_000_000, 9_000_000], {
		name: 'ring',
		title: 'producers and consumers, each worker both, over rings',
		unit: 'an item sent to the next worker',
		scaling: both,
		limit: 'cache lines between two cores; a neighbour that does not run',
	}),
	anywhere([150_000, 40_000], {
		name: 'barrier',
		title: 'short phases with a barrier between them',
		unit: 'a step of 4,096 cells, shared by all',
		scaling: strong,
		limit: 'the barrier: the slowest worker of each phase, and being told of its end',
	}),
	anywhere([15_000_000, 2_500_000], {
		name: 'false-sharing',
		title: 'a counter for each worker, all in one cache line',
		unit: '100 increments of the worker’s own counter',
		scaling: both,
		limit: 'the cache line, although nothing is shared',
	}),
	anywhere([15_000_000, 2_500_000], {
		name: 'padded',
		title: 'a counter for each worker, each in a cache line of its own',
		unit: '100 increments of the worker’s own counter',
		scaling: both,
		limit: 'cores',
	}),
	anywhere([300, 100], {
		name: 'sort',
		title: 'parallel merge sort',
		unit: '32,768 numbers sorted, shared by all',
		scaling: strong,
		limit: 'barriers between the merges; memory',
	}),
	anywhere([3500, 25], {
		name: 'matrix',
		title: 'parallel matrix multiplication',
		unit: 'two 96 × 96 matrices multiplied, shared by all',
		scaling: strong,
		limit:
			'a barrier after each product; rows that do not divide evenly. Fused multiply-adds, which an emulator computes exactly, take most of its time',
	}),
	threads([40_000, 1500], {
		name: 'mmap',
		title: 'mmap and munmap in each thread of one process',
		unit: 'four pages mapped, touched, unmapped',
		scaling: both,
		limit: 'the kernel’s lock on the address space; a remote fence for each munmap',
	}),
	threads([300, 60], {
		name: 'page-fault',
		title: 'page faults in each thread of one process',
		unit: '1,024 pages mapped, touched one by one, unmapped',
		scaling: both,
		limit: 'the kernel’s locks on the address space and on free pages; page walks',
	}),
	processes([1100, 100], {
		name: 'fork-exec',
		title: 'processes that begin and end',
		unit: 'fork, exec, wait',
		scaling: both,
		limit: 'the kernel’s locks on processes and free pages; flushes of whole address spaces',
	}),
	processes([15_000, 10_000], {
		name: 'pipe',
		title: 'a byte to a process on the next hart, and back',
		unit: 'there and back',
		scaling: both,
		limit: 'wake-ups: an interrupt to a hart that sleeps',
	}),
	row('threads', remoteFences, [500_000, 100_000], {
		name: 'shootdown',
		title: 'mprotect in each thread of one process',
		unit: 'a page’s protection changed, and an access',
		scaling: both,
		limit: 'a remote fence for each change, which waits for all other harts; the kernel’s lock on the address space',
	}),
	anywhere([80_000, 20_000], {
		name: 'bandwidth',
		title: 'memory bandwidth: STREAM’s triad, in integers, over 48 MiB',
		unit: '4,096 numbers of each of three arrays',
		scaling: both,
		limit: 'the memory’s bandwidth, which all cores share',
	}),
	processes([500, 50], {
		name: 'batch',
		title: 'a batch of short processes, as make starts them',
		unit: 'a source file compiled to an object by a process of its own',
		scaling: both,
		limit: 'the kernel’s locks on processes, files and free pages; code that is translated anew',
	}),
]

const bareFolder = 'bare/'

/** Those on bare metal, as they are named beside the ones that run under Linux. */
export const bareWorkloads: readonly ScaleWorkload[] = scaleWorkloads.flatMap((workload) => {
	const {name, title, bareMetal} = workload
	if (!bareMetal) return []
	const words = bareMetal === true ? {title: `${title}, on bare metal`} : bareMetal
	return [{...workload, ...words, name: `${bareFolder}${name}`}]
})

/** As the programs know it. */
export const programName = (name: string): string =>
	name.startsWith(bareFolder) ? name.slice(bareFolder.length) : name

/** The host's own run of a workload, which may stand for two; undefined: there is none, since the host does something else. */
export function nativeName(name: string): string | undefined {
	const program = programName(name)
	if (program === name) return name
	return scaleWorkloads.find((each) => each.name === program)?.bareMetal === true ? program : undefined
}

/** How much: operations in all, operations of each worker, or a time. */
export type Amount = Readonly<{work: number}> | Readonly<{perThread: number}> | Readonly<{milliseconds: number}>

/** Milliseconds that the measured part may take: what is left of its work is then left out. */
export const longestPart = 1100

/**
 * @param most milliseconds of the measured part, even if there is more work; undefined: any time.
 * @returns the arguments of scale-linux.elf, and of the same program compiled for the host.
 */
export function workloadArguments(
	{name, kind}: Pick<ScaleWorkload, 'name' | 'kind'>,
	threadCount: number,
	{most, ...amount}: Amount & Readonly<{most?: number}>,
): readonly string[] {
	return [
		name,
		...['--threads', `${threadCount}`],
		...amountArguments(amount),
		...(most === undefined ? [] : ['--at-most', `${most}`]),
		...(kind === 'processes' ? ['--processes'] : []),
	]
}

function amountArguments(amount: Amount): readonly [string, string] {
	if ('work' in amount) return ['--work', `${amount.work}`]
	if ('perThread' in amount) return ['--per-thread', `${amount.perThread}`]
	return ['--milliseconds', `${amount.milliseconds}`]
}

/** What a workload has done, without its warm-up. */
export type WorkloadResult = Readonly<{
	name: string
	threads: number
	operations: number
	nanoseconds: number
	/** The same for the same operations in all, on whatever they ran; undefined if the time was over before all were done. */
	checksum?: string
}>

const resultLine = /^scale (\S+) threads (\d+) operations (\d+) ns (\d+) checksum (-|[0-9a-f]{16})\s*$/gm

/** @returns those that the text has, in its order. */
export const parseWorkloadResults = (text: string): readonly WorkloadResult[] =>
	[...text.matchAll(resultLine)].map(([, name, threadCount, operations, nanoseconds, checksum]) => ({
		name: name!,
		threads: Number(threadCount),
		operations: Number(operations),
		nanoseconds: Number(nanoseconds),
		...(checksum !== '-' && {checksum: checksum!}),
	}))
