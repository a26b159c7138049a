/** The list of deliberate mistakes; `npm run mutate` tries them. */
import {existsSync} from 'node:fs'
import {readFile} from 'node:fs/promises'
import test from 'ava'
import {fromRoot} from '../../../scripts/build/project.ts'
import {areas, mutate, mutations} from '../../../scripts/mutations/index.ts'

for (const mutation of mutations) {
	test(`“${mutation.name}” fits its source`, async (t) => {
		const source = await readFile(fromRoot(mutation.file), 'utf8')
		t.not(mutate(mutation, source), source)
		t.true(mutation.tests.length > 0 && mutation.tests.every((file) => existsSync(fromRoot(file))))
	})
}

test('every mistake has a name of its own, and every area has some', (t) => {
	t.is(new Set(mutations.map(({name}) => name)).size, mutations.length)
	for (const area of areas) t.true(mutations.filter((each) => each.area === area).length >= 3, area)
	t.true(mutations.length >= 20)
})

test('a mistake whose text does not occur, or not just once, is refused', (t) => {
	const mutation = {name: 'x', file: 'a.ts', find: 'b', replace: '$&', tests: []}
	t.throws(() => mutate(mutation, 'ac'), {message: 'Expected the text of mutation x once in a.ts, got it 0 times'})
	t.throws(() => mutate(mutation, 'bb'), {message: /got it 2 times/})
	t.is(mutate(mutation, 'abc'), 'a$&c')
})
