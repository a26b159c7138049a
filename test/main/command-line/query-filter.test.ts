import test from 'ava'
import {QueryFilter} from '../../../src/main/command-line/query-filter.ts'

function filtered(...pieces: readonly string[]): string {
	const filter = new QueryFilter()
	const bytes = pieces.map((piece) => filter.push(Buffer.from(piece, 'latin1')))
	return Buffer.concat([...bytes, filter.rest()]).toString('latin1')
}

test('questions to the terminal are taken out', (t) => {
	t.is(filtered('~ # \x1b[6nls\r\n'), '~ # ls\r\n')
	t.is(filtered('\x1b[5n\x1b[c\x1b[0c\x1b[>c\x1b[?6n'), '')
})

test('a question may come in pieces', (t) => {
	for (const cut of [1, 2, 3]) t.is(filtered('# \x1b[6n'.slice(0, 2 + cut), '\x1b[6n'.slice(cut), 'x'), '# x')
	t.is(filtered(...'# \x1b[6nx'), '# x')
})

test('everything else stays, byte by byte: colours, bytes above 127, an escape at the end', (t) => {
	for (const text of [
		'\x1b[0;31mred\x1b[0m',
		'\xff\x00\x1b\xc3\xa4',
		'end\x1b',
		'end\x1b[6',
		'\x1b[6;5H\x1b[6m',
		'\x1b[5c',
	]) {
		t.is(filtered(text), text)
		t.is(filtered(...text), text)
	}
})
