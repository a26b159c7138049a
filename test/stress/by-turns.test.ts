import {Writable} from 'node:stream'
import test from 'ava'
import {checkStressOptions, type RawStressOptions} from '../../src/main/command-line/stress-options.ts'
import {stress} from '../../src/stress/index.ts'

const stream = new Writable({write: (_chunk, _encoding, done) => done()}) as unknown as NodeJS.WriteStream

/** @returns what `manyhart stress KIND --serial …` prints. */
async function byTurns(
	raw: RawStressOptions,
	kind = 'flush',
	signal: AbortSignal = new AbortController().signal,
): Promise<{outcome: string; text: string}> {
	const lines: string[] = []
	const options = checkStressOptions(kind, {serial: true, harts: '3', ...raw})
	const environment = {signal, print: (line: string) => void lines.push(line), stream}
	return {outcome: await stress(options, environment), text: lines.join('\n')}
}

test.serial('seeds that are run by turns violate nothing, and end alike each time', async (t) => {
	const raw = {seed: '40', seeds: '3', seconds: '1000', iterations: '100', digest: true}
	const first = await byTurns(raw)
	t.is(first.outcome, 'passed')
	t.regex(
		first.text,
		/^(seed 4[012] digest [0-9a-f]{64}\n){3}stress flush by turns: 3 harts, 3 seeds, .*: no violation$/,
	)
	const digests = (text: string) => text.split('\n').slice(0, 3)
	t.deepEqual(digests((await byTurns(raw)).text), digests(first.text))
})

test.serial('a broken rule is noticed by turns, and the schedule that is printed shows it again', async (t) => {
	const raw = {seed: '8', seconds: '1000', iterations: '200', inject: 'drop-doorbell'}
	const {outcome, text} = await byTurns(raw)
	t.is(outcome, 'noticed')
	const [, seed, schedule] = /--seed (\d+) --iterations 200 --inject drop-doorbell --schedule (\S+)/.exec(text) ?? []
	t.truthy(schedule, text)
	const again = await byTurns({...raw, seed: seed!, schedule: schedule!})
	t.is(again.outcome, 'noticed', again.text)
	const without = await byTurns({seed: seed!, seeds: '1', seconds: '1000', iterations: '200'})
	t.is(without.outcome, 'passed', without.text)
})

test.serial(
	'a broken rule that does not show in the turns that are made is missed, and one whose run is ended is neither',
	async (t) => {
		const raw = {harts: '1', seed: '1', seeds: '1', seconds: '1000', iterations: '1', inject: 'skip-grace-period'}
		const missed = await byTurns(raw, 'rcu')
		t.is(missed.outcome, 'missed', missed.text)
		t.regex(missed.text, /NOT NOTICED/)
		const ended = await byTurns({...raw, seconds: '1000', iterations: '100000'}, 'rcu', AbortSignal.abort())
		t.deepEqual(ended, {outcome: 'passed', text: ''})
	},
)

test.serial('threads of the kind rcu violate nothing by turns, and end alike each time', async (t) => {
	const raw = {seed: '40', seeds: '4', seconds: '1000', iterations: '200', digest: true}
	const [first, again] = [await byTurns(raw, 'rcu'), await byTurns(raw, 'rcu')]
	t.is(first.outcome, 'passed', first.text)
	const digests = first.text.split('\n').slice(0, 4)
	t.is(new Set(digests).size, 4)
	t.deepEqual(again.text.split('\n').slice(0, 4), digests)
})

test.serial('objects that are used too early are noticed by turns, and the schedule shows it again', async (t) => {
	const raw = {harts: '1', seed: '1', seconds: '1000', iterations: '100', inject: 'skip-grace-period'}
	const {outcome, text} = await byTurns(raw, 'rcu')
	t.is(outcome, 'noticed')
	t.regex(text, /a reader that held object \d+ of the deferrer saw its age \d+/)
	const [, seed, schedule] =
		/--seed (\d+) --iterations 100 --inject skip-grace-period --schedule (\S+)/.exec(text) ?? []
	t.true(schedule !== undefined && schedule.split(',').length <= 8, text)
	t.is((await byTurns({...raw, seed: seed!, schedule: schedule!}, 'rcu')).outcome, 'noticed')
	t.is(
		(await byTurns({harts: '1', seed: seed!, seeds: '1', seconds: '1000', iterations: '100'}, 'rcu')).outcome,
		'passed',
	)
})
