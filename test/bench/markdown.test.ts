import test from 'ava'
import {markdownTable} from '../../src/bench/markdown.ts'

test('a table has a line per row; columns align to the left unless they say otherwise; bars do not end a cell', (t) => {
	t.deepEqual(markdownTable(['option', ''], [['--input <file|text>', '']]), [
		'| option | |',
		'| - | - |',
		'| --input <file\\|text> | |',
	])
	t.deepEqual(markdownTable(['', 'speed'], [['a', '1']], ['left', 'right']), ['| | speed |', '| - | -: |', '| a | 1 |'])
})
