import test from 'ava'
import {lookupRows, lookupTable, waysOf} from '../../../scripts/bench/lookup.ts'
import {textTable} from '../../../scripts/bench/text-table.ts'

const rounds = [
	[{sort: 1}, {sort: 2}, {sort: 4}, {sort: 1}],
	[{sort: 3}, {sort: 3}, {sort: 4}, {sort: 1}],
	[{sort: 2}, {sort: 1}, {sort: 4}, {sort: 1}],
]

test('each way is compared with the first one: the fastest runs, and round by round', (t) => {
	t.deepEqual(lookupRows(['sort'], rounds), [
		{
			program: 'sort',
			seconds: 1,
			speeds: [
				{fastest: 1, median: 1, least: 0.5, greatest: 2},
				{fastest: 0.25, median: 0.5, least: 0.25, greatest: 0.75},
				{fastest: 1, median: 2, least: 1, greatest: 3},
			],
		},
	])
})

test('all eight ways are measured, or those that are chosen; inline lookups with last pages come first', (t) => {
	t.is(new Set(waysOf({}).map((way) => JSON.stringify(way))).size, 8)
	t.deepEqual(waysOf({})[0], {lookup: 'inline', lastPages: 'on', encoding: 'poison-zero'})
	t.deepEqual(waysOf({lookup: 'outlined', lastPages: 'off'}), [
		{lookup: 'outlined', lastPages: 'off', encoding: 'poison-zero'},
		{lookup: 'outlined', lastPages: 'off', encoding: 'plus-one'},
	])
})

test('the table has a line per program and the geometric mean', (t) => {
	const table = lookupTable(waysOf({encoding: 'plus-one'}), lookupRows(['sort'], rounds))
	t.regex(table, /^lookup +inline +outlined +inline +outlined$/m)
	t.regex(table, /^last pages +on +on +off +off$/m)
	t.regex(table, /^tags +plus-one +plus-one +plus-one +plus-one$/m)
	t.regex(table, /^sort +1\.000 s +1\.00 \(0\.50–2\.00\) +0\.25 \(0\.25–0\.75\) +1\.00 \(1\.00–3\.00\)$/m)
	t.regex(table, /^mean of 1 +1\.00 +0\.25 +1\.00$/m)
	t.regex(table, /below 1 the other is slower/)
})

test('columns of a table are as wide as their widest cell; the first is aligned to the left', (t) => {
	t.is(
		textTable([
			['a', 'long', 'x'],
			['longer', '1', '22'],
		]),
		'a       long   x\nlonger     1  22',
	)
})
