import test from 'ava'
import {ConsoleMatcher, parsePattern} from '../../../src/main/command-line/console-matcher.ts'

/** @returns the index of the chunk after which the pattern matches, or −1. */
function firstMatch(pattern: string, chunks: readonly string[]): number {
	const matcher = new ConsoleMatcher(parsePattern(pattern, '--expect'))
	return chunks.findIndex((chunk) => matcher.push(Buffer.from(chunk, 'latin1')))
}

test('a match may be cut anywhere', (t) => {
	const text = 'noise\r\nwelcome to the shell\r\n'
	for (let cut = 0; cut <= text.length; cut++)
		t.true(firstMatch('to the sh', [text.slice(0, cut), text.slice(cut)]) >= 0)
	t.is(firstMatch('to the sh', [...text]), text.indexOf('to the sh') + 'to the sh'.length - 1)
})

test('^ and $ stand at lines, and carriage returns do not count', (t) => {
	t.is(firstMatch('^done$', ['not done\r\n', 'done\r', '\n']), 1)
	t.is(firstMatch('a\\nb', ['a\r\n', 'b']), 1)
})

test('characters of several bytes may be cut', (t) => {
	const [first, second] = [
		Buffer.from('é').toString('latin1').slice(0, 1),
		Buffer.from('é').toString('latin1').slice(1),
	]
	t.is(firstMatch('é', [first, second]), 1)
})

test('old output is forgotten, and a long chunk is searched as a whole', (t) => {
	const filler = 'x'.repeat(70_000)
	t.is(firstMatch('start.*end', ['start', filler, 'end']), -1)
	t.is(firstMatch('start', [`start${filler}`]), 0)
})

test('an empty pattern, which would match anything, is refused', (t) => {
	t.throws(() => parsePattern('', '--expect'), {message: 'Expected --expect to be a regular expression, got ""'})
})

test('a pattern that is no regular expression is refused in one line', (t) => {
	const {message} = t.throws(() => parsePattern('(', '--expect'), {name: 'UserError'})
	t.is(message, 'Expected --expect to be a regular expression, got /(/m: Unterminated group')
})
