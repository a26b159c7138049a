import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test from 'ava'
import {parseRecord, recordText, writeRecord} from '../../../src/bench/flush/record.ts'
import {fakePlan, fakeRecord} from './fake-record.ts'

const record = fakeRecord(fakePlan('quick'))

test('a record is read as it was written', (t) => {
	t.deepEqual(parseRecord(recordText(record), 'flush.json'), record)
})

test('what is no record, or of another schema, is refused in words', (t) => {
	const wrong: readonly (readonly [text: string, message: RegExp])[] = [
		['{', /^Expected x to be JSON, got /],
		['{}', /^Expected x to be a record of manyhart bench flush, schema 1, got schema: /],
		[recordText({...record, schema: 2 as never}), /schema: /],
		[recordText({...record, state: 'halfway' as never}), /state: /],
		[recordText({...record, measurements: [{...record.measurements[0]!, took: -1}]}), /measurements\.0\.took: /],
	]
	for (const [text, message] of wrong) t.throws(() => parseRecord(text, 'x'), {name: 'UserError', message})
})

test('writing replaces the record whole, and leaves no draft', async (t) => {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-record-test-'))
	t.teardown(() => rm(folder, {recursive: true}))
	const path = join(folder, 'flush.json')
	await writeRecord(path, {...record, measurements: []})
	// While it is written again and again, every reader finds a whole record.
	const writing = (async () => {
		for (let count = 0; count < 20; count++)
			await writeRecord(path, {...record, measurements: record.measurements.slice(0, count)})
	})()
	for (let count = 0; count < 20; count++) parseRecord(await readFile(path, 'utf8'), path)
	await writing
	t.is(parseRecord(await readFile(path, 'utf8'), path).measurements.length, 19)
	t.deepEqual(await readdir(folder), ['flush.json'])
})
