import test from 'ava'
import {avaFigures, failedTitles, summaryLine} from '../../../scripts/build/ava-figures.ts'

test('a run where all passed is read from the summary', (t) => {
	const output = '  ✔ a\n  ✔ b\n  - [skip] c\n  ─\n\n  2 tests passed\n  1 test skipped\n'
	t.is(summaryLine(avaFigures(output, 0)), '2 passed, 0 failed, 1 skipped')
})

test('passed tests are counted when the summary leaves them out', (t) => {
	const output = '  ✔ a\n  ✘ [fail]: b\n  ─\n\n  b\n  ─\n\n  1 test failed\n  1 known failure\n'
	t.is(summaryLine(avaFigures(output, 1)), '1 passed, 1 failed')
})

test('crashes, hooks and hanging tests count as failures', (t) => {
	const output =
		'  ─\n\n  1 hook failed\n  2 tests failed\n  3 uncaught exceptions\n  4 unhandled rejections\n  5 tests remained pending after a timeout\n'
	t.is(summaryLine(avaFigures(output, 1)), '0 passed, 15 failed')
})

test('a run that fails without a failed test counts as one failure', (t) => {
	t.is(summaryLine(avaFigures('  ✔ a\n', 1)), '1 passed, 1 failed')
})

test('colours do not hide the figures', (t) => {
	t.is(summaryLine(avaFigures('  ─\n\n  \u001b[32m7 tests passed\u001b[39m\n', 0)), '7 passed, 0 failed')
})

test('titles of failed tests are separated from the errors after them', (t) => {
	const output = [
		'  ✘ [fail]: adds',
		'  ✘ [fail]: adds, with words (1.2s) some: message',
		'  ✔ subtracts',
		'  ─',
		'',
		'  adds',
		'',
		'  adds, with words',
		'',
		'  some: message',
		'  ─',
		'  2 tests failed',
	]
	t.deepEqual(failedTitles(output.join('\n')), ['adds', 'adds, with words'])
})
