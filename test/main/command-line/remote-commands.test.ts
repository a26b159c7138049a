/** `manyhart ssh` and `manyhart cp`, as processes, with a machine whose commands run on this host. */
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync, mkdirSync, readFileSync, statSync, writeFileSync} from 'node:fs'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {text} from 'node:stream/consumers'
import test, {type ExecutionContext} from 'ava'
import {wordOf} from '../../../src/agent/frames.ts'
import {FrameType} from '../../../src/agent/index.ts'
import {ControlServer} from '../../../src/main/agent/control-server.ts'
import {hostAgent, startOf} from '../../agent/host-agent.ts'
import {randomBytes} from '../../disk/images.ts'
import {Random} from '../../hart/core/float-operands.ts'
import {eventually} from '../../support/eventually.ts'
import {patience} from '../../support/patience.ts'
import {entry, startManyhart} from '../manyhart-process.ts'

const scriptIsThere = await once(spawn('script', ['--version'], {stdio: 'ignore'}), 'exit').then(
	([code]) => code === 0,
	() => false,
)
const withTerminal = scriptIsThere ? test : test.skip

// A short path: that of a socket is bounded.
const runtime = await mkdtemp(join(tmpdir(), 'mh-'))
process.env.XDG_RUNTIME_DIR = runtime
test.after.always(() => rm(runtime, {recursive: true, force: true}))

test.beforeEach((t) => t.timeout(patience))

let machines = 0

/** A machine that others reach by its name. */
async function startMachine(t: ExecutionContext) {
	const name = `box${machines++}`
	const home = await mkdtemp(join(tmpdir(), 'manyhart-home-'))
	const server = await ControlServer.listen(name)
	const guest = hostAgent({home})
	server.serve(guest.connection)
	const end = async () => {
		guest.end()
		await server[Symbol.asyncDispose]()
	}
	t.teardown(async () => {
		await end()
		await rm(home, {recursive: true, force: true})
	})
	return {name, home, guest, end}
}

/** @param input for its stdin; undefined: it stays open. */
async function run(t: ExecutionContext, args: readonly string[], input: string | Uint8Array | undefined = '') {
	const {child, ended} = startManyhart(t, args)
	child.stdin!.on('error', () => {})
	if (input !== undefined) child.stdin!.end(input)
	const [stdout, stderr] = await Promise.all([text(child.stdout!), text(child.stderr!)])
	return {exitCode: await ended, stdout, stderr}
}

test('a command has its streams apart, its words joined, its variables and its folder, and its exit code comes back', async (t) => {
	const {name, home} = await startMachine(t)
	const script = 'echo "$A $PWD"; cat; echo error >&2; exit 3'
	t.deepEqual(await run(t, ['ssh', '-e', 'A=b', name, script], 'input'), {
		exitCode: 3,
		stdout: `b ${home}\ninput`,
		stderr: 'error\n',
	})
	t.deepEqual(await run(t, ['ssh', '-w', '/', name, 'echo', '$PWD', 'a  b']), {
		exitCode: 0,
		stdout: '/ a b\n',
		stderr: '',
	})
	t.is((await run(t, ['ssh', name, 'kill -TERM $$'])).exitCode, 143)
	t.is((await run(t, ['ssh', name, 'no-such-command'])).exitCode, 127)
})

test('more bytes than any buffer holds go through a command, both ways', async (t) => {
	const {name, home} = await startMachine(t)
	const bytes = randomBytes(new Random(3), 3 * 2 ** 20)
	writeFileSync(join(home, 'bytes'), bytes)
	const {child, ended} = startManyhart(t, ['ssh', name, 'cmp - bytes && cat bytes'])
	child.stdin!.end(bytes)
	const out = Buffer.concat(await Array.fromAsync(child.stdout! as AsyncIterable<Buffer>))
	t.is(await ended, 0)
	t.true(out.equals(bytes))
})

test('signals go to the command, a second ending one ends the connection', async (t) => {
	const {name, guest} = await startMachine(t)
	const traps = ['USR1', 'USR2', 'CONT', 'INT'].map((signal) => `trap "echo ${signal}" ${signal}`).join('; ')
	const {child, ended} = startManyhart(t, ['ssh', name, `${traps}; echo ready; while :; do sleep 0.05; done`])
	let output = ''
	child.stdout!.on('data', (bytes) => {
		output += bytes
	})
	await eventually(() => output === 'ready\n', 'the command runs')
	for (const signal of ['USR1', 'USR2', 'USR1', 'CONT', 'INT'] as const) {
		const before = output
		child.kill(`SIG${signal}`)
		await eventually(() => output === `${before}${signal}\n`, `the command gets ${signal}`)
	}
	// One that follows at once may be the first one again.
	await new Promise((resolve) => setTimeout(resolve, 400))
	child.kill('SIGINT')
	t.is(await ended, 130)
	await eventually(() => guest.sent(FrameType.abandon).length === 1, 'nobody waits for the command any more')
	t.is(output, 'ready\nUSR1\nUSR2\nUSR1\nCONT\nINT\n')
})

test('a signal that ends the command gives its exit code', async (t) => {
	const {name} = await startMachine(t)
	for (const [signal, exitCode] of [
		['SIGTERM', 143],
		['SIGHUP', 129],
		['SIGQUIT', 131],
		['SIGUSR2', 140],
	] as const) {
		const {child, ended} = startManyhart(t, ['ssh', name, 'echo ready; exec sleep 1000'])
		await once(child.stdout!, 'data')
		child.kill(signal)
		t.is(await ended, exitCode)
	}
})

test('a reader that has enough ends the command', async (t) => {
	const {name} = await startMachine(t)
	// Node gives it a socket for a pipe, whose end may be an error instead of the signal.
	const {child, ended} = startManyhart(t, ['ssh', name, 'while echo y; do :; done; kill -PIPE $$'])
	await once(child.stdout!, 'data')
	child.stdout!.destroy()
	t.is(await ended, 141)
})

test('a machine that ends before the command is told of, and so is one that is not there', async (t) => {
	const {name, end} = await startMachine(t)
	const {child, ended} = startManyhart(t, ['ssh', name, 'echo ready; sleep 1000'])
	const errors = text(child.stderr!)
	await once(child.stdout!, 'data')
	await end()
	t.is(await ended, 71)
	t.regex(await errors, new RegExp(`^manyhart: Expected ${name} to go on until the command ends, got: `))
	const none = await run(t, ['ssh', name, 'true'])
	t.is(none.exitCode, 2)
	t.regex(none.stderr, new RegExp(`^manyhart: Expected the name of a running machine.*, got ${name}, which is none\n$`))
	t.is((await run(t, ['cp', `${name}:/a`, '.'])).exitCode, 2)
})

test('-t needs a terminal', async (t) => {
	const {name, guest} = await startMachine(t)
	t.deepEqual(await run(t, ['ssh', '-t', name, 'true']), {
		exitCode: 2,
		stdout: '',
		stderr: 'manyhart: Expected a terminal as stdin for --tty, got none\n',
	})
	t.deepEqual(guest.sent(FrameType.start), [])
})

withTerminal('-t passes on the size of the terminal, its changes, and keys as they are', async (t) => {
	const {name, guest} = await startMachine(t)
	const command = `stty rows 33 cols 77; tty; ${process.execPath} ${entry} ssh -t -e A=b ${name} 'head -c 4 | od -An -c'`
	const script = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
		env: {...process.env, SHELL: '/bin/sh', TERM: 'dumb'},
		stdio: ['pipe', 'pipe', 'inherit'],
	})
	t.teardown(() => script.kill('SIGKILL'))
	const ended = once(script, 'close')
	let output = ''
	script.stdout.on('data', (bytes) => {
		output += bytes
	})
	await eventually(() => guest.sent(FrameType.start).length === 1, 'the command starts')
	const {env, ...start} = startOf(guest.sent(FrameType.start)[0]!)
	t.like(start, {hasTerminal: true, rows: 33, columns: 77})
	t.like(env, {TERM: 'dumb', A: 'b'})
	const terminal = /\/dev\/\S+/.exec(output)![0]
	await once(spawn('stty', ['--file', terminal, 'rows', '44', 'cols', '88']), 'exit')
	await eventually(() => guest.sent(FrameType.resize).length > 0, 'the new size comes')
	t.is(wordOf(guest.sent(FrameType.resize).at(-1)!), 44 | (88 << 16))
	// Ctrl-C, Ctrl-Z, Ctrl-A and x, none of which means anything here.
	script.stdin.write('\u0003\u001a\u0001x')
	t.is((await ended)[0], 0)
	t.regex(output, /003 032 001 {3}x/)
	t.deepEqual(guest.sent(FrameType.signal), [])
})

test('files and folders are copied both ways, and follow scp', async (t) => {
	const {name, home} = await startMachine(t)
	const here = await mkdtemp(join(tmpdir(), 'manyhart-here-'))
	t.teardown(() => rm(here, {recursive: true, force: true}))
	mkdirSync(join(here, 'from/sub'), {recursive: true})
	const bytes = randomBytes(new Random(4), 2 ** 20)
	writeFileSync(join(here, 'from/sub/file'), bytes, {mode: 0o750})
	const copied = {exitCode: 0, stdout: '', stderr: ''}
	const copy = (from: string, to: string) => run(t, ['cp', from, to])
	mkdirSync(join(home, 'there'))
	t.deepEqual(await copy(join(here, 'from'), `${name}:${home}/there`), copied)
	t.deepEqual(await copy(join(here, 'from/sub/file'), `${name}:${home}/other`), copied)
	t.true(readFileSync(join(home, 'there/from/sub/file')).equals(bytes))
	t.true(readFileSync(join(home, 'other')).equals(bytes))
	t.deepEqual(await copy(`${name}:${home}/there/from`, join(here, 'back')), copied)
	t.true(readFileSync(join(here, 'back/sub/file')).equals(bytes))
	t.is(statSync(join(here, 'back/sub/file')).mode & 0o777, 0o750)
})

test('what cannot be copied is told in a line', async (t) => {
	const {name, home} = await startMachine(t)
	const wrong = async (from: string, to: string, says: RegExp) => {
		const {exitCode, stdout, stderr} = await run(t, ['cp', from, to])
		t.deepEqual([exitCode, stdout], [2, ''])
		t.regex(stderr, says)
		t.is(stderr.trim().split('\n').length, 1)
	}
	await wrong('a', 'b', /^manyhart: Expected one path here and one as NAME:PATH in a machine, got a and b/)
	await wrong(`${name}:/a`, `${name}:/b`, /^manyhart: Expected one path here/)
	await wrong('/no/such', `${name}:${home}`, /got \/no\/such: ENOENT/)
	await wrong(`${name}:${home}/none`, '/tmp', /^manyhart: Expected the guest to read .*none, got: .*No such file/)
	await wrong(entry, `${name}:${home}/no/such`, /^manyhart: Expected the guest to write /)
	t.false(existsSync(join(home, 'no')))
})
