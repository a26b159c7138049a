/** The simulation against what can be computed. */
import test from 'ava'
import {drawFrom} from '../../../../scripts/bench/beyond/percentiles.ts'
import {dryShare, serve} from '../../../../scripts/bench/beyond/services.ts'
import {exponential, Simulation} from '../../../../scripts/bench/beyond/simulation.ts'
import {randomSource} from '../../../../src/bench/statistics.ts'

const about = (value: number, expected: number, tolerance: number) => Math.abs(value / expected - 1) <= tolerance

test('events happen in order of their time, and those of one time as they were planned', (t) => {
	const simulation = new Simulation()
	const seen: string[] = []
	simulation.after(2, () => seen.push('c'))
	simulation.after(1, () => {
		seen.push('a')
		simulation.after(1, () => seen.push('d'))
		simulation.after(0, () => seen.push('b'))
	})
	simulation.after(3, () => seen.push('too late'))
	simulation.runUntil(2.5)
	t.deepEqual(seen, ['a', 'b', 'c', 'd'])
	t.is(simulation.now, 2)
})

for (const load of [0.5, 0.8])
	test(`one server at a load of ${load} makes arrivals wait as M/M/1 does`, (t) => {
		// Wq = ρ / (1 − ρ) of a service time.
		const {meanWait, utilization} = serve({
			...{harts: 4, rate: load / 40, service: 10, servers: 1},
			...{random: randomSource(7), arrivals: 400_000},
		})
		t.true(about(utilization, load, 1e-9))
		t.true(about(meanWait, (load / (1 - load)) * 10, 0.05), `${meanWait}`)
	})

/** Erlang's C: the probability that an arrival waits. */
function erlangC(servers: number, offered: number): number {
	let [term, sum] = [1, 0]
	for (let count = 0; count < servers; count++) {
		sum += term
		term *= offered / (count + 1)
	}
	const waiting = (term * servers) / (servers - offered)
	return waiting / (sum + waiting)
}

test('five servers make arrivals wait as M/M/c does', (t) => {
	const offered = 4
	const {meanWait} = serve({
		...{harts: 8, rate: offered / 10 / 8, service: 10, servers: 5},
		...{random: randomSource(3), arrivals: 400_000},
	})
	t.true(about(meanWait, (erlangC(5, offered) * 10) / (5 - offered), 0.05), `${meanWait}`)
})

test('Erlang’s formula has its published value', (t) => {
	// One server: the load itself; two servers, one Erlang: 1/3.
	t.true(about(erlangC(1, 0.7), 0.7, 1e-9) && about(erlangC(2, 1), 1 / 3, 1e-9))
})

test('the slowest of n takes as long as the expectation of the greatest of n exponentials says', (t) => {
	const random = randomSource(11)
	for (const count of [2, 16, 128]) {
		const rounds = 20_000
		let sum = 0
		for (let round = 0; round < rounds; round++) {
			let slowest = 0
			for (let each = 0; each < count; each++) slowest = Math.max(slowest, exponential(random, 3))
			sum += slowest
		}
		// The mean times the n-th harmonic number.
		const harmonic = Array.from({length: count}, (_, index) => 1 / (index + 1)).reduce((all, each) => all + each, 0)
		t.true(about(sum / rounds, 3 * harmonic, 0.02), `${count}: ${sum / rounds}`)
	}
})

test('what is drawn from percentiles has these percentiles', (t) => {
	const random = randomSource(5)
	const percentiles = {p50: 1, p90: 4, p99: 100, max: 1000}
	const drawn = Array.from({length: 200_000}, () => drawFrom(percentiles, random)).sort((left, right) => left - right)
	const at = (share: number) => drawn[Math.floor(share * drawn.length)]!
	t.true(
		about(at(0.5), 1, 0.03) && about(at(0.9), 4, 0.05) && about(at(0.99), 100, 0.1),
		`${at(0.5)} ${at(0.9)} ${at(0.99)}`,
	)
	t.true(drawn[0]! >= 0.5 && drawn.at(-1)! <= 1000)
})

test('a pool is dry as often as Erlang’s loss formula says', (t) => {
	// M/G/c/c: spare tables are the servers, a grace period and a clearing their service, whose distribution does not matter.
	const random = randomSource(9)
	const [spare, held] = [8, 1000]
	const offered = 6
	const share = dryShare({
		...{harts: 1, swaps: offered / held, spare, clearing: 0, clearers: 1},
		...{gracePeriod: () => 2 * held * random(), random, arrivals: 200_000},
	})
	let lost = 1
	for (let count = 1; count <= spare; count++) lost = (offered * lost) / (count + offered * lost)
	t.true(about(share, lost, 0.05), `${share} ${lost}`)
})
