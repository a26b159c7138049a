import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test from 'ava'
import {entry, manyhart} from './manyhart-process.ts'

test('--help names the commands and exits with 0', async (t) => {
	const {exitCode, stdout, stderr} = await manyhart(['--help'])
	t.like({exitCode, stderr}, {exitCode: 0, stderr: ''})
	t.regex(stdout, /run \[options\][\s\S]*guest/)
})

test('guest list --json is JSON', async (t) => {
	const {exitCode, stdout} = await manyhart(['guest', 'list', '--json'])
	t.is(exitCode, 0)
	t.true(Array.isArray(JSON.parse(stdout)))
})

const mistakes: readonly (readonly string[])[] = [
	['run', '--smp', '0'],
	['run', '--smp', '65'],
	['run', '--memory', '100T', '--kernel', entry],
	['run', '--kernel', '/no/such/kernel'],
	['run', '--kernel', '/'],
	['run', '--bios', '/no/such/firmware'],
	['run', '--guest', 'no-such-guest'],
	['guest', 'fetch', 'no-such-guest'],
	['guest', 'remove', 'no-such-guest'],
	['frobnicate'],
]
for (const args of mistakes) {
	test(`manyhart ${args.join(' ').replace(entry, 'FILE')} exits with 2 and one line`, async (t) => {
		const {exitCode, stdout, stderr} = await manyhart(args)
		t.is(exitCode, 2, stderr)
		t.is(stdout, '')
		t.regex(stderr, /^manyhart: Expected .+, got .+\n$/)
	})
}

test('a truncated kernel is refused in one line', async (t) => {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-'))
	t.teardown(() => rm(folder, {recursive: true}))
	const kernel = join(folder, 'kernel')
	await writeFile(kernel, Buffer.from('7f454c46020101', 'hex'))
	const {exitCode, stderr} = await manyhart(['run', '--kernel', kernel])
	t.is(exitCode, 2, stderr)
	t.regex(stderr, /^manyhart: Expected .+, got .+\n$/)
})
