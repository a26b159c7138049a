/** What is simulated: fences, grace periods and shared services from 2 to 128 harts, and what of it was measured. */
import {randomSource} from '../../../src/bench/statistics.ts'
import {Harts, type HartsOptions} from './harts.ts'
import type {LatencyRow, Parameters} from './parameters.ts'
import {dryShare, type Served, serve} from './services.ts'
import {Simulation} from './simulation.ts'

export const hartCounts = [16, 32, 64, 128] as const
const seed = 14

/** Microseconds between two grace periods that are looked at. */
const gracePeriodEvery = 2000
/** Fences of a run, or thereabouts. */
const fencesOfRun = 6000

export type Latencies = Readonly<{p50: number; p90: number; p99: number}>
export type Run = Readonly<{
	harts: number
	cores: number
	fences: Latencies
	gracePeriods: Latencies
	/** Share of the cores' time that is guest code. */
	efficiency: number
}>

export type Validation = Readonly<{series: string; what: string; simulated: Latencies; measured: Latencies}>

export type Shared = Readonly<{
	harts: number
	helpers: Served
	main: Served
	traced: Served
	dry: number
	dryEach: number
}>

const percentile = (sorted: readonly number[], share: number) =>
	sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN

function latencies(values: readonly number[]): Latencies {
	const sorted = values.toSorted((left, right) => left - right)
	return {p50: percentile(sorted, 0.5), p90: percentile(sorted, 0.9), p99: percentile(sorted, 0.99)}
}

export function runHarts(
	options: Omit<HartsOptions, 'simulation' | 'random'>,
	milliseconds: number,
): Run & Readonly<{drawn: readonly number[]}> {
	const simulation = new Simulation()
	const random = randomSource(seed)
	const harts = new Harts({...options, simulation, random})
	const beginGracePeriod = () => {
		harts.beginGracePeriod()
		simulation.after(gracePeriodEvery * (0.5 + random()), beginGracePeriod)
	}
	simulation.after(gracePeriodEvery, beginGracePeriod)
	simulation.runUntil(milliseconds * 1000)
	return {
		harts: options.harts,
		cores: options.cores,
		fences: latencies(harts.fences),
		gracePeriods: latencies(harts.gracePeriods),
		efficiency: harts.computed / (simulation.now * Math.min(options.cores, options.harts)),
		drawn: harts.gracePeriods,
	}
}

/** Each hart fences all the others so often: microseconds of guest code between two. */
export const between = {often: 1000, rarely: 10_000} as const

export function fenceRuns(parameters: Parameters, coresPerHart: number, every: number): readonly Run[] {
	return hartCounts.map((harts) => {
		const cores = Math.max(1, Math.round(harts * coresPerHart))
		const milliseconds = Math.min(2000, (fencesOfRun * every) / 1000 / cores)
		return runHarts({parameters, harts, cores, fencing: harts, between: every}, Math.max(40, milliseconds))
	})
}

/** Microseconds between the samples of the guest `latency`, on average. */
const sampleGap = 110

/** The guest `latency` on two cores, as docs/benchmarks.md has it. */
export function validations(parameters: Parameters, rows: readonly LatencyRow[]): readonly Validation[] {
	const measured = (series: string): Latencies => {
		const found = rows.find((row) => row.series === series)
		if (!found) throw new Error(`Expected the record to have the series ${series}`)
		return found.percentiles[0]!
	}
	const two = runHarts({parameters, harts: 2, cores: 2, fencing: 1, between: sampleGap}, 2000).fences
	const crowd = (targets: 'all' | 'next') =>
		runHarts({parameters, harts: 8, cores: 2, fencing: 1, between: sampleGap, targets}, 8000).fences
	return [
		{series: 'flush-busy', what: 'all pages, one busy hart', simulated: two, measured: measured('flush-busy')},
		{series: 'fence-busy', what: 'one page, one busy hart', simulated: two, measured: measured('fence-busy')},
		{
			series: 'fence-crowd-busy',
			what: 'one page, one hart; eight busy harts on two cores',
			simulated: crowd('next'),
			measured: measured('fence-crowd-busy'),
		},
		{
			series: 'fences-crowd-busy',
			what: 'one page, all of eight busy harts on two cores',
			simulated: crowd('all'),
			measured: measured('fences-crowd-busy'),
		},
	]
}

/** What each hart asks of what it shares. Microseconds, and per microsecond of a hart. */
export const demands = {
	// A boot of Debian, 2 harts: 697 regions in 124 jobs of 4.36 s in all, within 10 s.
	jobs: 124 / 2 / 10e6,
	job: 4.36e6 / 124,
	// translationJobs in src/main/helper-pool.ts, on 16 cores and more.
	helpers: 4,
	// The same boot: requests that came to the main thread, and what its own code took of it beside starting.
	requests: 1466 / 2 / 10e6,
	request: 100,
	// --trace at its limit of 10,000 events a second.
	events: 10_000 / 1e6,
	event: 0.44,
	// Flushes that change tables; one of 127 swaps under epoch-tag, each under swap-pool.
	flushes: 5000 / 1e6,
	generations: 127,
	clearing: 12.5,
} as const

/** The pool has 32 spare tables per hart, as many as fit into 128 MiB. */
const spareTables = (harts: number) => Math.min(Math.max(256, 32 * harts), Math.floor((128 * 1024) / 132))

export function sharedServices(parameters: Parameters): readonly Shared[] {
	return hartCounts.map((harts) => {
		const random = randomSource(seed)
		const {drawn} = runHarts({parameters, harts, cores: harts, fencing: 0, between: 1}, 400)
		const gracePeriod = () => drawn[Math.floor(random() * drawn.length)]!
		const {jobs, job, helpers, requests, request, events, event, flushes, generations, clearing} = demands
		const pool = {harts, spare: spareTables(harts), gracePeriod, clearing, clearers: 1, random}
		return {
			harts,
			helpers: serve({harts, rate: jobs, service: job, servers: helpers, random}),
			main: serve({harts, rate: requests, service: request, servers: 1, random}),
			traced: serve({harts, rate: events, service: event, servers: 1, random}),
			dry: dryShare({...pool, swaps: flushes / generations}),
			dryEach: dryShare({...pool, swaps: flushes}),
		}
	})
}
