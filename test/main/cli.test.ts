import {once} from 'node:events'
import {existsSync} from 'node:fs'
import {mkdtemp, open, rm, writeFile} from 'node:fs/promises'
import {type AddressInfo, createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test from 'ava'
import {temporaryFile} from './boot/boot-files.ts'
import {chatter} from './little-guest.ts'
import {entry, manyhart, startManyhart} from './manyhart-process.ts'

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
	['bench', 'flush', '--only', 'everything'],
	['bench', 'flush', '--qemu', '/no/such/qemu', '--out', '/no/such/folder'],
	['bench', 'flush', '--qemu', entry, '--out', '/no/such/folder'],
	['bench', 'flush', '--only', 'cost', '--out', '/proc/nowhere'],
	['bench', 'flush', '--render', '/no/such/record'],
	['bench', 'flush', '--render', 'package.json'],
]
for (const args of mistakes) {
	test(`manyhart ${args.join(' ').replace(entry, 'FILE')} exits with 2 and one line`, async (t) => {
		const {exitCode, stdout, stderr} = await manyhart(args)
		t.is(exitCode, 2, stderr)
		t.is(stdout, '')
		t.regex(stderr, /^manyhart: Expected .+, got .+\n$/)
	})
}

test('a full disk on stdout is told in one line', async (t) => {
	const full = await open('/dev/full', 'w')
	t.teardown(() => full.close())
	const kernel = await temporaryFile(t, chatter)
	for (const args of [['run', '--smp', '1', '-m', '64M', '--kernel', kernel], ['guest', 'list'], ['--help']]) {
		const {exitCode, stderr} = await manyhart(args, {stdio: ['ignore', full.fd, 'pipe']})
		t.is(stderr, 'manyhart: Expected to write to stdout, got ENOSPC (no space left on device)\n')
		t.is(exitCode, 2)
	}
})

const withApt = existsSync('/usr/bin/apt-get') ? test : test.skip

withApt(
	'a mirror that accepts and never answers keeps neither the time limit nor a signal from ending a fetch',
	async (t) => {
		const silent = createServer((connection) => connection.on('error', () => {}))
		await once(silent.listen(0, '127.0.0.1'), 'listening')
		t.teardown(() => silent.close())
		const cache = await mkdtemp(join(tmpdir(), 'manyhart-'))
		t.teardown(() => rm(cache, {recursive: true}))
		const {port} = silent.address() as AddressInfo
		const env = {...process.env, XDG_CACHE_HOME: cache, MANYHART_DEBIAN_MIRROR: `http://127.0.0.1:${port}/debian`}
		const timeout = startManyhart(t, ['run', '--timeout', '1'], {env})
		t.is(await timeout.ended, 124)
		const {child, ended} = startManyhart(t, ['guest', 'fetch', 'debian'], {env})
		await once(child.stderr!, 'data')
		child.kill('SIGTERM')
		t.is(await ended, 143)
	},
)

test('a cache folder that cannot be made is told, and ends a fetch', async (t) => {
	const {exitCode, stderr} = await manyhart(['guest', 'fetch', 'debian'], {
		env: {...process.env, XDG_CACHE_HOME: '/proc/nowhere'},
	})
	t.is(exitCode, 2)
	t.regex(stderr, /^manyhart: Expected to make the cache folder \/proc\/nowhere\/manyhart\/guests, got ENOENT/)
})

test('a truncated kernel is refused in one line', async (t) => {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-'))
	t.teardown(() => rm(folder, {recursive: true}))
	const kernel = join(folder, 'kernel')
	await writeFile(kernel, Buffer.from('7f454c46020101', 'hex'))
	const {exitCode, stderr} = await manyhart(['run', '--kernel', kernel])
	t.is(exitCode, 2, stderr)
	t.regex(stderr, /^manyhart: Expected .+, got .+\n$/)
})
