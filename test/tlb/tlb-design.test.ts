import test from 'ava'
import {defaultTlbDesign, formatTlbDesign, mostSpaces, parseTlbDesign, tlbDesign, tlbKeys} from '../../src/tlb/index.ts'

test('fields that are not given have their defaults, and a design is frozen', (t) => {
	t.deepEqual(defaultTlbDesign, {
		encoding: 'poison-zero',
		lookup: 'outlined',
		asids: '8',
		lastPages: 'on',
		statistics: 'off',
	})
	t.deepEqual(tlbDesign({lookup: 'inline'}), {...defaultTlbDesign, lookup: 'inline'})
	t.throws(() => Object.assign(tlbDesign(), {lookup: 'inline'}), {instanceOf: TypeError})
})

test('every value of every key is parsed, and formatted as it was', (t) => {
	for (const {name, values} of Object.values(tlbKeys)) {
		for (const value of Object.keys(values)) {
			const text = `${name}=${value}`
			t.is(formatTlbDesign(parseTlbDesign(text)), text)
			t.notThrows(() => tlbDesign(parseTlbDesign(text)))
		}
	}
})

test('the block has room for the most address spaces that can be asked for', (t) => {
	t.is(Math.max(...Object.keys(tlbKeys.asids.values).map(Number)), mostSpaces)
})

test('only the given keys are returned; the last value of a key wins', (t) => {
	t.deepEqual(parseTlbDesign('last-pages=off,lookup=inline,last-pages=on'), {lastPages: 'on', lookup: 'inline'})
	t.is(formatTlbDesign({}), '')
})

const refused: readonly (readonly [text: string, message: string])[] = [
	['', 'Expected --tlb KEY=VALUE,…, got ""'],
	['inline', 'Expected --tlb KEY=VALUE,…, got "inline"'],
	['lookup=inline,', 'Expected --tlb KEY=VALUE,…, got "lookup=inline,"'],
	['size=4096', 'Expected a key of --tlb (encoding, lookup, asids, last-pages, statistics), got "size"'],
	['toString=1', 'Expected a key of --tlb (encoding, lookup, asids, last-pages, statistics), got "toString"'],
	['lookup=', 'Expected --tlb lookup=inline|outlined, got lookup='],
	['lookup=toString', 'Expected --tlb lookup=inline|outlined, got lookup=toString'],
	['encoding=plus-two', 'Expected --tlb encoding=poison-zero|plus-one, got encoding=plus-two'],
	['asids=3', 'Expected --tlb asids=0|1|2|4|8|16, got asids=3'],
	['last-pages=yes', 'Expected --tlb last-pages=on|off, got last-pages=yes'],
	['statistics=yes', 'Expected --tlb statistics=off|on|all, got statistics=yes'],
]
for (const [text, message] of refused) {
	test(`--tlb ${JSON.stringify(text)} is refused`, (t) => {
		t.throws(() => parseTlbDesign(text), {name: 'UserError', message})
	})
}

test('a field or a value that is not in the table is refused', (t) => {
	const design = (given: object) => () => tlbDesign(given)
	t.throws(design({colour: 'red'}), {
		message: 'Expected a field of tlb (encoding, lookup, asids, lastPages, statistics), got colour',
	})
	t.throws(design({lookup: 'hash'}), {message: 'Expected --tlb lookup=inline|outlined, got lookup=hash'})
})
