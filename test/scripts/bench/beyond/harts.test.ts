/** The simulated harts, where it can be said how long they take. */
import {readFile} from 'node:fs/promises'
import test from 'ava'
import {Harts, type HartsOptions} from '../../../../scripts/bench/beyond/harts.ts'
import {measuredParameters, type Parameters} from '../../../../scripts/bench/beyond/parameters.ts'
import {runHarts} from '../../../../scripts/bench/beyond/scenarios.ts'
import {Simulation} from '../../../../scripts/bench/beyond/simulation.ts'
import {fromRoot} from '../../../../scripts/build/project.ts'
import {randomSource} from '../../../../src/bench/statistics.ts'

const always = (value: number) => ({p50: value, p90: value, p99: value, max: value})
const parameters: Parameters = {
	...{doorbell: always(100), wake: always(20), fence: 3, target: 0.2, safepoint: 1, answer: 0.3},
	...{slice: 1000, look: 200, shortLook: 5, quantum: 4000},
}

function simulate(options: Partial<HartsOptions>, milliseconds: number, seed = 1) {
	const simulation = new Simulation()
	const random = randomSource(seed)
	const harts = new Harts({simulation, random, parameters, harts: 16, cores: 16, fencing: 1, between: 500, ...options})
	simulation.runUntil(milliseconds * 1000)
	return harts
}

test('a fence of busy harts takes its own work and as long as the slowest target', (t) => {
	const {fences} = simulate({}, 100)
	t.true(fences.length > 50)
	// Half of the targets take the bell after 100 µs, unless their slice ends before.
	for (const fence of fences) t.true(fence <= 3 + 15 * 0.2 + 100 + 0.001 && fence > 3 + 15 * 0.2, `${fence}`)
	const longest = fences.toSorted((left, right) => right - left)[0]!
	t.true(Math.abs(longest - 106) < 0.001, `${longest}`)
})

test('a hart that sleeps is not waited for', (t) => {
	// Both fence nearly all the time: each finds the other one offline, or waits for its bell.
	const {fences} = simulate({harts: 2, cores: 2, fencing: 2, between: 1}, 20)
	t.true(fences.some((fence) => Math.abs(fence - 3.2) < 0.001))
})

test('with one core for two harts a fence waits for the host', (t) => {
	const {fences} = simulate({harts: 2, cores: 1, fencing: 1}, 1000)
	t.true(fences.length > 10)
	// The target gets the core when the initiator sleeps; then the initiator waits for the end of the target's turn.
	for (const fence of fences) t.true(fence < 2 * 4000 + 200, `${fence}`)
	t.true(fences.some((fence) => fence > 3000))
})

test('guest code takes all cores but for what fences take', (t) => {
	const {computed} = simulate({fencing: 0}, 50)
	t.true(Math.abs(computed / (16 * 50_000) - 1) < 0.03, `${computed}`)
})

test('a grace period takes as long as the greatest of n parts of slices', (t) => {
	for (const count of [1, 4]) {
		let [sum, periods] = [0, 0]
		for (let seed = 1; seed <= 400; seed++) {
			const simulation = new Simulation()
			const random = randomSource(seed)
			const harts = new Harts({simulation, random, parameters, harts: count, cores: count, fencing: 0, between: 1})
			simulation.after(2000 + 1000 * random(), () => harts.beginGracePeriod())
			simulation.runUntil(5000)
			for (const period of harts.gracePeriods) {
				sum += period
				periods++
			}
		}
		t.is(periods, 400)
		// Of n that are even from 0 to 1: n / (n + 1).
		const expected = (1000 * count) / (count + 1)
		t.true(Math.abs(sum / periods / expected - 1) < 0.08, `${count}: ${sum / periods}`)
	}
})

test('a simulation is the same each time, and more harts make fences longer', async (t) => {
	const {tables} = JSON.parse(await readFile(fromRoot('docs/benchmarks.json'), 'utf8'))
	const measured = measuredParameters(tables['smp-latency'].figures.rows)
	const run = (harts: number) =>
		runHarts({parameters: measured, harts, cores: harts, fencing: harts, between: 1000}, 60)
	const [few, many] = [run(4), run(32)]
	t.deepEqual(run(4), few)
	t.true(many.fences.p50 > few.fences.p50 && many.efficiency < few.efficiency)
	t.throws(() => measuredParameters([]), {message: /series/})
})
