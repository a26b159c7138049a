import test from 'ava'
import {amounts, othersPerDefault} from '../../../src/bench/flush/design-data.ts'
import {estimate, flushForecast} from '../../../src/bench/flush/forecast.ts'
import {computePrograms, linuxPrograms, partNames, partOf, workingSetOf} from '../../../src/bench/flush/parts.ts'
import {comparedDesigns, defaultId, idOf, makePlan, type Run} from '../../../src/bench/flush/plan.ts'
import {defaultTlbDesign, parseTlbDesign, tlbKeys} from '../../../src/tlb/index.ts'
import {fakePlan} from './fake-record.ts'

const qemu = 'QEMU 7.2.22'
const whole = fakePlan('whole')
const quick = fakePlan('quick')

const ofKind = <Kind extends Run['kind']>(runs: readonly Run[], kind: Kind) =>
	runs.filter((run): run is Run & {kind: Kind} => run.kind === kind)

test('the whole plan has every policy at every size from 2^6 to 2^16, with few, half and all entries filled', (t) => {
	const costs = ofKind(whole.runs, 'cost')
	for (const policy of Object.keys(tlbKeys.policy.values)) {
		for (let log2Entries = 6; log2Entries <= 16; log2Entries++) {
			const run = costs.find((each) => each.subject === `policy=${policy}` && each.log2Entries === log2Entries)
			const entries = 2 ** log2Entries
			for (const filled of [16, entries / 2, entries]) t.true(run?.fills.includes(filled), `${policy} ${log2Entries}`)
		}
		t.true(costs.some(({subject}) => subject === `policy=${policy},encoding=plus-one`))
	}
})

test('guests run with each value of each key of --tlb that the data name, and the default among them', (t) => {
	const ids = new Set(whole.subjects.map(({id}) => id))
	for (const [field, key] of Object.entries(tlbKeys)) {
		const values: readonly string[] = amounts.whole.guestValues[field] ?? Object.keys(key.values)
		for (const value of values) t.true(ids.has(value === key.default ? defaultId : `${key.name}=${value}`), value)
	}
	t.true(ids.has(qemu))
})

test('switches run alone, too, to count what they flush: with each number of kept spaces, and under QEMU', (t) => {
	const storms = ofKind(whole.runs, 'storm')
	const ids = Object.keys(tlbKeys.asids.values).map((value) => idOf({asids: value}))
	t.deepEqual([...new Set(storms.map(({subject}) => subject))].toSorted(), [...ids, qemu].toSorted())
})

test('a design is compared once, whether by one value or as a combination', (t) => {
	for (const amount of ['quick', 'whole'] as const) {
		const ids = comparedDesigns(amount).map(({design}) => idOf(design))
		t.is(new Set(ids).size, ids.length)
	}
	t.is(idOf(defaultTlbDesign), defaultId)
	t.is(idOf({...defaultTlbDesign, policy: 'clear'}), 'policy=clear')
})

test('every subject is a design that --tlb takes, or a QEMU', (t) => {
	for (const subject of [...whole.subjects, ...quick.subjects])
		t.notThrows(() => subject.kind === 'qemu' || subject.id === defaultId || parseTlbDesign(subject.id), subject.id)
})

test('storms run on 1, 2 and 4 harts, everything else on one; QEMU runs all that the default does', (t) => {
	const linux = ofKind(whole.runs, 'linux')
	t.deepEqual([...new Set(linux.map(({harts}) => harts))].toSorted(), [1, 2, 4])
	for (const {harts, programs} of linux) if (harts > 1) t.deepEqual([...new Set(programs.map(partOf))], ['storms'])
	const programsOf = (subject: string) =>
		new Set(whole.runs.flatMap((run) => (run.subject === subject && 'programs' in run ? run.programs : [])))
	t.deepEqual(programsOf(qemu), programsOf(defaultId))
	for (const names of Object.values(linuxPrograms).flatMap((byHarts) => Object.values(byHarts)))
		for (const name of names) t.true(programsOf(defaultId).has(name), name)
	for (const name of computePrograms) t.true(programsOf(defaultId).has(name), name)
})

test('working sets go from 4 KiB to 256 MiB', (t) => {
	for (const access of ['chase', 'pages']) {
		const sizes = computePrograms.filter((name) => name.startsWith(access)).map(workingSetOf)
		t.is(Math.min(...sizes), 4096)
		t.is(Math.max(...sizes), 2 ** 28)
		t.is(sizes.length, 9)
	}
})

test('the rounds follow one another; each has the default again and again, near every other design', (t) => {
	t.deepEqual([...new Set(whole.runs.map(({round}) => round))], [0, 1, 2])
	t.deepEqual(
		whole.runs.map(({round}) => round),
		whole.runs.map(({round}) => round).toSorted(),
	)
	const boots = ofKind(whole.runs, 'boot').filter(({round}) => round === 1)
	for (const index of boots.keys())
		t.true(
			boots.slice(Math.max(0, index - othersPerDefault), index + 1).some(({subject}) => subject === defaultId),
			`${index}`,
		)
})

test('the order comes from the seed', (t) => {
	const order = (seed: number) =>
		makePlan({amount: 'whole', parts: partNames, qemus: [], seed}).runs.map(({subject}) => subject)
	t.deepEqual(order(5), order(5))
	t.notDeepEqual(order(5), order(6))
})

test('two QEMUs of one version are told apart by their files', (t) => {
	const qemus = [
		{file: '/a', version: '10.0.0'},
		{file: '/b', version: '10.0.0'},
		{file: '/c', version: '7.2.22'},
	]
	const {subjects} = makePlan({amount: 'quick', parts: ['boot'], qemus, seed: 1})
	const ids = subjects.filter(({kind}) => kind === 'qemu').map(({id}) => id)
	t.deepEqual(ids, ['QEMU 10.0.0 (/a)', 'QEMU 10.0.0 (/b)', 'QEMU 7.2.22'])
})

test('only the parts that are asked for are planned', (t) => {
	const {runs} = makePlan({amount: 'whole', parts: ['switches'], qemus: [], seed: 1})
	t.deepEqual([...new Set(runs.map(({kind}) => kind))], ['linux', 'storm'])
	t.true(runs.every((run) => 'programs' in run && run.programs.every((name) => partOf(name) === 'switches')))
})

test('by the estimate the whole takes at most an hour, the quick one two minutes', (t) => {
	t.true(flushForecast().of(whole.runs) < 3600)
	t.true(flushForecast().of(quick.runs) < 120)
	t.deepEqual([whole.minutes, quick.minutes], [60, 2])
})

test('what runs have taken corrects the forecast of their kind', (t) => {
	const forecast = flushForecast()
	const [boot] = ofKind(quick.runs, 'boot')
	const [cost] = ofKind(quick.runs, 'cost')
	forecast.finished(boot!, 3 * estimate(boot!))
	t.is(forecast.secondsOf(boot!), 3 * estimate(boot!))
	t.is(forecast.secondsOf(cost!), estimate(cost!))
})
