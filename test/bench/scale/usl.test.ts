import test, {type ExecutionContext} from 'ava'
import {fitUsl, fitUslWithIntervals, type Point, peakHarts, type UslFit, uslRate} from '../../../src/bench/scale/usl.ts'

const pointsOf = (pairs: readonly (readonly [number, number])[]): Point[] =>
	pairs.map(([harts, rate]) => ({harts, rate}))

function like(t: ExecutionContext, fit: UslFit | undefined, expected: Partial<UslFit>, tolerance: number) {
	for (const [name, value] of Object.entries(expected)) {
		const got = fit![name as keyof UslFit]
		t.true(Math.abs(got - value) <= tolerance * Math.max(1e-9, value), `${name}: ${got}, expected ${value}`)
	}
}

/** SPEC SDM 91 on a Sun SPARCcenter 2000; the data set specsdm91 of R's package usl. */
const specSdm91 = pointsOf([
	[1, 64.9],
	[18, 995.9],
	[36, 1652.4],
	[72, 1853.2],
	[108, 1828.9],
	[144, 1775.0],
	[216, 1702.2],
])

test('the coefficients of SPEC SDM 91 are those that R’s package usl publishes', (t) => {
	const fit = fitUsl(specSdm91)
	like(t, fit, {sigma: 0.0277285, gamma: 89.995233}, 1e-6)
	like(t, fit, {kappa: 0.0001044}, 5e-4)
	// tests/fitted.Rout.save of that package, which rounds to whole numbers.
	t.deepEqual(
		specSdm91.map(({harts}) => Math.round(uslRate(fit!, harts))),
		[90, 1078, 1541, 1850, 1879, 1822, 1646],
	)
	like(t, {...fit!, gamma: peakHarts(fit!)}, {gamma: 96.5}, 1e-3)
})

test('the coefficients of the example in that package’s tests are found: 0.02, 0.02 and 1', (t) => {
	const fit = fitUsl(
		pointsOf([
			[1, 1],
			[2, 1.8868],
			[4, 3.0769],
			[6, 3.5294],
			[8, 3.5398],
			[10, 3.3557],
		]),
	)
	like(t, fit, {sigma: 0.02, kappa: 0.02, gamma: 1}, 1e-3)
})

const laws: readonly UslFit[] = [
	{gamma: 1, sigma: 0, kappa: 0},
	{gamma: 5e8, sigma: 0.3, kappa: 0},
	{gamma: 2e-3, sigma: 0, kappa: 0.05},
	{gamma: 7e6, sigma: 9, kappa: 0.4},
	{gamma: 40, sigma: 0.05, kappa: 1e-6},
]
for (const law of laws)
	test(`what follows the law is found again: σ ${law.sigma}, κ ${law.kappa}`, (t) => {
		for (const counts of [
			[1, 2, 4],
			[1, 2, 4, 8, 16, 64],
			[2, 3, 5, 9],
		]) {
			const fit = fitUsl(counts.map((harts) => ({harts, rate: uslRate(law, harts)})))!
			for (const harts of [...counts, 3])
				like(t, {...fit, gamma: uslRate(fit, harts)}, {gamma: uslRate(law, harts)}, 1e-3)
			t.true(Math.abs(fit.sigma - law.sigma) < 1e-3 * Math.max(1, law.sigma), `σ ${fit.sigma} of ${counts}`)
			t.true(Math.abs(fit.kappa - law.kappa) < 1e-3, `κ ${fit.kappa} of ${counts}`)
		}
	})

test('more than linear speed-up gives no coefficient below 0', (t) => {
	const {sigma, kappa} = fitUsl(
		pointsOf([
			[1, 1],
			[2, 2.3],
			[4, 5],
			[8, 11],
		]),
	)!
	t.deepEqual([sigma, kappa], [0, 0])
})

test('two counts of harts fit any law, so none is named', (t) => {
	t.is(
		fitUsl(
			pointsOf([
				[1, 1],
				[2, 2],
				[2, 1.9],
			]),
		),
		undefined,
	)
})

test('intervals hold the coefficients that noise hides, need five repetitions, and are the same each time', (t) => {
	const law = {gamma: 100, sigma: 0.1, kappa: 0.01}
	const noise = [0.98, 1.01, 1, 0.99, 1.02]
	const rates = (count: number) =>
		new Map([1, 2, 4, 8].map((harts) => [harts, noise.slice(0, count).map((each) => each * uslRate(law, harts))]))
	const {intervals} = fitUslWithIntervals(rates(5))!
	for (const name of ['sigma', 'kappa'] as const) {
		const [from, to] = intervals![name]
		t.true(from <= law[name] && law[name] <= to, `${name}: ${from} to ${to}`)
		t.true(from < to)
	}
	t.deepEqual(fitUslWithIntervals(rates(5))!.intervals, intervals)
	t.is(fitUslWithIntervals(rates(4))!.intervals, undefined)
})
