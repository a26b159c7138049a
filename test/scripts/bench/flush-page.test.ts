import {readFile} from 'node:fs/promises'
import test from 'ava'
import {renderFlushPage} from '../../../scripts/bench/flush-page.ts'
import {fromRoot, readIfThere} from '../../../scripts/build/project.ts'
import {parseRecord} from '../../../src/bench/flush/record.ts'
import {Summary} from '../../../src/bench/flush/report/summary.ts'
import {fakeRecord} from '../../bench/flush/fake-record.ts'

const fake = new Summary(fakeRecord())
const page = await readFile(fromRoot('docs/flush.md'), 'utf8')

test('what docs/flush.md names is in a record of all parts, and rendering again changes nothing', (t) => {
	const rendered = renderFlushPage(page, fake)
	t.regex(rendered, /<!-- table: effects -->\n\nWhat each design does to speed\./)
	t.regex(rendered, /!\[What one flush costs, by policy and size\]\(flush-cost-size\.svg\)/)
	t.is(renderFlushPage(rendered, fake), rendered)
})

test('docs/flush.md is what docs/flush.json renders to', async (t) => {
	const record = await readIfThere(fromRoot('docs/flush.json'))
	if (record === undefined) return t.pass('not measured yet')
	const summary = new Summary(parseRecord(record, 'docs/flush.json'))
	t.is(page, renderFlushPage(page, summary), 'npm run bench -- flush --page')
})

test('figures within sentences, and several markers in a line, are written anew; words around stay', (t) => {
	const line =
		'It is <!-- figure: median tables emptied boot QEMU -->old<!-- end -->, and <!-- figure: median full flushes boot default --><!-- end -->.'
	t.is(
		renderFlushPage(line, fake),
		'It is <!-- figure: median tables emptied boot QEMU -->12,000<!-- end -->, and <!-- figure: median full flushes boot default -->1,100<!-- end -->.',
	)
})

test('a name that the record has not is an error that lists the others', (t) => {
	for (const kind of ['table', 'plot'])
		t.throws(() => renderFlushPage(`<!-- ${kind}: nothing --><!-- end -->`, fake), {
			message: new RegExp(`^Expected docs/flush.md to have .*effects.*, got ${kind}: nothing$`),
		})
	t.throws(() => renderFlushPage('<!-- figure: nothing --><!-- end -->', fake), {message: /^Expected a figure/})
})
