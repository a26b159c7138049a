import {readFile} from 'node:fs/promises'
import test from 'ava'
import {fromRoot} from '../../scripts/build/project.ts'
import {parseCampaign} from '../../src/campaign/file.ts'
import {planOf} from './some-results.ts'

/** What is wrong, and what the message says. */
const mistakes: readonly (readonly [text: string, message: string | RegExp])[] = [
	['campaign: a\nruns: [', /^Expected c\.yaml, line \d, to be YAML, got /],
	['campaign: a\ncampaign: b\nruns: []', /^Expected c\.yaml, line 2, to be YAML, got Map keys must be unique/],
	['- 1', 'Expected c.yaml, line 1, campaign, to be there, got nothing'],
	['runs: []', 'Expected c.yaml, line 1, campaign, to be there, got nothing'],
	['campaign: a', 'Expected c.yaml, line 1, runs, to be there, got nothing'],
	['campaign: a\nruns: []', 'Expected c.yaml, line 2, runs, to be a list with something in it, got []'],
	[
		'campaign: a b\nruns: []',
		'Expected c.yaml, line 1, campaign, to be a name of at most 64 letters, digits, dots and dashes, got "a b"',
	],
	[
		'campaign: a\nattempts: 0\nruns:\n  - workload: sort\n    harts: 1',
		'Expected c.yaml, line 2, attempts, to be an integer from 1 to 100, got 0',
	],
	['campaign: a\nruns:\n  - workload: sort\n', 'Expected c.yaml, line 3, runs[1].harts, to be there, got nothing'],
	[
		'campaign: a\nruns:\n  - workload: sort\n    harts: 1\n    hart: 2\n',
		'Expected c.yaml, line 5, runs[1].hart, to be a key that docs/campaign.md names, got hart',
	],
	[
		'campaign: a\nruns:\n  - workload: sort\n    harts:\n      - 1\n      - 65\n',
		'Expected c.yaml, line 6, runs[1].harts[2], to be an integer from 1 to 64, got 65',
	],
	[
		'campaign: a\nruns:\n  - workload: sort\n    harts: many\n',
		'Expected c.yaml, line 4, runs[1].harts, to be an integer from 1 to 64, got "many"',
	],
	[
		'campaign: a\nruns:\n  - {workload: [sort, sorting], harts: 1}\n',
		/^Expected c\.yaml, line 3, runs\[1\]\.workload\[2\], to be all, or names among compute-integer, .*, got "sorting"$/,
	],
	[
		'campaign: a\nruns:\n  - workload: sort\n    harts: 1\n    tlb: [default, policy=none]\n',
		/^Expected c\.yaml, line 5, runs\[1\]\.tlb\[2\], to be default, or a design of the TLB \(Expected --tlb policy=clear\|.*got policy=none\), got "policy=none"$/,
	],
	[
		'campaign: a\nruns:\n  - workload: sort\n    harts: 1\n    engine: kvm\n',
		'Expected c.yaml, line 5, runs[1].engine, to be one of manyhart, qemu, native, got "kvm"',
	],
	[
		'campaign: a\nruns:\n  - {kind: stress, workload: sort, harts: 1}\n',
		'Expected c.yaml, line 3, runs[1].workload, to be one of rcu, flush, atomics, smc, devices, got "sort"',
	],
	[
		'campaign: a\nruns:\n  - {kind: stress, workload: rcu, harts: 1, seed: {from: 9, to: 3}}\n',
		/^Expected c\.yaml, line 3, runs\[1\]\.seed, to be from and to that are at most 1000000 seeds, got /,
	],
	[
		'campaign: a\nruns:\n  - workload: sort\n    harts: 1\n    guest: bare\n    engine: native\n',
		'Expected c.yaml, line 6, runs[1].engine, to have native with guest linux, got bare',
	],
	[
		'campaign: a\nruns:\n  - workload: mmap\n    harts: 1\n    guest: bare\n',
		'Expected c.yaml, line 3, runs[1].workload, to be there on guest bare, got mmap',
	],
	[
		'campaign: a\nruns:\n  - workload: sort\n    harts: 1\n    seed: 3\n    engine: [manyhart, qemu]\n',
		'Expected c.yaml, line 5, runs[1].seed, which is of manyhart --serial, without engine qemu, got both',
	],
	[
		'campaign: a\nruns:\n  - {workload: sort, harts: 1, work: 10}\n  - {workload: sort, harts: 2, work: 20}\n',
		'Expected c.yaml, line 4, runs[2].work, to be what it is above for sort on linux, 10, got 20',
	],
	[
		'campaign: a\nruns:\n  - {kind: stress, workload: rcu, harts: 1, repeat: 100000, seed: {from: 0, to: 99}}\n',
		/^Expected at most 1000000 runs in c\.yaml, line 1, got 10000000$/,
	],
]

for (const [text, message] of mistakes)
	test(`${JSON.stringify(text)} is refused, with its line, what was expected and what came`, (t) => {
		const error = t.throws(() => planOf(text), {name: 'UserError'})
		if (typeof message === 'string') t.is(error?.message, message)
		else t.regex(error!.message, message)
	})

test('the example of docs/campaign.md is what it says', async (t) => {
	const page = await readFile(fromRoot('docs/campaign.md'), 'utf8')
	const [, text = ''] = /```yaml\n(.*?)```/s.exec(page) ?? []
	const [, count] = /# lists (\d+) runs/.exec(page) ?? []
	t.is(planOf(text).runs.length, Number(count))
})

test('what is left out has its default, and one is as good as a list of one', (t) => {
	const {campaign} = parseCampaign('campaign: a\nruns:\n  - {workload: all, harts: 4}\n', 'c.yaml')
	t.is(campaign.attempts, 3)
	const [entry] = campaign.runs
	t.like(entry, {kind: 'scale', guest: ['linux'], engine: ['manyhart'], scaling: ['strong'], harts: [4], repeat: 1})
	t.deepEqual(entry?.tlb, [undefined])
	t.true(entry!.workload.length > 20)
})
