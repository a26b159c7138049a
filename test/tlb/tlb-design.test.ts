import test from 'ava'
import {
	defaultTlbDesign,
	designOf,
	formatTlbDesign,
	mostSpaces,
	parseTlbDesign,
	type TlbDesign,
	tlbDesign,
	tlbKeys,
} from '../../src/tlb/index.ts'

test('fields that are not given have their defaults, and a design is frozen', (t) => {
	t.deepEqual(defaultTlbDesign, {
		policy: 'epoch-tag',
		size: '4096',
		victim: '0',
		encoding: 'poison-zero',
		index: 'direct',
		lookup: 'outlined',
		range: 'on',
		asids: 'auto',
		lastPages: 'on',
		statistics: 'off',
		debug: 'off',
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
	t.is(
		Math.max(...Object.keys(tlbKeys.asids.values).flatMap((value) => (value === 'auto' ? [] : [Number(value)]))),
		mostSpaces,
	)
})

test('only the given keys are returned; the last value of a key wins', (t) => {
	t.deepEqual(parseTlbDesign('last-pages=off,lookup=inline,last-pages=on'), {lastPages: 'on', lookup: 'inline'})
	t.is(formatTlbDesign({}), '')
})

const names = 'policy, size, victim, encoding, index, lookup, asids, range, last-pages, statistics, debug'
const refused: readonly (readonly [text: string, message: string])[] = [
	['', 'Expected --tlb KEY=VALUE,…, got ""'],
	['inline', 'Expected --tlb KEY=VALUE,…, got "inline"'],
	['lookup=inline,', 'Expected --tlb KEY=VALUE,…, got "lookup=inline,"'],
	['colour=red', `Expected a key of --tlb (${names}), got "colour"`],
	['toString=1', `Expected a key of --tlb (${names}), got "toString"`],
	['lookup=', 'Expected --tlb lookup=inline|outlined, got lookup='],
	['lookup=toString', 'Expected --tlb lookup=inline|outlined, got lookup=toString'],
	['encoding=plus-two', 'Expected --tlb encoding=poison-zero|plus-one, got encoding=plus-two'],
	[
		'policy=rcu',
		'Expected --tlb policy=clear|atomic-clear|undo|swap-clear|swap-pool|swap-undo|epoch-tag, got policy=rcu',
	],
	['size=100', 'Expected --tlb size=64|128|256|512|1024|2048|4096|8192|16384|32768|65536|qemu|adaptive, got size=100'],
	['victim=4', 'Expected --tlb victim=0|8, got victim=4'],
	['index=hash', 'Expected --tlb index=direct|hashed, got index=hash'],
	['range=2m', 'Expected --tlb range=on|off, got range=2m'],
	['asids=3', 'Expected --tlb asids=0|1|2|4|8|16|32|auto, got asids=3'],
	['last-pages=yes', 'Expected --tlb last-pages=on|off, got last-pages=yes'],
	['statistics=yes', 'Expected --tlb statistics=off|on|all, got statistics=yes'],
	['debug=all', 'Expected --tlb debug=off|on, got debug=all'],
]
for (const [text, message] of refused) {
	test(`--tlb ${JSON.stringify(text)} is refused`, (t) => {
		t.throws(() => parseTlbDesign(text), {name: 'UserError', message})
	})
}

test('a field or a value that is not in the table is refused', (t) => {
	const design = (given: object) => () => tlbDesign(given)
	t.throws(design({colour: 'red'}), {
		message: `Expected a field of tlb (${names.replace('last-pages', 'lastPages')}), got colour`,
	})
	t.throws(design({lookup: 'hash'}), {message: 'Expected --tlb lookup=inline|outlined, got lookup=hash'})
})

test('what other threads cannot clear is off with atomic-clear', (t) => {
	const {range, victim} = tlbDesign({policy: 'atomic-clear', range: 'on', victim: '8'})
	t.deepEqual({range, victim}, {range: 'off', victim: '0'})
})

test('auto keeps 32 address spaces on few harts, and fewer on many or with large tables', (t) => {
	const kept = (vcpus: number, design: Partial<TlbDesign> = {}) => Number(designOf({vcpus, design}).asids)
	t.deepEqual(
		[1, 8, 15].map((vcpus) => kept(vcpus)),
		[32, 32, 32],
	)
	t.deepEqual(
		[16, 31, 32, 64].map((vcpus) => kept(vcpus)),
		[16, 16, 8, 8],
	)
	t.deepEqual(
		[1, 2, 4].map((vcpus) => kept(vcpus, {size: '65536'})),
		[16, 8, 8],
	)
	t.is(kept(64, {size: '64'}), 32)
	t.is(kept(1, {asids: '0'}), 0)
})
