/** docs/scaling.md and the definitions that its table is generated from. */
import {readFile} from 'node:fs/promises'
import test from 'ava'
import {fromRoot} from '../../../scripts/build/project.ts'
import {withWorkloads} from '../../../scripts/docs/scaling.ts'
import {fakeRecord} from '../../bench/scale/fake-record.ts'

const page = await readFile(fromRoot('docs/scaling.md'), 'utf8')

test('the table of workloads in docs/scaling.md is that of the program', (t) => {
	t.is(page, withWorkloads(page), 'npm run docs')
})

test('docs/scaling.md names every field of a record', (t) => {
	const record = fakeRecord({repeat: 1})
	const [run] = record.runs
	const [boot] = record.boots
	const names = [record, record.host, run!, boot!, ...record.engines, record.workloads[0]!].flatMap(Object.keys)
	const section = page.split('## scale.json')[1]!
	for (const name of new Set(names)) t.regex(section, new RegExp(`\\x60${name}(?:\\[\\])?\\x60`), name)
})
