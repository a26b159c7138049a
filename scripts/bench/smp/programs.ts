/** The programs of `bench -- smp`, and the figures that they print; their sources are test/guests/bench-linux/timed*. */

/** What the time of one is: of a call, as each thread sees it; or from one to the next, by whichever thread. */
type Per = 'call' | 'next'

export type Figure = Readonly<{
	/** As the guest prints it. */
	name: string
	/** The program that prints it, if it has another name. */
	program?: string
	/** What takes the time, for a table. */
	title: string
	per: Per
}>

const threads = (count: number) => (count === 1 ? '1 thread' : `${count} threads`)

const storms = (name: string, what: string): readonly Figure[] =>
	[1, 2, 4].map((count) => ({
		name: count === 1 ? name : `${name}-${count}`,
		title: `${what}, ${threads(count)}`,
		per: 'call',
	}))

/** A figure that has a rate of its own: a thousandth of a second is the best. */
export const paced = 'fences'

/** In the order in which a guest runs them. */
export const figures: readonly Figure[] = [
	...storms('mmap', 'mmap, 4 pages touched, munmap'),
	...storms('mprotect', 'mprotect of a page, and an access'),
	{name: 'compute', title: '10,000 steps of computing', per: 'call'},
	{name: 'compute-fenced', title: 'the same while another thread does an mprotect 1,000 times a second', per: 'call'},
	{name: paced, program: 'compute-fenced', title: 'from one such mprotect to the next', per: 'call'},
	{name: 'compute-storm', title: 'the same while another thread does nothing but mprotects', per: 'call'},
	{name: 'mprotect-compute', program: 'compute-storm', title: 'such an mprotect', per: 'call'},
	{name: 'pipe', title: 'pipe: to another process and back', per: 'call'},
	{name: 'pipe-apart', title: 'the same, each process on a hart of its own', per: 'call'},
	{name: 'futex', title: 'futex: to another thread and back', per: 'call'},
	{name: 'futex-apart', title: 'the same, each thread on a hart of its own', per: 'call'},
	{name: 'fork', title: 'fork, and wait for the child', per: 'call'},
	{name: 'exec', title: 'fork, exec, and wait', per: 'call'},
	{name: 'compress-16', title: '16 processes that compress 48 KiB each', per: 'call'},
	{name: 'amo', title: 'count by AMO, a thread on each hart', per: 'next'},
	{name: 'lr-sc', title: 'count by LR and SC', per: 'next'},
	{name: 'ticket-lock', title: 'count under a ticket lock', per: 'next'},
	{name: 'mcs-lock', title: 'count under an MCS lock', per: 'next'},
	{name: 'mutex', title: 'count under a mutex (futex)', per: 'next'},
]

const programOf = ({name, program}: Figure) => program ?? name
export const programNames: readonly string[] = [...new Set(figures.map(programOf))]
export const figuresOf = (programs: readonly string[]): readonly Figure[] =>
	figures.filter((figure) => programs.includes(programOf(figure)))
