import test from 'ava'
import {type LineStream, LiveLine} from '../../src/stress/live-line.ts'

function create(terminal: Omit<LineStream, 'write'>) {
	let [written, now] = ['', 5000]
	const line = new LiveLine({...terminal, write: (text) => (written += text)}, () => now)
	/** @returns what was written since the last call. */
	const take = () => {
		const taken = written
		written = ''
		return taken
	}
	const pass = (milliseconds: number) => {
		now += milliseconds
	}
	return {line, take, pass}
}

const erase = '\r\u001b[K'

test('on a terminal the line is rewritten each time, cut to its width, and erased at the end', (t) => {
	const {line, take} = create({isTTY: true, columns: 10})
	line.show('0123456789abc')
	t.is(take(), `${erase}012345678`)
	line.show('short')
	t.is(take(), `${erase}short`)
	line[Symbol.dispose]()
	t.is(take(), erase)
})

test('a terminal that tells no width has 80 columns', (t) => {
	const {line, take} = create({isTTY: true})
	line.show('x'.repeat(100))
	t.is(take(), `${erase}${'x'.repeat(79)}`)
})

test('elsewhere a whole line is written each ten seconds at most, and nothing else', (t) => {
	const {line, take, pass} = create({})
	line.show('at once')
	pass(9999)
	line.show('too soon')
	t.is(take(), '')
	pass(1)
	const long = 'x'.repeat(200)
	line.show(long)
	t.is(take(), `${long}\n`)
	pass(9999)
	line.show('too soon again')
	pass(1)
	line.show('second')
	t.is(take(), 'second\n')
	line[Symbol.dispose]()
	t.is(take(), '')
})
