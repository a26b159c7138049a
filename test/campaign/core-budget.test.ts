import test from 'ava'
import {CoreBudget} from '../../src/campaign/core-budget.ts'

/** Lets what can go on do so. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

test('as many runs at a time as have a core for each hart', async (t) => {
	const budget = new CoreBudget(4)
	const begun: string[] = []
	const begin = async (name: string, harts: number) => {
		const cores = await budget.acquire(harts)
		begun.push(name)
		return cores
	}
	const [two, one] = [await begin('two', 2), await begin('one', 1)]
	void begin('another two', 2)
	await settled()
	t.deepEqual(begun, ['two', 'one'])
	t.is(budget.free, 1)
	one[Symbol.dispose]()
	await settled()
	t.deepEqual(begun, ['two', 'one', 'another two'])
	two[Symbol.dispose]()
	two[Symbol.dispose]()
	t.is(budget.free, 2, 'cores are given back once')
})

test('a run with more harts than cores runs alone, and those behind it wait, small as they are', async (t) => {
	const budget = new CoreBudget(2)
	const begun: string[] = []
	const begin = async (name: string, harts: number) => {
		using _ = await budget.acquire(harts)
		begun.push(`${name} with ${2 - budget.free}`)
		await settled()
	}
	await Promise.all([begin('first', 1), begin('many', 8), begin('last', 1)])
	t.deepEqual(begun, ['first with 1', 'many with 2', 'last with 1'])
})

test('never more than there are, whatever comes in whatever order', async (t) => {
	const budget = new CoreBudget(5)
	let used = 0
	const run = async (harts: number) => {
		using _ = await budget.acquire(harts)
		used += budget.needed(harts)
		t.true(used <= 5)
		await settled()
		used -= budget.needed(harts)
	}
	await Promise.all(Array.from({length: 200}, (_, index) => run(1 + ((index * 7) % 9))))
	t.is(budget.free, 5)
})

test('one that is given up makes room for those behind it', async (t) => {
	const budget = new CoreBudget(2)
	const first = await budget.acquire(1)
	const given = new AbortController()
	const large = budget.acquire(2, given.signal)
	const small = budget.acquire(1)
	given.abort(new Error('given up'))
	await t.throwsAsync(large, {message: 'given up'})
	const cores = await small
	cores[Symbol.dispose]()
	first[Symbol.dispose]()
	t.is(budget.free, 2)
	await t.throwsAsync(budget.acquire(1, given.signal), {message: 'given up'})
})
