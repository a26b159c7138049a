/** Files of the stress runs: beside their bundle in dist/, or where the sources have them. */

const files = {
	guest: {built: 'stress.elf', source: '../../test/guests/bin/stress.elf'},
	faultyRcuThread: {built: 'faults/rcu-stress-thread.mjs', source: './rcu-thread.ts'},
	rcuThread: {built: 'rcu-stress-thread.mjs', source: './rcu-thread.ts'},
} as const

export function stressFile(name: keyof typeof files): URL {
	const {built, source} = files[name]
	return new URL(import.meta.url.endsWith('.ts') ? source : built, import.meta.url)
}
