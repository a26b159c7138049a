import {mkdtemp, readdir, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test from 'ava'
import {parseRecord, readRecord, recordName, recordText, writeRecord} from '../../../src/bench/scale/record.ts'
import {fakeRecord} from './fake-record.ts'

test('a record is read as it was written, and no draft stays behind', async (t) => {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-scale-test-'))
	t.teardown(() => rm(folder, {recursive: true}))
	const path = join(folder, recordName)
	const record = fakeRecord({state: 'interrupted'})
	await writeRecord(path, record)
	t.deepEqual(await readRecord(path, path), record)
	t.deepEqual(await readdir(folder), [recordName])
})

const broken: readonly (readonly [string, string, RegExp])[] = [
	['no JSON', '{', /^Expected a.json to be JSON, got /],
	[
		'another schema',
		recordText({...fakeRecord(), schema: 1 as 2}),
		/^Expected a.json to be a record of manyhart scale, schema 2, got schema: /,
	],
	['a field is missing', '{"schema": 2}', /^Expected a.json to be a record of manyhart scale/],
	['a wrong value', recordText(fakeRecord({repeat: -1, engines: []})), /got repeat: /],
]
for (const [what, text, message] of broken)
	test(`refused with what is wrong: ${what}`, (t) => {
		t.throws(() => parseRecord(text, 'a.json'), {name: 'UserError', message})
	})

test('a file that is not there is named', async (t) => {
	await t.throwsAsync(readRecord('/nowhere/scale.json', '/nowhere/scale.json'), {
		name: 'UserError',
		message: 'Expected /nowhere/scale.json to be a file, got ENOENT (no such file or directory)',
	})
})
