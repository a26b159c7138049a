/** What the guests print: figures of the programs, and samples of latencies. */
import type {Figure} from './programs.ts'

/** @property seconds of one operation; see Figure. */
export type Timed = Readonly<{seconds: number; operations: number}>

const timedLine = /^timed (\S+) (\d+) threads, (\d+) operations, (\d+) ns\s*$/gm
const latencyLine = /^latency (\S+) (\d+) ticks\s*$/gm
/** Without it not all was measured. */
const latencyEnd = /^latency: passed\s*$/m

/** @returns those that the console has, by name. A program that did nothing in its time has no figure. */
export function parseTimed(console: string, figures: readonly Figure[]): Readonly<Record<string, Timed>> {
	const lines = new Map([...console.matchAll(timedLine)].map(([, name, ...numbers]) => [name, numbers.map(Number)]))
	return Object.fromEntries(
		figures.flatMap(({name, per}) => {
			const [threads = 1, operations = 0, nanoseconds = 0] = lines.get(name) ?? []
			if (operations === 0) return []
			const seconds = ((per === 'call' ? threads : 1) * nanoseconds) / operations / 1e9
			return [[name, {seconds, operations}]]
		}),
	)
}

/** Whether a program ran for its time, and did not finish a single operation. */
export const hasDoneNothing = (console: string, {name}: Figure): boolean =>
	new RegExp(`^timed ${name} \\d+ threads, 0 operations`, 'm').test(console)

/** @returns samples in ticks, by series. */
export function parseLatencies(console: string): ReadonlyMap<string, readonly number[]> {
	const samples = Map.groupBy(console.matchAll(latencyLine), ([, name]) => name!)
	return new Map([...samples].map(([name, lines]) => [name, lines.map(([, , ticks]) => Number(ticks))]))
}

export const latenciesAreWhole = (console: string): boolean => latencyEnd.test(console)
