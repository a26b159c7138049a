import test from 'ava'
import {beginMark, endMark, markSource, parseConsole, parseCost, parseMark} from '../../../src/bench/scale/console.ts'
import type {Task} from '../../../src/bench/scale/plan.ts'
import {keyOf} from '../../../src/bench/scale/plan.ts'

const ring: Task = {workload: 'ring', scaling: 'strong'}
const sort: Task = {workload: 'sort', scaling: 'weak'}
const figure = (name: string) => `scale ${name} threads 2 operations 4000 ns 250000000 checksum 00000000000000ab`

test('figures are those between the marks of a program', (t) => {
	const console = [
		'Linux boots',
		figure('ring'),
		beginMark(ring),
		figure('ring'),
		endMark(ring, '0'),
		beginMark(sort),
		`${figure('sort').replace('4000', '8000')}\r`,
		endMark(sort, '0'),
		'bench: ended 0.',
	].join('\n')
	t.deepEqual(
		[...parseConsole(console, 60)],
		[
			[keyOf(ring), {operations: 4000, seconds: 0.25, checksum: '00000000000000ab'}],
			[keyOf(sort), {operations: 8000, seconds: 0.25, checksum: '00000000000000ab'}],
		],
	)
})

test('a program that fails, hangs or says nothing has no figure, but what it said', (t) => {
	const of = (code: string, ...lines: readonly string[]) =>
		parseConsole([figure('ring'), beginMark(ring), ...lines, endMark(ring, code), ''].join('\n'), 60).get(keyOf(ring))
	t.deepEqual(of('1', 'scale: ring: an item is lost'), {error: 'ended with 1: scale: ring: an item is lost'})
	t.deepEqual(of('137'), {error: 'did not end in 60 s'})
	t.deepEqual(of('0'), {error: 'printed no figure'})
	t.deepEqual(of('0', 'hello'), {error: 'printed no figure, but hello'})
	t.is(parseConsole(`${beginMark(ring)}\n${figure('ring')}\n`, 60).size, 0, 'it has not ended')
})

test('the time of a program of the user is that of its whole run', (t) => {
	const own: Task = {workload: 'own.elf', scaling: 'strong'}
	const console = [beginMark(own), 'bench own.elf 1500000000 ns, check 0x1f', endMark(own, '0'), ''].join('\n')
	t.deepEqual(parseConsole(console, 60).get(keyOf(own)), {operations: 1, seconds: 1.5, checksum: '1f'})
})

test('where the time was over before the work was done, there are figures without a checksum', (t) => {
	const cut = figure('ring').replace('00000000000000ab', '-')
	const console = [beginMark(ring), cut, endMark(ring, '0'), ''].join('\n')
	t.deepEqual(parseConsole(console, 60).get(keyOf(ring)), {operations: 4000, seconds: 0.25})
})

test('a mark is a whole line', (t) => {
	t.deepEqual(parseMark(endMark(sort, '3')), {kind: 'end', task: sort, code: 3})
	t.deepEqual(parseMark(`${beginMark(ring)}\r`), {kind: 'begin', task: ring, code: 0})
	t.is(parseMark(beginMark(ring).slice(0, -1)), undefined)
	t.is(parseMark(`x ${beginMark(ring)}`), undefined)
})

test('marks are those that statistics are written at', (t) => {
	for (const line of [
		beginMark(ring),
		'scale: measured part begins.',
		'scale: measured part ends.',
		endMark(ring, '0'),
	]) {
		t.truthy(parseMark(`${line}\r`), line)
		t.regex(line, new RegExp(markSource))
	}
	t.is(parseMark('scale: measured part begins'), undefined)
	t.deepEqual(parseMark('scale: measured part ends.'), {kind: 'measured part ends'})
})

test('what a program says of its cost is read', (t) => {
	const said = ['scale: measured part ends.', 'scale: cost 1500000000 ns, 7 voluntary, 3 involuntary.', figure('ring')]
	t.deepEqual(parseCost(said.join('\n')), {cpuSeconds: 1.5, voluntary: 7, involuntary: 3})
	t.is(parseCost(figure('ring')), undefined)
})
