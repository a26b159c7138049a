/** How often turns pass, and how long slices are: for runs that are to end soon, and for those that look for trouble. */
import {type Point, pointNames} from '../turns.ts'
import {drawn} from './random.ts'

export type Style = Readonly<{
	/** Instructions. */
	longestSlice: number
	/** Instructions of a piece of translated code at most; 0: any. */
	piece: number
	/** By point: within a step the turn passes in one of so many cases; 0: never. */
	rarityOf: Readonly<Record<Point, number>>
	/** The one thread that loses its turn within a step, modulo their number; undefined: any. */
	victim: number | undefined
}>

/**
 * `run`: slices are long, since a handover takes some ten microseconds. `explore`: harts are interrupted often, in guest code above
 * all; `explore-rcu`: threads without a machine, in the steps of grace periods.
 */
export type StyleName = 'run' | 'explore' | 'explore-rcu'

/** Instructions between two points of interpreted code, a power of two; 0: it has none. */
export const turnDistance: Readonly<Record<StyleName, number>> = {run: 0, explore: 4, 'explore-rcu': 0}

const byPoint = (rarity: (point: Point, index: number) => number): Readonly<Record<Point, number>> =>
	Object.fromEntries(pointNames.map((point, index) => [point, rarity(point, index)])) as Record<Point, number>

const runStyle: Style = {longestSlice: 65_536, piece: 0, rarityOf: byPoint(() => 64), victim: undefined}

/** Steps, as a power of two, after which a run that explores changes its style. */
const phaseShift = 14
/** Streams of draws. */
const [ofPhase, ofPoints] = [2000, 2001]
/** Points that are passed very often. */
const frequentPoints: readonly Point[] = ['instruction', 'ration', 'slow', 'queue']
/** In one of so many cases the turn passes at points of these kinds, if a thread may be interrupted there. */
const rarities = {frequent: [32, 128, 512], other: [1, 3, 12]} as const
/** All points within a step that threads come to, and those that two of three chosen ones are among. */
const pointsOf: Readonly<Record<'explore' | 'explore-rcu', Readonly<Record<'all' | 'often', readonly Point[]>>>> = {
	explore: {
		all: pointNames.filter((point) => point !== 'slice' && point !== 'wait'),
		// In guest code, where a hart has an entry or a table in its hands.
		often: ['instruction', 'ration', 'fill', 'fill', 'fill', 'space', 'generation', 'writer'],
	},
	'explore-rcu': {
		all: ['instruction', 'announce', 'announced', 'online', 'poll', 'advancing', 'waiter', 'queue', 'holdout'],
		often: ['announce', 'announced', 'online', 'poll', 'advancing', 'holdout'],
	},
}
const [shortestLimit, limits, mostPoints, mostVictims] = [256, 7, 3, 2 ** 16]

/** @returns the number of the style at this step; it changes now and then. */
export function phaseAt(name: StyleName, step: number): number {
	return name === 'run' ? 0 : step >>> phaseShift
}

/**
 * Of a run that explores, the seed draws in each phase the points at which threads may be interrupted: a few of them, so that a
 * thread that is interrupted there stays away for long and others go far meanwhile; or in one of eight cases all.
 */
export function styleOf(name: StyleName, seed: number, phase: number): Style {
	if (name === 'run') return runStyle
	const draw = (number: number, limit: number): number => drawn(drawn(seed, ofPhase, phase), ofPoints, number) % limit
	const {all, often} = pointsOf[name]
	const longestSlice = shortestLimit * 2 ** draw(0, limits)
	// Mostly one: others only disturb what goes far meanwhile.
	const count = draw(1, 2) === 0 ? 1 + draw(3, mostPoints) : 1
	const few = Array.from({length: count}, (_, index) => {
		const points = draw(4 + index, 3) === 0 ? all : often
		return points[draw(10 + index, points.length)]!
	})
	const chosen: readonly Point[] = draw(2, 8) === 0 ? all : few
	const rarityOf = (point: Point, index: number): number => {
		if (!chosen.includes(point)) return 0
		const kinds = rarities[frequentPoints.includes(point) ? 'frequent' : 'other']
		return kinds[draw(100 + index, kinds.length)]!
	}
	// Mostly the others are not interrupted meanwhile.
	const victim = draw(50, 4) === 0 ? undefined : draw(51, mostVictims)
	return {longestSlice, piece: longestSlice, rarityOf: byPoint(rarityOf), victim}
}
