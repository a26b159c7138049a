/** The command line at a terminal: a pseudo-terminal of util-linux's `script`, with a shell that has job control. */
import {execFile, spawn} from 'node:child_process'
import {readdir, readFile, readlink} from 'node:fs/promises'
import {promisify} from 'node:util'
import test, {type ExecutionContext} from 'ava'
import {eventually} from '../../support/eventually.ts'
import {temporaryFile} from '../boot/boot-files.ts'
import {chatter, stay} from '../little-guest.ts'
import {entry} from '../manyhart-process.ts'

const run = promisify(execFile)

const scriptIsThere = await run('script', ['--version']).then(
	() => true,
	() => false,
)
const withTerminal = scriptIsThere ? test : test.skip

type Shell = Readonly<{type: (text: string) => void; output: () => string; pid: number}>

/** Starts a shell on a terminal of its own. */
function startShell(t: ExecutionContext): Shell {
	const script = spawn('script', ['--quiet', '--command', 'bash --norc --noprofile --noediting -i', '/dev/null'], {
		env: {...process.env, PS1: 'shell> ', TERM: 'dumb'},
		stdio: ['pipe', 'pipe', 'inherit'],
	})
	t.teardown(() => script.kill('SIGKILL'))
	let output = ''
	script.stdout.on('data', (bytes) => {
		output += bytes
	})
	return {type: (text) => script.stdin.write(text), output: () => output, pid: script.pid!}
}

/** @returns the processes that descend from this one. */
async function descendants(ancestor: number): Promise<number[]> {
	const parents = new Map<number, number>()
	for (const name of await readdir('/proc')) {
		const stat = /^\d+$/.test(name) && (await readFile(`/proc/${name}/stat`, 'latin1').catch(() => ''))
		if (stat) parents.set(Number(name), Number(stat.replace(/^.*\) \S /s, '').split(' ')[0]))
	}
	const found = [ancestor]
	for (const parent of found) found.push(...[...parents].filter(([, of]) => of === parent).map(([pid]) => pid))
	return found
}

/** Starts manyhart from the shell. @returns its process, and the terminal's file. */
async function startGuest(t: ExecutionContext, shell: Shell, guest: Uint8Array) {
	const kernel = await temporaryFile(t, guest)
	shell.type(`${process.execPath} ${entry} run --smp 1 --memory 64M --kernel ${kernel}\n`)
	let pid = 0
	await eventually(async () => {
		for (const each of await descendants(shell.pid)) {
			const words = (await readFile(`/proc/${each}/cmdline`, 'latin1').catch(() => '')).split('\0')
			if (words[0] === process.execPath) pid = each
		}
		return pid !== 0
	}, 'the shell starts manyhart')
	t.teardown(() => {
		try {
			process.kill(pid, 'SIGKILL')
		} catch {}
	})
	const terminal = await readlink(`/proc/${pid}/fd/0`)
	const raw = async () => / -icanon/.test((await run('stty', ['--file', terminal, '--all'])).stdout)
	const state = async () => /\) (\S)/.exec(await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => ') gone'))![1]
	await eventually(raw, 'the terminal is raw')
	return {pid, raw, stopped: async () => (await state()) === 'T', ended: async () => !/[RSDT]/.test((await state())!)}
}

for (const signal of ['SIGTSTP', 'SIGSTOP'] as const) {
	withTerminal(`a terminal is raw again after ${signal} and fg, and the shell's in between`, async (t) => {
		const shell = startShell(t)
		const {pid, raw, stopped, ended} = await startGuest(t, shell, stay)
		process.kill(pid, signal)
		await eventually(stopped, 'the process stops')
		await eventually(() => /Stopped/.test(shell.output()), 'the shell has the terminal')
		await eventually(async () => !(await raw()), 'the terminal is the shell’s')
		shell.type('fg\n')
		await eventually(raw, 'the terminal is raw again')
		// Ctrl-C is the guest's, Ctrl-A x ours.
		shell.type('\u0003\u0001h')
		await eventually(() => shell.output().includes('Ctrl-A h'), 'the process reads keys')
		shell.type('\u0001x')
		await eventually(ended, 'the process ends')
		await eventually(async () => !(await raw()), 'the terminal is restored')
		t.pass()
	})
}

withTerminal('a terminal that nobody reads does not keep SIGTERM from ending the process', async (t) => {
	const kernel = await temporaryFile(t, chatter)
	const command = `${process.execPath} ${entry} run --smp 1 --memory 64M --kernel ${kernel}`
	// What `script` prints is not read, so it reads no more of the terminal's output.
	const script = spawn('script', ['--quiet', '--return', '--command', `exec ${command}`, '/dev/null'], {
		stdio: ['pipe', 'pipe', 'inherit'],
	})
	t.teardown(() => script.kill('SIGKILL'))
	script.stdout.on('readable', () => {})
	await eventually(() => script.stdout.readableLength >= script.stdout.readableHighWaterMark, 'nobody reads on')
	const pid = (await descendants(script.pid!)).at(-1)!
	process.kill(pid, 'SIGTERM')
	await eventually(
		async () => /\) [ZX]|^$/.test(await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')),
		'the process ends',
	)
	t.pass()
})

withTerminal('a terminal that is closed ends a guest that prints with the exit code of SIGHUP', async (t) => {
	const [kernel, code] = [await temporaryFile(t, chatter), await temporaryFile(t, '')]
	const command = `${process.execPath} ${entry} run --smp 1 --memory 64M --kernel ${kernel}`
	const script = spawn('script', ['--quiet', '--command', `trap : HUP; ${command}; echo $? > ${code}`, '/dev/null'], {
		env: {...process.env, SHELL: '/bin/sh'},
		stdio: ['pipe', 'pipe', 'inherit'],
	})
	let printed = 0
	script.stdout.on('data', (bytes) => {
		printed += bytes.length
	})
	await eventually(() => printed > 10_000, 'the guest prints')
	script.kill('SIGKILL')
	await eventually(async () => (await readFile(code, 'utf8')).endsWith('\n'), 'manyhart ends')
	t.is(await readFile(code, 'utf8'), '129\n')
})
