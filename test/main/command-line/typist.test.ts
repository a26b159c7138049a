import {setTimeout as delay} from 'node:timers/promises'
import test from 'ava'
import {Typist} from '../../../src/main/command-line/typist.ts'

function typist(text: string, delays: {promptQuietMs: number; silenceMs: number}) {
	const typed: string[] = []
	const write = (bytes: Uint8Array) => typed.push(Buffer.from(bytes).toString())
	return {typed, typist: new Typist({text: Buffer.from(text), write, delays})}
}

test('a line is typed at each prompt, not in the middle of output', async (t) => {
	const {typed, typist: typing} = typist('one\ntwo\n', {promptQuietMs: 20, silenceMs: 60_000})
	using _ = typing
	typing.sees(Buffer.from('booting\n'))
	await delay(100)
	t.deepEqual(typed, [])
	typing.sees(Buffer.from('# '))
	await delay(100)
	t.deepEqual(typed, ['one\n'])
	typing.sees(Buffer.from('one\r\nresult\r\n'))
	await delay(100)
	t.deepEqual(typed, ['one\n'])
	typing.sees(Buffer.from('# '))
	await delay(100)
	t.deepEqual(typed, ['one\n', 'two\n'])
})

test('a line that is printed slowly is no prompt, and a prompt may come in pieces', async (t) => {
	const {typed, typist: typing} = typist('one\n', {promptQuietMs: 20, silenceMs: 60_000})
	using _ = typing
	typing.sees(Buffer.from('[    1.234] Run /ini'))
	await delay(100)
	t.deepEqual(typed, [])
	for (const piece of ['t\n~', ' ', '#', ' \x1b[6n']) typing.sees(Buffer.from(piece))
	await delay(100)
	t.deepEqual(typed, ['one\n'])
})

test('a guest without prompts gets its lines after a silence', async (t) => {
	const {typed, typist: typing} = typist('one\ntwo', {promptQuietMs: 20, silenceMs: 30})
	using _ = typing
	await delay(200)
	t.deepEqual(typed, ['one\n', 'two'])
})
