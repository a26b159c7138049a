/** The file of a trace where it is a FIFO: neither its opening nor its writing waits for ever. */
import {execFileSync, spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {TraceFile} from '../../../src/main/tracing/index.ts'

const [mebibyte, short] = [2 ** 20, 300]

async function fifo(t: ExecutionContext): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-trace-'))
	t.teardown(() => rm(folder, {recursive: true}))
	const path = join(folder, 'fifo')
	execFileSync('mkfifo', [path])
	return path
}

function reader(t: ExecutionContext, command: string, ...args: readonly string[]) {
	const child = spawn(command, args, {stdio: ['ignore', 'pipe', 'inherit']})
	t.teardown(() => child.kill('SIGKILL'))
	return child
}

test('a FIFO without a reader is refused', async (t) => {
	const path = await fifo(t)
	await t.throwsAsync(TraceFile.open(path, mebibyte, short), {
		name: 'UserError',
		message: `Expected a reader of the FIFO --trace ${path} within 0.3 seconds, got none`,
	})
})

test('a FIFO whose reader comes a little later has the whole trace', async (t) => {
	const path = await fifo(t)
	const opening = TraceFile.open(path, mebibyte)
	// Into a file: this thread does not read while it writes.
	const copier = reader(t, 'sh', '-c', 'cat "$0" > "$0.copy"', path)
	const copied = once(copier, 'exit')
	const file = await opening
	// More than a pipe holds.
	const name = 'x'.repeat(1000)
	for (let event = 0; event < 500; event++) file.write(`"name":"${name}"`)
	file.close('"name":"end"')
	t.is(file.failure, undefined)
	await copied
	t.is(JSON.parse(await readFile(`${path}.copy`, 'utf8')).length, 501)
})

test('a FIFO whose reader takes nothing ends the trace, not the machine', async (t) => {
	const path = await fifo(t)
	const opening = TraceFile.open(path, mebibyte, short)
	const idle = reader(t, 'sh', '-c', 'exec 3< "$0"; echo there; exec sleep 100', path)
	await once(idle.stdout, 'data')
	const file = await opening
	const name = 'x'.repeat(1000)
	for (let event = 0; event < 500; event++) file.write(`"name":"${name}"`)
	file.close('"name":"end"')
	t.is(file.failure, 'its reader took nothing for 0.3 seconds')
})
