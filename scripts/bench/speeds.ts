/** Speeds from pairs of timings: the peer's time / ours, so that above 1 we are faster; median and spread. */
import {textTable} from './text-table.ts'

/** Seconds by program. */
export type Measured = Readonly<Record<string, number>>
export type Pair = Readonly<{ours: Measured; peer: Measured}>

/** Over the pairs. */
export type Speed = Readonly<{median: number; least: number; greatest: number}>
export type SpeedRow = Readonly<{
	program: string
	/** Medians, in seconds. */
	ours: number
	peer: number
	speed: Speed
}>
export type GroupRow = Readonly<{group: string; programs: number; speed: Speed}>

export function speedRows(pairs: readonly Pair[]): SpeedRow[] {
	return Object.keys(pairs[0]?.ours ?? {}).map((program) => {
		const ours = pairs.map((pair) => pair.ours[program]!)
		const peer = pairs.map((pair) => pair.peer[program]!)
		return {program, ours: median(ours), peer: median(peer), speed: spread(pairs.map((pair) => speedOf(pair, program)))}
	})
}

/** The geometric mean over some programs: first per pair, then median and spread over the pairs. */
export function groupRow(group: string, programs: readonly string[], pairs: readonly Pair[]): GroupRow {
	const means = pairs.map((pair) => geometricMean(programs.map((program) => speedOf(pair, program))))
	return {group, programs: programs.length, speed: spread(means)}
}

const speedOf = ({ours, peer}: Pair, program: string): number => peer[program]! / ours[program]!

export const spread = (values: readonly number[]): Speed => ({
	median: median(values),
	least: Math.min(...values),
	greatest: Math.max(...values),
})

export function geometricMean(values: readonly number[]): number {
	return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)
}

export function median(values: readonly number[]): number {
	const sorted = values.toSorted((one, other) => one - other)
	const middle = sorted.length >> 1
	return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export function speedTable(rows: readonly SpeedRow[], groups: readonly GroupRow[], peerName: string): string {
	const head = ['program', 'ours', peerName, 'speed', 'least', 'greatest']
	const figures = ({median, least, greatest}: Speed) => [median, least, greatest].map((value) => value.toFixed(2))
	const cells = [
		...rows.map(({program, ours, peer, speed}) => [
			program,
			`${ours.toFixed(3)} s`,
			`${peer.toFixed(3)} s`,
			...figures(speed),
		]),
		...groups.map(({group, programs, speed}) => [`${group}, mean of ${programs}`, '', '', ...figures(speed)]),
	]
	const note = `speed: ${peerName}'s time / ours, above 1 we are faster; means are geometric`
	return [textTable([head, ...cells]), note].join('\n')
}
