/** Input that the guest does not read, and output that nobody reads. */
import {once} from 'node:events'
import {PassThrough, Readable, type Writable} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import test from 'ava'
import {Terminal} from '../../../src/main/command-line/terminal.ts'
import {temporaryFile} from '../boot/boot-files.ts'
import {chatter, stay} from '../little-guest.ts'
import {startManyhart} from '../manyhart-process.ts'
import {createMachine} from '../test-machine.ts'

const little = ['run', '--smp', '1', '--memory', '64M', '--kernel']

test('stdin is not read on until its bytes are taken', async (t) => {
	const stdin = new PassThrough()
	using terminal = new Terminal({stdin, stdout: new PassThrough(), stderr: new PassThrough()})
	const seen: string[] = []
	const {promise, resolve: take} = Promise.withResolvers<void>()
	terminal.attach((bytes) => {
		seen.push(Buffer.from(bytes).toString())
		return promise
	})
	const first = once(stdin, 'data')
	stdin.write('a')
	await first
	stdin.write('b')
	t.true(stdin.isPaused())
	t.deepEqual(seen, ['a'])
	const more = once(stdin, 'data')
	take()
	await more
	t.deepEqual(seen, ['a', 'b'])
})

test('what is typed is taken while it fits into the UART; the rest when the guest reads, or the machine is over', async (t) => {
	const machine = await createMachine(t, {kernel: stay})
	const running = machine.run()
	await machine.console.write(new Uint8Array(10_000))
	let taken = false
	const write = machine.console.write(new Uint8Array(10_000)).then(() => {
		taken = true
	})
	await machine.pause()
	t.false(taken)
	machine.stop()
	await Promise.all([write, running])
	await machine.console.write('too late')
})

/** Writes until the process has ended. @returns the bytes that were asked for. */
async function flood(stdin: Writable): Promise<number> {
	const block = Buffer.alloc(65_536, 'y\n')
	let bytes = 0
	const blocks = function* () {
		for (;;) {
			bytes += block.length
			yield block
		}
	}
	await pipeline(Readable.from(blocks()), stdin).catch(() => {})
	return bytes
}

test('input without end that the guest does not read stays with its writer', async (t) => {
	const kernel = await temporaryFile(t, stay)
	const {child, ended} = startManyhart(t, [...little, kernel, '--timeout', '5'])
	child.stdout!.resume()
	child.stderr!.resume()
	const bytes = await flood(child.stdin!)
	t.is(await ended, 124)
	// The buffers of streams and pipe, and the UART's ring. Without a limit it is a thousand times as much.
	t.true(bytes <= 4 * 2 ** 20, `${bytes} bytes`)
})

/** Resolves when the pipe has output, which stays there. */
async function hasOutput(stream: Readable): Promise<void> {
	await once(stream, 'readable')
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
	test(`output that nobody reads does not keep ${signal} from ending the process`, async (t) => {
		const kernel = await temporaryFile(t, chatter)
		const {child, ended} = startManyhart(t, [...little, kernel])
		await hasOutput(child.stdout!)
		child.kill(signal)
		t.is(await ended, signal === 'SIGTERM' ? 143 : 130)
	})
}
