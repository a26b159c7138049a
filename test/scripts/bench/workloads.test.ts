import {existsSync, readdirSync, readFileSync} from 'node:fs'
import test from 'ava'
import {parseTurns, workloads} from '../../../scripts/bench/workloads/figures.ts'
import {guestOf, workloadsTable} from '../../../scripts/bench/workloads.ts'

const folder = new URL('../../../scripts/bench/workloads/guest/', import.meta.url)

test('each workload has a file for the guest, which prepares and works, and no other file is there', (t) => {
	t.deepEqual(readdirSync(folder).sort(), [...workloads.map(({name}) => name), 'run'].sort())
	for (const {name} of workloads) {
		const script = readFileSync(new URL(name, folder), 'utf8')
		t.regex(script, /^prepare\(\)/m, name)
		t.regex(script, /^work\(\)/m, name)
	}
	t.true(existsSync(new URL('run', folder)))
})

test('the default guest has the packages that the chosen workloads need', (t) => {
	const named = (...names: string[]) => workloads.filter(({name}) => names.includes(name))
	t.is(guestOf(named('perl')), 'debian-full')
	t.is(guestOf(named('make', 'git')), 'debian-full:gcc,git,make')
})

test('turns are read from the lines of the console that the guest wrote', (t) => {
	const console = 'noise\r\nwork perl 1 2500000e-6 123-45\r\nwork perl 2 1e-6 123-45\r\nwork perl 3 1e-6 1-1\r\n'
	t.deepEqual(parseTurns(console), [
		{workload: 'perl', turn: 1, seconds: 2.5, check: '123-45'},
		{workload: 'perl', turn: 2, seconds: 1e-6, check: '123-45'},
	])
})

test('the table has the seconds of each, and the speed by rounds', (t) => {
	const run = (subject: string, round: number, ...seconds: number[]) => ({
		subject,
		round,
		turns: seconds.map((each, index) => ({workload: 'perl', turn: index + 1, seconds: each, check: '1-1'})),
	})
	const runs = [run('ours', 0, 4, 2), run('QEMU', 0, 2, 2), run('ours', 1, 8, 2), run('QEMU', 1, 8, 3)]
	const table = workloadsTable(
		runs,
		['ours', 'QEMU'],
		workloads.filter(({name}) => name === 'perl'),
	)
	t.regex(table, /perl: \S.* 6\.00 +5\.00 +0\.75 +0\.50 +1\.00/)
	t.regex(table, /perl, again +2\.00 +2\.50 +1\.25 +1\.00 +1\.50/)
})
