import {type ChildProcess, spawn} from 'node:child_process'
import {mkdtemp, rm} from 'node:fs/promises'
import {createServer, type Socket} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {parseQemuFlushes, type QemuFlushes, readQemuFlushes} from '../../src/bench/qemu-flushes.ts'
import {eventually} from '../support/eventually.ts'

/** From QEMU 7.2.22. */
const infoJit = `Translation buffer state:
gen code size       22946131/1073736704
TB count            38014
direct jump count   24213 (63%) (2 jumps=19031 50%)
TB hash avg chain   1.024 buckets. Histogram: 1|█▁▁|3

Statistics:
TB flush count      1
TB invalidate count 4242
TLB full flushes    7
TLB partial flushes 31415
TLB elided flushes  92653
[TCG profiler not compiled]
`
const counted = {full: 7, partial: 31415, elided: 92653}

async function socketPath(t: ExecutionContext): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-monitor-test-'))
	t.teardown(() => rm(folder, {recursive: true}))
	return join(folder, 'monitor')
}

/** A monitor that does this with what is typed. */
async function monitor(t: ExecutionContext, onInput: (socket: Socket, text: string) => void): Promise<string> {
	const path = await socketPath(t)
	const server = createServer((socket) => {
		socket.write("QEMU 7.2.22 monitor - type 'help' for more information\r\n(qemu) ")
		socket.setEncoding('utf8').on('data', (text: string) => onInput(socket, text))
	})
	await new Promise<void>((resolve) => server.listen(path, resolve))
	t.teardown(() => server.close())
	return path
}

test('the three counts are found in what the monitor prints, whatever ends its lines', (t) => {
	t.deepEqual(parseQemuFlushes(infoJit), counted)
	t.deepEqual(parseQemuFlushes(infoJit.replaceAll('\n', '\r\n')), counted)
})

test('text without all of the counts gives none', (t) => {
	t.is(parseQemuFlushes("unknown command: 'info jit'"), undefined)
	t.is(parseQemuFlushes(infoJit.replace(/^TLB full.*\n/m, '')), undefined)
	t.is(parseQemuFlushes(infoJit.replace('92653', '')), undefined)
})

test('an answer that comes in pieces, after an echo with escapes, is read whole', async (t) => {
	const path = await monitor(t, (socket, text) => {
		t.is(text, 'info jit\n')
		const answer = `i\u001b[K\u001b[Dinfo jit\u001b[K\r\n${infoJit.replaceAll('\n', '\r\n')}(qemu) `
		const cut = answer.indexOf('653')
		socket.write(answer.slice(0, cut))
		setImmediate(() => socket.write(answer.slice(cut)))
	})
	t.deepEqual(await readQemuFlushes(path), counted)
})

test('a QEMU that has ended, ends meanwhile or does not answer is an error', async (t) => {
	await t.throwsAsync(readQemuFlushes(await socketPath(t)), {message: /ENOENT/})
	const ends = await monitor(t, (socket) => socket.end())
	await t.throwsAsync(readQemuFlushes(ends), {message: /it closed the connection/})
	const hangs = await monitor(t, () => {})
	await t.throwsAsync(readQemuFlushes(hangs, {timeoutSeconds: 0.1}), {message: /no answer in 0.1 s/})
})

test('the QEMU of this machine answers', async (t) => {
	const path = await socketPath(t)
	const options = ['-M', 'virt', '-S', '-display', 'none', '-monitor', `unix:${path},server=on,wait=off`]
	const child: ChildProcess = spawn('qemu-system-riscv64', options, {stdio: 'ignore'})
	t.teardown(() => child.kill())
	const isThere = await new Promise<boolean>((resolve) => {
		child.once('spawn', () => resolve(true))
		child.once('error', () => resolve(false))
	})
	if (!isThere) {
		t.log('no qemu-system-riscv64')
		t.pass()
		return
	}
	// It makes the socket a while after it was started.
	let flushes: QemuFlushes | undefined
	const isAnswered = async () => {
		flushes = await readQemuFlushes(path).catch(() => undefined)
		return flushes !== undefined
	}
	await eventually(isAnswered, 'an answer of the monitor')
	t.true(flushes!.full + flushes!.partial + flushes!.elided > 0, 'a reset flushes')
})
