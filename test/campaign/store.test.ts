import {appendFile, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {headerName, ResultStore, resultsName} from '../../src/campaign/store.ts'
import {planOf, resultOf} from './some-results.ts'

const text = 'campaign: a\nruns:\n  - {guest: bare, workload: sort, harts: [1, 2], repeat: 2}\n'
const plan = planOf(text)
const results = plan.runs.map((run) => resultOf(run))

async function folderOf(t: ExecutionContext): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-campaign-test-'))
	t.teardown(() => rm(folder, {recursive: true}))
	return join(folder, 'results')
}

const open = (folder: string, of = plan) => ResultStore.open({folder, plan: of, command: 'manyhart campaign'})
const linesOf = async (folder: string) => (await readFile(join(folder, resultsName), 'utf8')).split('\n').slice(0, -1)

test('a result is stored once, however often it comes', async (t) => {
	const folder = await folderOf(t)
	{
		await using store = await open(folder)
		await store.append([results[0]!, results[1]!, results[0]!])
		await Promise.all([store.append([results[1]!]), store.append([results[2]!]), store.append([results[2]!])])
		t.true(store.has(results[2]!.id))
		t.false(store.has(results[3]!.id))
	}
	t.deepEqual(
		(await linesOf(folder)).map((line) => JSON.parse(line)),
		results.slice(0, 3),
	)
	await using again = await open(folder)
	await again.append(results)
	t.deepEqual(
		(await linesOf(folder)).map((line) => JSON.parse(line)),
		results,
	)
})

test('a result that later ones show to be wrong is taken out, and its run is done again', async (t) => {
	const folder = await folderOf(t)
	const qemu = {id: 'QEMU 9', kind: 'qemu', version: '9', file: '/q'} as const
	const [first, ...others] = results
	const stored = [
		{...first!, outcome: {...first!.outcome, checksum: '00000000000000ab'}},
		...others.map((each) => ({...each, outcome: {...each.outcome, engine: qemu}})),
	]
	const more = {...others[0]!, id: 'other'}
	{
		await using store = await open(folder)
		await store.append([...stored, more])
	}
	await using store = await open(folder)
	t.false(store.has(first!.id))
	t.deepEqual([...store.results.keys()], [...others.map(({id}) => id), 'other'])
})

test('half a line, of a process that was killed, is cut off, and its run is done again', async (t) => {
	const folder = await folderOf(t)
	{
		await using store = await open(folder)
		await store.append(results.slice(0, 2))
	}
	await appendFile(join(folder, resultsName), JSON.stringify(results[2]).slice(0, 100))
	await using store = await open(folder)
	t.deepEqual(
		[...store.results.keys()],
		results.slice(0, 2).map(({id}) => id),
	)
	await store.append([results[2]!])
	t.deepEqual(
		(await linesOf(folder)).map((line) => JSON.parse(line)),
		results.slice(0, 3),
	)
})

test('runs that failed are done again when the same command is given again', async (t) => {
	const folder = await folderOf(t)
	{
		await using store = await open(folder)
		await store.append([results[0]!, resultOf(plan.runs[1]!, {error: 'ended with 1'})])
		t.true(store.has(results[1]!.id), 'until then they are done')
	}
	await using store = await open(folder)
	t.false(store.has(results[1]!.id))
	await store.append([results[1]!])
	t.deepEqual(
		(await linesOf(folder)).map((line) => JSON.parse(line)),
		results.slice(0, 2),
	)
})

test('a folder of another campaign, build or schema is refused, and one that is in use', async (t) => {
	const folder = await folderOf(t)
	{
		await using _ = await open(folder)
		if (process.platform === 'linux')
			await t.throwsAsync(open(folder), {message: /^Expected --out .* to be in use by one process, got another one/})
	}
	await t.throwsAsync(open(folder, planOf(text.replace('campaign: a', 'campaign: b'))), {
		message: /^Expected --out .* to be of campaign b, got a$/,
	})
	await t.throwsAsync(open(folder, planOf(text, 'another build')), {
		message: /^Expected --out .* to be of this build, another build; another folder begins anew, got build$/,
	})
	const path = join(folder, headerName)
	const header = JSON.parse(await readFile(path, 'utf8'))
	await writeFile(path, JSON.stringify({...header, schema: 0}))
	await t.throwsAsync(open(folder), {
		message:
			/^Expected .*campaign\.json to be of a campaign, schema 1; another folder, --out, begins anew, got schema: /,
	})
})

test('a line that is no result is refused with its number', async (t) => {
	const folder = await folderOf(t)
	{
		await using store = await open(folder)
		await store.append([results[0]!])
	}
	await appendFile(join(folder, resultsName), '{"id": 3}\n')
	await t.throwsAsync(open(folder), {message: /results\.jsonl, line 2, to be a result, schema 1, got id: /})
	await using _ = await open(join(folder, 'another'))
})

test('a longer file of the same campaign goes on with what is there', async (t) => {
	const folder = await folderOf(t)
	{
		await using store = await open(folder)
		await store.append(results)
	}
	const longer = planOf(text.replace('repeat: 2', 'repeat: 3'))
	await using store = await open(folder, longer)
	t.is(longer.runs.filter(({id}) => !store.has(id)).length, 2)
})
