/** Commands in Debian: with a machine of the library's, by `manyhart exec`, and by `manyhart ssh` and `cp`. */
import {spawn} from 'node:child_process'
import {createHash} from 'node:crypto'
import {
	chmodSync,
	linkSync,
	lstatSync,
	mkdirSync,
	readFileSync,
	readlinkSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {type ExecOptions, Machine, type MachineOptions} from '../../src/main/index.ts'
import {randomBytes, testFolder} from '../disk/images.ts'
import {Random} from '../hart/core/float-operands.ts'
import {entry, manyhart, startManyhart} from '../main/manyhart-process.ts'
import {eventually} from '../support/eventually.ts'
import {longPatience} from '../support/patience.ts'
import {testTranslation} from '../support/translation.ts'
import {fetchedGuest} from './boot-guest.ts'

const mebibyte = 2 ** 20

async function bootedGuest(t: ExecutionContext, options: Partial<MachineOptions>) {
	const guest = await fetchedGuest(t, 'debian')
	if (!guest) return undefined
	const signal = AbortSignal.timeout(longPatience)
	const memory = 512 * mebibyte
	const machine = await Machine.create({smp: 2, memory, ...guest, signal, ...testTranslation(), ...options})
	t.teardown(() => machine[Symbol.asyncDispose]())
	return {machine, running: machine.run()}
}

async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
	return Buffer.concat(await Array.fromAsync(stream))
}

async function outcomeOf(machine: Machine, command: readonly string[], options: ExecOptions = {}) {
	const {stdout, stderr, exitCode} = await machine.exec(command, options)
	const [out, errors] = await Promise.all([bytesOf(stdout), bytesOf(stderr)])
	return {out: out.toString('latin1'), errors: errors.toString('latin1'), exitCode: await exitCode}
}

test('commands run in the shared folder, with streams apart, and their exit codes come back', async (t) => {
	const folder = await testFolder(t)
	writeFileSync(join(folder, 'plain'), 'no program\n')
	const guest = await bootedGuest(t, {agent: 'alone', shares: [{path: folder}]})
	if (!guest) return
	const {machine, running} = guest
	const run = (command: readonly string[], options?: ExecOptions) => outcomeOf(machine, command, options)
	const shell = (script: string, options?: ExecOptions) => run(['sh', '-c', script], options)
	t.deepEqual(await shell('pwd; echo error >&2; echo "$A:$HOME"; echo new > made; exit 3', {env: {A: 'a b'}}), {
		out: `${folder}\na b:/root\n`,
		errors: 'error\n',
		exitCode: 3,
	})
	t.is(readFileSync(join(folder, 'made'), 'utf8'), 'new\n')
	t.is((await run(['true'])).exitCode, 0)
	t.is((await shell('kill -TERM $$')).exitCode, 143)
	t.is((await run(['no-such-command'])).exitCode, 127)
	t.is((await run(['./plain'])).exitCode, 126)
	t.is((await run(['pwd'], {cwd: '/nowhere'})).exitCode, 126)
	t.is((await run(['pwd'], {cwd: '/proc'})).out, '/proc\n')
	t.is((await run(['cat'])).out, '', 'without stdin it is empty')
	t.is((await run(['cat'], {stdin: ''})).out, '', 'its end comes before the command runs')

	// Any bytes, both ways; more than any buffer on the way holds.
	const bytes = randomBytes(new Random(1), 3 * mebibyte)
	const copied = await machine.exec(['cat'], {stdin: bytes})
	t.true((await bytesOf(copied.stdout)).equals(bytes))
	t.is(await copied.exitCode, 0)

	// One that nobody reads holds nobody up, and loses nothing.
	const unread = await machine.exec(['sh', '-c', 'head -c 1000000 /dev/zero; exit 4'])
	t.is((await shell('echo quick')).out, 'quick\n')
	t.is((await bytesOf(unread.stdout)).length, 1_000_000)
	t.is(await unread.exitCode, 4)

	// A background process that keeps the streams open holds nothing up either.
	t.deepEqual(await shell('sleep 1000 & echo over'), {out: 'over\n', errors: '', exitCode: 0})

	// A reader that has enough ends the command as a closed pipe does.
	const endless = await machine.exec(['yes'])
	for await (const some of endless.stdout) {
		t.is(Buffer.from(some).toString().slice(0, 2), 'y\n')
		break
	}
	t.is(await endless.exitCode, 141)

	const stopped = await machine.exec(['sh', '-c', 'trap "exit 9" INT; echo ready; while :; do sleep 0.1; done'])
	for await (const some of stopped.stdout) {
		t.is(Buffer.from(some).toString(), 'ready\n')
		stopped.kill('SIGINT')
		break
	}
	t.is(await stopped.exitCode, 9)
	const aborted = new AbortController()
	const sleeping = await machine.exec(['sleep', '1000'], {signal: aborted.signal})
	aborted.abort()
	t.is(await sleeping.exitCode, 143)

	const terminal = await shell('stty size; test -t 0 && test -t 1 && test -t 2 && echo terminal', {
		tty: {rows: 33, columns: 77},
	})
	t.deepEqual(terminal, {out: '33 77\r\nterminal\r\n', errors: '', exitCode: 0})

	await machine.powerOff()
	t.deepEqual(await running, {reason: 'power-off', exitCode: 0})
	// At once: what the guest said last has come, and nothing waits for an agent that is gone.
	await t.throwsAsync(machine.exec(['true']), {message: 'the machine has ended'})
})

test('beside its own init a guest runs commands, too, and files are copied both ways', async (t) => {
	const guest = await bootedGuest(t, {agent: 'beside', smp: 1})
	if (!guest) return
	const {machine, running} = guest
	t.regex((await outcomeOf(machine, ['ps'])).out, / 1 root {5}\{init\} /)
	const folder = await testFolder(t)
	const from = join(folder, 'from')
	mkdirSync(join(from, 'sub'), {recursive: true})
	const bytes = randomBytes(new Random(2), 2 * mebibyte)
	writeFileSync(join(from, 'sub/file'), bytes, {mode: 0o750})
	symlinkSync('sub/file', join(from, 'link'))
	await machine.copyIn(from, '/tmp/there')
	await machine.copyIn(from, '/tmp')
	const sums = await outcomeOf(machine, ['sha256sum', '/tmp/there/sub/file', '/tmp/from/link'])
	const sum = createHash('sha256').update(bytes).digest('hex')
	t.is(sums.out, `${sum}  /tmp/there/sub/file\n${sum}  /tmp/from/link\n`)
	await machine.copyOut('/tmp/there', join(folder, 'back'))
	t.true(readFileSync(join(folder, 'back/sub/file')).equals(bytes))
	t.is(lstatSync(join(folder, 'back/sub/file')).mode & 0o777, 0o750)
	t.is(readlinkSync(join(folder, 'back/link')), 'sub/file')
	await machine.copyOut('/tmp/there/sub/file', folder)
	t.true(readFileSync(join(folder, 'file')).equals(bytes))

	// Links of both kinds, modes, and what is no file, both ways and under another name.
	for (const mode of [0o444, 0o664, 0o666, 0o4755]) {
		writeFileSync(join(from, `mode-${mode.toString(8)}`), '')
		chmodSync(join(from, `mode-${mode.toString(8)}`), mode)
	}
	linkSync(join(from, 'sub/file'), join(from, 'same'))
	symlinkSync('/etc/passwd', join(from, 'absolute'))
	symlinkSync('../../outside', join(from, 'sub/outside'))
	symlinkSync('from', join(folder, 'alias'))
	await machine.copyIn(join(folder, 'alias'), '/tmp/renamed')
	const shell = (script: string) => outcomeOf(machine, ['sh', '-c', script])
	const listed =
		'cd /tmp/renamed; stat -c "%n %a" mode-*; readlink absolute; readlink sub/outside; [ same -ef sub/file ] && echo same'
	const outside = 'mode-444 444\nmode-4755 4755\nmode-664 664\nmode-666 666\n/etc/passwd\n../../outside\nsame\n'
	t.is((await shell(listed)).out, outside)
	await shell(
		'mkdir -p /tmp/renamed/closed; chmod 555 /tmp/renamed/closed; ln -s renamed /tmp/by-link; mkfifo /tmp/renamed/fifo',
	)
	await t.throwsAsync(machine.copyOut('/tmp/by-link', join(folder, 'again')), {
		name: 'UserError',
		message: 'Expected files, folders and links, which have been copied, got again/fifo: not a file',
	})
	const again = join(folder, 'again')
	t.is(readlinkSync(join(again, 'absolute')), '/etc/passwd')
	t.is(readlinkSync(join(again, 'sub/outside')), '../../outside')
	t.is(statSync(join(again, 'same')).ino, statSync(join(again, 'sub/file')).ino)
	const modes = ['mode-444', 'mode-664', 'mode-666', 'mode-4755', 'closed'].map(
		(name) => lstatSync(join(again, name)).mode & 0o7777,
	)
	t.deepEqual(modes, [0o444, 0o664, 0o666, 0o755, 0o555], "the host's users are not the guest's")
	await machine.copyOut('/tmp/renamed/absolute', folder)
	t.regex(readFileSync(join(folder, 'absolute'), 'utf8'), /^root:/, 'a link that is asked for is followed')

	const broken = (async function* () {
		yield 'some'
		throw new Error('no more')
	})()
	const fed = await machine.exec(['sh', '-c', 'cat; echo all of it'], {stdin: broken})
	await t.throwsAsync(fed.exitCode, {message: 'no more'})
	t.false((await bytesOf(fed.stdout)).includes('all of it'), 'the command does not go on as if that were all')
	await t.throwsAsync(machine.copyOut('/tmp/nothing', folder), {
		name: 'UserError',
		message: /^Expected the guest to read/,
	})
	await t.throwsAsync(machine.copyIn(join(folder, 'nothing'), '/tmp'), {name: 'UserError', message: /ENOENT/})
	await machine.powerOff()
	t.deepEqual(await running, {reason: 'power-off', exitCode: 0})
})

test('`manyhart exec` runs a command in this folder, and the next one has what the first has translated', async (t) => {
	const guest = await fetchedGuest(t, 'debian')
	if (!guest) return
	const folder = await testFolder(t)
	const cache = await testFolder(t)
	writeFileSync(join(folder, 'input'), 'from the host\n')
	const statistics = join(cache, 'statistics.json')
	const {kernel, initrd, append} = guest
	const machine = [
		'--kernel',
		kernel,
		'--initrd',
		initrd!,
		'--append',
		append!,
		'--memory',
		'512M',
		'--stats',
		statistics,
	]
	const script = 'cat input; echo "$A" >&2; exit 3'
	for (const [run, isKnown] of [false, true].entries()) {
		const ended = await manyhart(['exec', ...machine, '--env', 'A=b', '--', 'sh', '-c', script], {
			cwd: folder,
			env: {...process.env, XDG_CACHE_HOME: cache},
			timeout: longPatience,
		})
		t.deepEqual(ended, {exitCode: 3, stdout: 'from the host\n', stderr: 'b\n'}, `run ${run}`)
		const {translation} = JSON.parse(readFileSync(statistics, 'utf8')).statistics
		t.is(translation.knownModules > 0, isKnown, `run ${run}`)
	}
})

const execInDebian = [
	'exec',
	'--guest',
	'debian',
	'--smp',
	'1',
	'--memory',
	'512M',
	'--no-translation-cache',
	'--no-share',
]

test.serial(
	'`manyhart exec` passes signals on; a second ending one ends the machine at once, with its statistics',
	async (t) => {
		if (!(await fetchedGuest(t, 'debian'))) return
		const statistics = join(await testFolder(t), 'statistics.json')
		const traps = ['HUP', 'USR1', 'USR2', 'ALRM', 'CONT'].map((signal) => `trap "echo ${signal}" ${signal}`).join('; ')
		const script = `${traps}; echo ready; while :; do sleep 0.1; done`
		const {child, ended} = startManyhart(t, [...execInDebian, '--stats', statistics, '--', 'sh', '-c', script])
		let output = ''
		child.stdout!.on('data', (bytes) => {
			output += bytes
		})
		await eventually(() => output === 'ready\n', 'the command runs')
		for (const signal of ['USR1', 'USR2', 'USR1', 'ALRM', 'CONT', 'HUP'] as const) {
			const before = output
			child.kill(`SIG${signal}`)
			await eventually(() => output === `${before}${signal}\n`, `the command gets ${signal}`)
		}
		// One that follows at once may be the first one again.
		await new Promise((resolve) => setTimeout(resolve, 400))
		child.kill('SIGTERM')
		t.is(await ended, 143)
		t.like(JSON.parse(readFileSync(statistics, 'utf8')), {smp: 1, exitCode: 143})
	},
)

test.serial('`manyhart exec -t` has a terminal of the size of this one, and its keys are the command’s', async (t) => {
	if (!(await fetchedGuest(t, 'debian'))) return
	const script = 'stty size; trap "echo interrupted; exit 5" INT; echo ready; while :; do sleep 0.1; done'
	const command = [process.execPath, entry, ...execInDebian, '-t', '--', 'sh', '-c', `'${script}'`].join(' ')
	const terminal = spawn(
		'script',
		['--quiet', '--return', '--command', `stty rows 31 cols 79; ${command}`, '/dev/null'],
		{env: {...process.env, SHELL: '/bin/sh', TERM: 'dumb'}, stdio: ['pipe', 'pipe', 'inherit']},
	)
	t.teardown(() => terminal.kill('SIGKILL'))
	const ended = Promise.withResolvers<number | null>()
	terminal.on('close', ended.resolve).on('error', () => ended.resolve(null))
	let output = ''
	terminal.stdout.on('data', (bytes) => {
		output += bytes
	})
	const started = eventually(() => /^ready\r*$/m.test(output), 'the command runs').then(() => true)
	if ((await Promise.race([started, ended.promise])) === null) {
		t.pass()
		t.log('skipped: util-linux’s script is not there')
		return
	}
	terminal.stdin.write('\u0003')
	t.is(await ended.promise, 5)
	t.regex(output.replaceAll('\r', ''), /^31 79\nready\n(?:\^C)?interrupted\n/m)
})
