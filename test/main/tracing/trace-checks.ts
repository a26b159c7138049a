/** Reads a trace, and checks it against the Trace Event Format. */
import {readFile} from 'node:fs/promises'

export type Event = Readonly<{
	name: string
	ph: string
	ts?: number
	dur?: number
	pid: number
	tid: number
	cat?: string
	id?: string
	bp?: string
	s?: string
	args?: Readonly<Record<string, string | number>>
}>

export async function readTrace(path: string): Promise<Event[]> {
	return JSON.parse(await readFile(path, 'utf8'))
}

/** Microseconds, as all that follow: of a rounded beginning plus a rounded duration. */
const tolerance = 0.002
/** Each thread knows the distance of its clock to half of what traceClock() calls close enough, 0.5. */
const clockTolerance = 0.5 + tolerance

/** @returns what is wrong, in words. */
export function faultsOf(events: readonly Event[]): string[] {
	return [...events.flatMap(faultsOfEvent), ...faultsOfThreads(events), ...faultsOfPairs(events)]
}

function faultsOfEvent(event: Event): string[] {
	const {name, ph, ts, dur, pid, tid, cat, id, s, args} = event
	const wrong = (isWrong: boolean, what: string) => (isWrong ? [`${what}: ${JSON.stringify(event)}`] : [])
	return [
		...wrong(typeof name !== 'string' || name === '', 'no name'),
		...wrong(!['M', 'X', 'i', 'b', 'e', 's', 'f', 'C'].includes(ph), 'unknown phase'),
		...wrong(!Number.isInteger(pid) || !Number.isInteger(tid), 'no thread'),
		...wrong(ph !== 'M' && !(Number.isFinite(ts) && ts! >= 0), 'no time'),
		...wrong(ph === 'X' && !(Number.isFinite(dur) && dur! >= 0), 'no duration'),
		...wrong('besf'.includes(ph) && (id === undefined || cat === undefined), 'no id or category'),
		...wrong(ph === 'i' && !['t', 'p', 'g'].includes(s ?? ''), 'no scope'),
		...wrong(ph === 'C' && !Object.values(args ?? {}).every(Number.isFinite), 'no value'),
	]
}

/** Slices of a thread lie in one another or beside, and were written as they ended. */
function faultsOfThreads(events: readonly Event[]): string[] {
	const threads = Map.groupBy(
		events.filter(({ph}) => ph === 'X'),
		({tid}) => tid,
	)
	return [...threads.values()].flatMap((slices) => {
		const ends = slices.map(({ts, dur}) => ts! + dur!)
		const late = slices.filter((_, index) => index > 0 && ends[index]! < ends[index - 1]! - tolerance)
		const open: Event[] = []
		const crossing = slices
			.toSorted((left, right) => left.ts! - right.ts! || right.dur! - left.dur!)
			.filter((slice) => {
				while (open.length > 0 && endOf(open.at(-1)!) <= slice.ts! + tolerance) open.pop()
				const isCrossing = open.length > 0 && endOf(slice) > endOf(open.at(-1)!) + tolerance
				open.push(slice)
				return isCrossing
			})
		return [
			...late.map((slice) => `ended before the one before it: ${JSON.stringify(slice)}`),
			...crossing.map((slice) => `ends after what it began in: ${JSON.stringify(slice)}`),
		]
	})
}

export function endOf({ts, dur}: Event): number {
	return ts! + dur!
}

/** Arrows and asynchronous events have both ends, in order. */
function faultsOfPairs(events: readonly Event[]): string[] {
	const ends = events.filter(({ph}) => 'besf'.includes(ph))
	const pairs = Map.groupBy(ends, ({cat, id}) => `${cat} ${id}`)
	return [...pairs].flatMap(([key, pair]) => {
		const phases = pair.map(({ph}) => ph).join('')
		if (phases !== 'be' && phases !== 'sf') return [`${key} has the ends ${phases}`]
		const late = pair[0]!.ts! - pair[1]!.ts!
		return late > (phases === 'sf' ? clockTolerance : tolerance) ? [`${key} ends ${late} µs before it begins`] : []
	})
}
