import test from 'ava'
import {ConsoleInput} from '../../../src/main/command-line/console-input.ts'
import type {MachineConsole} from '../../../src/main/machine-interface.ts'

/** A console that takes what it is given when it is told to. */
function fakeConsole() {
	const written: string[] = []
	const {promise, resolve: take} = Promise.withResolvers<boolean>()
	const console: MachineConsole = {
		async *[Symbol.asyncIterator]() {},
		write(data) {
			written.push(Buffer.from(data as Uint8Array).toString())
			return promise
		},
	}
	return {console, written, take: () => take(true)}
}

test('input waits for the first machine and between two of them, and keeps its order', async (t) => {
	const input = new ConsoleInput()
	const first = fakeConsole()
	const second = fakeConsole()
	const writes = [input.write(Buffer.from('a')), input.write(Buffer.from('b'))]
	input.connect(first.console)
	writes.push(input.write(Buffer.from('c')))
	input.disconnect()
	writes.push(input.write(Buffer.from('d')))
	t.deepEqual([first.written, second.written], [['a', 'b', 'c'], []])
	input.connect(second.console)
	writes.push(input.write(Buffer.from('e')))
	t.deepEqual(
		[first.written, second.written],
		[
			['a', 'b', 'c'],
			['d', 'e'],
		],
	)
	first.take()
	second.take()
	await Promise.all(writes)
})

test('bytes are untaken until the guest has taken them', async (t) => {
	const input = new ConsoleInput()
	const {console, take} = fakeConsole()
	const written = input.write(Buffer.from('abc'))
	t.is(input.untaken, 3)
	input.connect(console)
	const more = input.write(Buffer.from('de'))
	t.is(input.untaken, 5)
	take()
	await Promise.all([written, more])
	t.is(input.untaken, 0)
})
