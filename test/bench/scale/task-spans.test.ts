import test from 'ava'
import {parseMark} from '../../../src/bench/scale/console.ts'
import {keyOf} from '../../../src/bench/scale/plan.ts'
import {TaskSpans} from '../../../src/bench/scale/task-spans.ts'

/** Samples are the places of lines. */
function spansOf(lines: readonly string[]) {
	const spans = new TaskSpans<number>()
	for (const [place, line] of lines.entries()) {
		const mark = parseMark(line)
		if (mark) spans.add(mark, place)
	}
	return [...spans.spans]
}
const ring = keyOf({workload: 'ring', scaling: 'strong'})
const begins = 'scale: measured part begins.'
const ends = 'scale: measured part ends.'

test('what is sampled is the measured part alone, without the start of the program and its warm-up', (t) => {
	const lines = ['scale: begin ring strong.', 'warm-up', begins, 'work', ends, 'check', 'scale: end ring strong 0.']
	t.deepEqual(spansOf(lines), [[ring, {before: 2, after: 4}]])
})

test('a program that does not say what it measures has its whole run', (t) => {
	t.deepEqual(spansOf(['scale: begin ring strong.', 'work', 'scale: end ring strong 0.']), [
		[ring, {before: 0, after: 2}],
	])
	// It was ended in the middle.
	t.deepEqual(spansOf(['scale: begin ring strong.', begins, 'work', 'scale: end ring strong 137.']), [
		[ring, {before: 0, after: 3}],
	])
})

test('each program has its own marks, also after one that has lost some', (t) => {
	const lost = ['scale: begin sort weak.', begins, 'scale: end sort weak 1.']
	const whole = ['scale: begin ring strong.', begins, ends, 'scale: end ring strong 0.']
	t.deepEqual(spansOf([...lost, ...whole]).at(-1), [ring, {before: 4, after: 5}])
	t.deepEqual(spansOf(['scale: end ring strong 0.']), [], 'its beginning was not seen')
})
