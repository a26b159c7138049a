import test from 'ava'
import {type Ending, GuestLines, violationOf} from '../../src/stress/guest-lines.ts'

/** What a guest that prints this has said, and how often it was heard to make progress. */
function listenTo(text: string, bytesAtOnce = 1000): GuestLines & {readonly heard: number} {
	let heard = 0
	const guest = new GuestLines(() => heard++)
	const bytes = new TextEncoder().encode(text)
	for (let from = 0; from < bytes.length; from += bytesAtOnce) guest.take(bytes.subarray(from, from + bytesAtOnce))
	guest.end()
	return Object.assign(guest, {
		get heard() {
			return heard
		},
	})
}

const progress = 'progress 120 7 900\nprogress 250 15 1800\n'
const passed = 'stress: passed\n'
const poweredOff: Ending = {reason: 'power-off', exitCode: 0}

test('progress is counted by its latest line, and heard of at each', (t) => {
	const {counts, heard, lines, hasPassed} = listenTo(progress)
	t.deepEqual(counts, {operations: 250, fences: 15})
	t.is(heard, 2)
	t.deepEqual(lines, [])
	t.false(hasPassed)
})

test('lines are whole however the bytes are cut, with \\r\\n as with \\n, the last one without an end', (t) => {
	const text = `${progress.replaceAll('\n', '\r\n')}hart 1 got “0x7”\r\nstress: passed`
	for (const bytesAtOnce of [1, 2, 3, 7, 1000]) {
		const {counts, lines, hasPassed} = listenTo(text, bytesAtOnce)
		t.deepEqual(counts, {operations: 250, fences: 15})
		t.deepEqual(lines, ['hart 1 got “0x7”'])
		t.true(hasPassed)
	}
})

test('lines for the console’s sake are no violation while they are whole', (t) => {
	const whole = '# hart 3 0123456789abcdefghijklmnopqrstuvwxyz'
	t.deepEqual(listenTo(`${whole}\n\n${whole}\n`).lines, [])
	const torn = '# hart 3 0123456789abcdeghijklmnopqrstuvwxyz'
	t.deepEqual(listenTo(`${whole}\n${torn}\n`).lines, [torn])
})

test('a torn line of progress is a violation', (t) => {
	t.deepEqual(listenTo('progress 120 7\n').lines, ['progress 120 7'])
	t.deepEqual(listenTo('progress 120 7 900 stress: passed\n').lines, ['progress 120 7 900 stress: passed'])
})

test('a guest that says that it has passed has violated nothing', (t) => {
	t.deepEqual(violationOf(poweredOff, listenTo(progress + passed)), [])
})

test('what a guest says was violated is the violation, whatever else it says and however it ends', (t) => {
	const says = ['hart 2, step 7: expected 0x5, got 0x4', '  fence 3 of hart 1']
	const lines = listenTo(`${progress}${says.join('\n')}\n${passed}`)
	t.deepEqual(violationOf(poweredOff, lines), says)
	t.deepEqual(violationOf({reason: 'aborted', exitCode: 130}, lines), says)
	t.deepEqual(violationOf({reason: 'error', exitCode: 70, message: 'a worker died'}, lines), says)
})

for (const [ending, exitCode] of [
	['power-off', 0],
	['power-off', 3],
	['stuck', 71],
] as const)
	test(`a guest that ends before its checks has not passed, nor one that fails: ${ending}, ${exitCode}`, (t) => {
		const violation = [`the guest ended before its checks, with ${exitCode} (${ending})`]
		t.deepEqual(violationOf({reason: ending, exitCode}, listenTo(progress)), violation)
		if (exitCode !== 0) t.deepEqual(violationOf({reason: ending, exitCode}, listenTo(progress + passed)), violation)
	})

test('a machine that ends with an error says it, even if the guest has passed', (t) => {
	const ending = {reason: 'error', exitCode: 70, message: 'hart 1 has died'}
	t.deepEqual(violationOf(ending, listenTo(progress + passed)), ['the machine ended: hart 1 has died'])
})

for (const reason of ['aborted', 'stopped'])
	test(`a machine that somebody ends has violated nothing, though it has not come to its checks: ${reason}`, (t) => {
		t.deepEqual(violationOf({reason, exitCode: 0}, listenTo(progress)), [])
	})
