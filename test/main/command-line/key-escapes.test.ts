import test from 'ava'
import {KeyEscapes} from '../../../src/main/command-line/key-escapes.ts'

/** @returns each event as a word; those that send, with the text. */
function eventsOf(...chunks: readonly string[]): string[] {
	const escapes = new KeyEscapes()
	return chunks
		.flatMap((chunk) => escapes.push(Buffer.from(chunk)))
		.map((event) => {
			if (event.kind === 'send') return `send ${JSON.stringify(Buffer.from(event.bytes).toString())}`
			return event.kind === 'unknown' ? `unknown ${event.key}` : event.kind
		})
}

test('keys go to the guest, Ctrl-C too', (t) => {
	t.deepEqual(eventsOf('ls\r', '\u0003'), ['send "ls\\r"', 'send "\\u0003"'])
})

test('Ctrl-A x quits, Ctrl-A h helps, Ctrl-A c is not known', (t) => {
	t.deepEqual(eventsOf('\u0001x', '\u0001h', '\u0001c'), ['quit', 'help', 'unknown c'])
})

test('the second key may come later, and text around it is sent', (t) => {
	t.deepEqual(eventsOf('ab\u0001', 'hcd'), ['send "ab"', 'help', 'send "cd"'])
	t.deepEqual(eventsOf('ab\u0001hcd\u0001x'), ['send "ab"', 'help', 'send "cd"', 'quit'])
})

test('Ctrl-A twice sends one', (t) => {
	t.deepEqual(eventsOf('\u0001\u0001x'), ['send "\\u0001"', 'send "x"'])
})
