/** docs/conformance.md and its record. */
import {readFile} from 'node:fs/promises'
import test from 'ava'
import {fromRoot} from '../../../scripts/build/project.ts'
import {areaMeasures, sumOf} from '../../../scripts/conformance/areas.ts'
import {differencesFromQemu} from '../../../scripts/conformance/differences.ts'
import type {ConformanceRecord} from '../../../scripts/conformance/record.ts'
import {emptyRecord} from '../../../scripts/conformance/record.ts'
import {render} from '../../../scripts/conformance/render.ts'
import {mutations} from '../../../scripts/mutations/index.ts'

const record: ConformanceRecord = JSON.parse(await readFile(fromRoot('docs/conformance.json'), 'utf8'))

test('docs/conformance.md is what docs/conformance.json renders to', async (t) => {
	t.is(await readFile(fromRoot('docs/conformance.md'), 'utf8'), render(record), 'npm run conformance -- --render')
})

test('every area was measured, without a failure', (t) => {
	for (const {name} of areaMeasures) {
		t.true((record.areas[name]?.cases ?? 0) > 0, name)
		t.is(record.areas[name]?.failures, 0, name)
	}
})

test('every deliberate mistake was tried, and caught by one of its tests', (t) => {
	t.deepEqual(
		record.mutations.map(({name}) => name),
		mutations.map(({name}) => name),
	)
	for (const {name, caughtBy} of record.mutations)
		t.true(mutations.find((each) => each.name === name)?.tests.includes(caughtBy?.file ?? ''), name)
})

test('an area without figures says so, a survivor stands out, and bars do not break tables', (t) => {
	const empty = render(emptyRecord)
	t.regex(empty, /\| not measured \|/)
	const [mutation] = mutations
	const {name, area, file} = mutation!
	const page = render({
		...emptyRecord,
		mutations: [{name, area, file, caughtBy: null, seconds: 1}],
		differences: {'Of some kind': ['a|b: reason']},
	})
	t.regex(page, /0 of 1 are caught/)
	t.regex(page, /\*\*survived\*\* \|/)
	t.regex(page, /### Of some kind\n\n- a\|b: reason/)
})

test('figures of an output are added up', (t) => {
	t.is(sumOf('    ℹ 12 cases\n    ℹ 30 cases\n    ℹ seed 7\n', /ℹ (\d+) cases$/gm), 42)
})

test('differences with one reason are one line', (t) => {
	for (const lines of Object.values(differencesFromQemu())) t.is(new Set(lines).size, lines.length)
})
