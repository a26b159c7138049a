import test from 'ava'
import {promptQuietMs, silenceMs, Typist} from '../../../src/main/command-line/typist.ts'

/** A typist whose time the test lets pass. */
function typist(text: string) {
	const typed: string[] = []
	const write = (bytes: Uint8Array) => typed.push(Buffer.from(bytes).toString())
	let timer: {left: number; action: () => void} | undefined
	const after = (left: number, action: () => void): Disposable => {
		const own = {left, action}
		timer = own
		return {
			[Symbol.dispose]: () => {
				if (timer === own) timer = undefined
			},
		}
	}
	const pass = (milliseconds: number) => {
		if (!timer) return
		timer.left -= milliseconds
		if (timer.left > 0) return
		const {action} = timer
		timer = undefined
		action()
	}
	return {typed, pass, typist: new Typist({text: Buffer.from(text), write, after})}
}

test('a line is typed at each prompt, not in the middle of output', (t) => {
	const {typed, pass, typist: typing} = typist('one\ntwo\n')
	using _ = typing
	typing.sees(Buffer.from('booting\n'))
	pass(silenceMs - 1)
	t.deepEqual(typed, [])
	typing.sees(Buffer.from('# '))
	pass(promptQuietMs - 1)
	t.deepEqual(typed, [])
	pass(1)
	t.deepEqual(typed, ['one\n'])
	typing.sees(Buffer.from('one\r\nresult\r\n'))
	pass(silenceMs - 1)
	t.deepEqual(typed, ['one\n'])
	typing.sees(Buffer.from('# '))
	pass(promptQuietMs)
	t.deepEqual(typed, ['one\n', 'two\n'])
})

test('a line that is printed slowly is no prompt, and a prompt may come in pieces', (t) => {
	const {typed, pass, typist: typing} = typist('one\n')
	using _ = typing
	typing.sees(Buffer.from('[    1.234] Run /ini'))
	pass(silenceMs - 1)
	t.deepEqual(typed, [])
	for (const piece of ['t\n~', ' ', '#', ' \x1b[6n']) typing.sees(Buffer.from(piece))
	pass(promptQuietMs)
	t.deepEqual(typed, ['one\n'])
})

test('output that goes on after what looks like a prompt shows that it was none', (t) => {
	const {typed, pass, typist: typing} = typist('one\n')
	using _ = typing
	typing.sees(Buffer.from('items: '))
	pass(promptQuietMs - 1)
	typing.sees(Buffer.from('three\n'))
	pass(silenceMs - 1)
	t.deepEqual(typed, [])
})

test('a guest without prompts gets its lines after a silence', (t) => {
	const {typed, pass, typist: typing} = typist('one\ntwo')
	using _ = typing
	pass(silenceMs)
	t.deepEqual(typed, ['one\n'])
	pass(silenceMs)
	t.deepEqual(typed, ['one\n', 'two'])
	pass(silenceMs)
	t.deepEqual(typed, ['one\n', 'two'])
})

test('no line is typed once the typist has been disposed of', (t) => {
	const {typed, pass, typist: typing} = typist('one\n')
	typing[Symbol.dispose]()
	pass(silenceMs)
	t.deepEqual(typed, [])
})
