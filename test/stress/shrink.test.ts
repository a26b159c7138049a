import test from 'ava'
import {shrink} from '../../src/stress/shrink.ts'

const numbers = (count: number) => Array.from({length: count}, (_, number) => number)
const never = () => false

test('a list is shrunk to the entries that are needed, wherever they are', async (t) => {
	for (const needed of [[0], [499], [3, 250], [0, 1, 2], [10, 200, 201, 480]]) {
		const fails = async (entries: readonly number[]) =>
			needed.every((entry) => entries.includes(entry)) ? entries : undefined
		const {entries, runs} = await shrink(numbers(500), {fails, isOver: never, parallel: 2})
		t.deepEqual(entries, needed)
		t.true(runs < 200, `${runs} runs`)
	}
})

test('a list that fails without any entry is shrunk to nothing', async (t) => {
	t.deepEqual(await shrink(numbers(9), {fails: async (entries) => entries, isOver: never, parallel: 3}), {
		...{entries: [], runs: 4},
	})
})

test('a list that does not fail again is not shrunk', async (t) => {
	const result = await shrink(numbers(9), {fails: async () => undefined, isOver: never, parallel: 1})
	t.deepEqual(result, {entries: undefined, runs: 1})
})

test('shrinking ends when it has to, with the shortest list so far', async (t) => {
	let left = 6
	const fails = async (entries: readonly number[]) =>
		[7, 90].every((entry) => entries.includes(entry)) ? entries : undefined
	const {entries, runs} = await shrink(numbers(100), {fails, isOver: () => left-- <= 0, parallel: 1})
	t.true(runs <= 6)
	t.true(entries!.length <= 100 && entries!.includes(7) && entries!.includes(90))
})

test('entries that a failing run has not used are left out at once', async (t) => {
	let runs = 0
	const fails = async (entries: readonly number[]) => {
		runs++
		return entries.includes(600) ? entries.filter((entry) => entry % 300 === 0) : undefined
	}
	t.deepEqual((await shrink(numbers(1000), {fails, isOver: never, parallel: 1})).entries, [600])
	t.true(runs < 10, `${runs} runs`)
})
