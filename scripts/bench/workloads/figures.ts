/** What `bench -- workloads` runs, what it needs, and what the guest prints of it. */

/**
 * @property name that of its file in guest/.
 * @property packages Debian's, beside those of `debian-full`.
 */
export type Workload = Readonly<{name: string; title: string; packages: readonly string[]}>

export const workloads: readonly Workload[] = [
	{name: 'shell', title: 'a shell script of small processes', packages: []},
	{name: 'dpkg', title: 'dpkg: query, verify', packages: []},
	{name: 'archive', title: 'tar, gzip, xz, SHA-256', packages: ['xz-utils']},
	{name: 'perl', title: 'perl: hashes, patterns, sorting', packages: []},
	{name: 'python', title: 'python: dictionaries, json, patterns', packages: ['python3']},
	{name: 'python-threads', title: "python's own tests of threads", packages: ['libpython3.13-testsuite']},
	{name: 'git', title: 'git: commit, diff, gc, clone', packages: ['git']},
	{name: 'make', title: 'make -j: 24 files of C with gcc', packages: ['gcc', 'make']},
	{name: 'sqlite', title: 'sqlite: inserts, joins, an index', packages: ['sqlite3']},
	{name: 'redis', title: 'redis with its own benchmark', packages: ['redis-server']},
	{name: 'node', title: 'node: objects, patterns, numbers', packages: ['nodejs']},
]

/** The first turn has code that has never run, the second what is left of it. */
export const turns = [1, 2] as const

export type Turn = Readonly<{
	workload: string
	turn: number
	seconds: number
	/** Checksum and length of what it printed. */
	check: string
}>

/** @returns the lines `work NAME TURN SECONDS CHECK` of the guest's console. */
export function parseTurns(console: string): readonly Turn[] {
	return [...console.matchAll(/^work (\S+) ([12]) ([\d.]+(?:e-\d+)?) (\d+-\d+)\s*$/gm)].map(
		([, workload, turn, seconds, check]) => ({
			workload: workload!,
			turn: Number(turn),
			seconds: Number(seconds),
			check: check!,
		}),
	)
}
