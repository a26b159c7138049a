import {PassThrough} from 'node:stream'
import {stripVTControlCharacters} from 'node:util'
import test from 'ava'
import {CampaignTable} from '../../src/campaign/table.ts'
import {writtenText} from '../main/command-line/written-text.ts'
import {planOf} from './some-results.ts'

const plan = planOf('campaign: a\nruns:\n  - {guest: bare, workload: sort, harts: 1, repeat: 10}\n')
const count = (done: number) => ({done, failed: 0})
const workers = [
	{name: 'one', cores: 4, running: ['bare sort', 'bare barrier'], count: {done: 3, failed: 1}},
	{name: 'the other', cores: 16, running: [], count: count(0), note: 'another build: runs none of these'},
]

test('elsewhere than on a terminal there is a line now and then', (t) => {
	const stream = new PassThrough()
	const at = {now: 0}
	using table = new CampaignTable(plan, stream as unknown as NodeJS.WriteStream, () => at.now)
	table.show({count: count(2), workers})
	for (let second = 1; second <= 61; second++) {
		at.now = second * 1000
		table.show({count: count(second < 40 ? 4 : 6), workers, note: second > 40 ? 'no Redis' : undefined})
	}
	t.deepEqual(writtenText(stream).split('\n'), [
		'campaign: 4 of 10 runs done, 0 failed, 2 running, 4 waiting, about 90 s left',
		'campaign: 6 of 10 runs done, 0 failed, 2 running, 2 waiting, about 60 s left; no Redis',
		'',
	])
})

test('on a terminal there is a table, a row for each worker, which lines that stay do not disturb', (t) => {
	const stream = Object.assign(new PassThrough(), {isTTY: true, columns: 70, rows: 24})
	const at = {now: 0}
	using table = new CampaignTable(plan, stream as unknown as NodeJS.WriteStream, () => at.now)
	table.show({count: count(0), workers: []})
	at.now = 1000
	table.show({count: count(2), workers})
	table.say('a run failed')
	const lines = stripVTControlCharacters(writtenText(stream)).split('\n')
	t.true(lines.includes('one            3      1      4  bare sort, and 1 more'), lines.join('\n'))
	t.true(lines.includes('the other      0      0     16  another build: runs none of these'))
	t.true(lines.includes('campaign: a run failed'))
	for (const line of lines) t.true(line.length < 70, line)
})
