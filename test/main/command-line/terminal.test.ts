import {PassThrough} from 'node:stream'
import test from 'ava'
import {Terminal} from '../../../src/main/command-line/terminal.ts'
import {writtenText} from './written-text.ts'

function streams({tty}: {tty: 'terminal' | 'pipe'}) {
	const modes: boolean[] = []
	const isTTY = tty === 'terminal'
	const stdin = Object.assign(new PassThrough(), {isTTY, setRawMode: (raw: boolean) => modes.push(raw)})
	const stdout = Object.assign(new PassThrough(), {isTTY})
	const stderr = Object.assign(new PassThrough(), {isTTY})
	return {
		modes,
		streams: {stdin, stdout, stderr} as unknown as ConstructorParameters<typeof Terminal>[0],
		stdout,
		stderr,
	}
}

test('a terminal is raw while attached, and restored once', (t) => {
	const {modes, streams: all, stdout} = streams({tty: 'terminal'})
	const terminal = new Terminal(all)
	terminal.attach(() => undefined)
	t.deepEqual(modes, [true])
	const listeners = process.listenerCount('exit')
	terminal[Symbol.dispose]()
	terminal[Symbol.dispose]()
	t.deepEqual(modes, [true, false])
	t.is(process.listenerCount('exit'), listeners - 1)
	t.true(writtenText(stdout).includes('\u001b[?25h'))
})

test('a pipe is left as it is', (t) => {
	const {modes, streams: all, stdout} = streams({tty: 'pipe'})
	const terminal = new Terminal(all)
	terminal.attach(() => undefined)
	terminal[Symbol.dispose]()
	t.deepEqual(modes, [])
	t.is(writtenText(stdout), '')
})

test('a line of ours never stands in the middle of the console’s', async (t) => {
	const {streams: all, stderr} = streams({tty: 'terminal'})
	using terminal = new Terminal(all)
	terminal.attach(() => undefined)
	await terminal.show(Buffer.from('# '))
	terminal.say('note')
	terminal.say('another')
	t.is(writtenText(stderr), '\nnote\nanother\n')
})
