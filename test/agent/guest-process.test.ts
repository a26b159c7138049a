import test from 'ava'
import {streamWindow} from '../../src/agent/byte-stream.ts'
import {stdinWindow} from '../../src/agent/frames.ts'
import {encodeWords, FrameType, GuestProcess} from '../../src/agent/index.ts'
import {fakeAgent, plain, text} from './fake-agent.ts'

async function all(stream: AsyncIterable<Uint8Array>): Promise<string> {
	let whole = ''
	for await (const bytes of stream) whole += text(bytes)
	return whole
}

test('a command is sent with its arguments, environment and folder, and its exit code comes back', async (t) => {
	const {connection, hello, sent, say, exit} = fakeAgent()
	hello()
	await connection.ready
	const process = new GuestProcess(connection, {...plain, tty: {rows: 24, columns: 80}})
	const [{payload, session}] = sent(FrameType.start) as [ReturnType<typeof sent>[0]]
	t.is(session, 1)
	t.deepEqual(payload.subarray(0, 20), encodeWords(3, 24 | (80 << 16), streamWindow, 2, 2))
	t.is(text(payload.subarray(20)), '/w\0cmd\0a b\0A=1\0B=\0')
	say(FrameType.started)
	await process.started
	say(FrameType.data, Buffer.from('out'), {stream: 1})
	say(FrameType.data, Buffer.from('err'), {stream: 2})
	say(FrameType.end, undefined, {stream: 1})
	say(FrameType.end, undefined, {stream: 2})
	exit(3)
	t.deepEqual(await Promise.all([all(process.stdout), all(process.stderr)]), ['out', 'err'])
	t.deepEqual(await process.exited, {exitCode: 3})
})

test('a signal that ended a command is 128 and its number', async (t) => {
	const {connection, hello, exit} = fakeAgent()
	hello()
	const process = new GuestProcess(connection, plain)
	exit(0, 15)
	t.deepEqual(await process.exited, {exitCode: 143})
})

test('a command that is not there is 127, one that cannot be run 126, with the reason', async (t) => {
	for (const [step, errno, exitCode, failure] of [
		[2, 2, 127, 'Expected a command that the guest can run, got cmd: ENOENT (no such file or directory)'],
		[2, 13, 126, 'Expected a command that the guest can run, got cmd: EACCES (permission denied)'],
		[1, 2, 126, 'Expected the folder /w in the guest, got: ENOENT (no such file or directory)'],
		[0, 11, 126, 'Expected a command that the guest can run, got cmd: EAGAIN (too many commands at once)'],
	] as const) {
		const {connection, hello, say} = fakeAgent()
		hello()
		const process = new GuestProcess(connection, plain)
		say(FrameType.failed, encodeWords(step, errno))
		t.deepEqual(await process.exited, {exitCode, failure})
		await t.throwsAsync(process.started, {message: failure})
	}
})

test('stdin waits for credit, and no byte is lost or sent twice', async (t) => {
	const {connection, hello, sent, say} = fakeAgent()
	hello()
	const process = new GuestProcess(connection, plain)
	const bytes = Buffer.from(Array.from({length: 3 * stdinWindow}, (_, at) => at % 251))
	let isWritten = false
	const writing = process.write(bytes).then((is) => {
		isWritten = true
		return is
	})
	const taken = () => Buffer.concat(sent(FrameType.data).map(({payload}) => payload))
	t.is(taken().length, stdinWindow)
	// More credit than was ever used up is no more.
	for (const [credit, sentNow] of [
		[1000, 1000],
		[2 * stdinWindow, stdinWindow],
		[stdinWindow, stdinWindow],
	] as const) {
		const before = taken().length
		t.false(isWritten)
		say(FrameType.credit, encodeWords(credit))
		await new Promise(setImmediate)
		t.is(taken().length - before, Math.min(sentNow, bytes.length - before))
	}
	t.true(await writing)
	process.end()
	t.deepEqual(taken(), bytes)
	t.is(sent(FrameType.end).length, 1)
})

test('a write ends with false when the command reads no more, or is over', async (t) => {
	for (const end of ['end', 'exited'] as const) {
		const {connection, hello, say} = fakeAgent()
		hello()
		const process = new GuestProcess(connection, plain)
		const writing = process.write(new Uint8Array(2 * stdinWindow))
		say(FrameType[end])
		t.false(await writing)
		t.false(await process.write(Uint8Array.of(1)))
	}
})

test('a reader that does not read gives no credit, and holds nobody up', async (t) => {
	const {connection, hello, sent, say, exit} = fakeAgent()
	hello()
	const slow = new GuestProcess(connection, plain)
	const quick = new GuestProcess(connection, plain)
	const piece = new Uint8Array(32_768)
	for (let at = 0; at < streamWindow; at += piece.length) say(FrameType.data, piece, {stream: 1, session: 1})
	t.deepEqual(sent(FrameType.credit), [])
	say(FrameType.data, Buffer.from('here'), {stream: 1, session: 2})
	say(FrameType.end, undefined, {stream: 1, session: 2})
	exit(0, 0, 2)
	t.is(await all(quick.stdout), 'here')
	t.deepEqual(await quick.exited, {exitCode: 0})
	// Once it reads, it gives back exactly what it has taken.
	for (let at = 0; at < streamWindow; at += piece.length) await slow.stdout.next()
	void slow.stdout.next()
	const credit = sent(FrameType.credit).map(({payload}) => Buffer.from(payload).readUInt32LE())
	t.is(
		credit.reduce((sum, bytes) => sum + bytes, 0),
		streamWindow,
	)
})

test('a reader that stops reading tells the command, and what still comes is dropped', async (t) => {
	const {connection, hello, sent, say, exit} = fakeAgent()
	hello()
	const process = new GuestProcess(connection, plain)
	say(FrameType.data, Buffer.from('one'), {stream: 1})
	for await (const bytes of process.stdout) {
		t.is(text(bytes), 'one')
		break
	}
	t.deepEqual(
		sent(FrameType.end).map(({stream}) => stream),
		[1],
	)
	say(FrameType.data, Buffer.from('two'), {stream: 1})
	exit(0, 13)
	t.deepEqual(await process.exited, {exitCode: 141})
	t.is(await all(process.stdout), '')
})

test('an agent that sends more than it has credit for, or frames that are too long, ends all of its sessions', async (t) => {
	const breaches: readonly ((agent: ReturnType<typeof fakeAgent>) => void)[] = [
		({say}) => {
			for (let at = 0; at <= streamWindow; at += 32_768) say(FrameType.data, new Uint8Array(32_768), {stream: 1})
		},
		({say}) => say(FrameType.data, new Uint8Array(32_769), {stream: 1}),
		({say}) => say(FrameType.data, Uint8Array.of(1), {stream: 9}),
	]
	for (const breach of breaches) {
		const agent = fakeAgent()
		agent.hello()
		const process = new GuestProcess(agent.connection, plain)
		const other = new GuestProcess(agent.connection, plain)
		breach(agent)
		await t.throwsAsync(process.exited, {message: /^the agent in the guest breaks the protocol: /})
		await t.throwsAsync(other.exited)
		t.false(await other.write(Uint8Array.of(1)))
		t.throws(() => new GuestProcess(agent.connection, plain), {message: 'the agent in the guest is not there'})
	}
})

test('when the machine ends, every command ends with the reason; so do those of an agent that has gone', async (t) => {
	const {connection, hello, listener} = fakeAgent()
	hello()
	const first = new GuestProcess(connection, plain)
	listener.opened(false)
	await t.throwsAsync(first.exited, {message: 'the agent in the guest has ended'})
	await t.throwsAsync(all(first.stdout), {message: 'the agent in the guest has ended'})
	t.false(connection.isReady)
	const isReady = connection.ready
	listener.opened(true)
	hello()
	await isReady
	const second = new GuestProcess(connection, plain)
	listener.closed()
	await t.throwsAsync(second.exited, {message: 'the machine has ended'})
	await t.throwsAsync(connection.ready, {message: 'the machine has ended'})
})

test('an agent of another version is refused by its number', async (t) => {
	const {connection, hello} = fakeAgent()
	hello(2)
	await t.throwsAsync(connection.ready, {
		message: 'the agent in the guest speaks version 2 of the protocol, expected 1',
	})
})

test('what cannot be sent is refused before anything is', (t) => {
	const {connection, hello, sent} = fakeAgent()
	hello()
	for (const [options, message] of [
		[{command: []}, 'Expected a command to run in the guest, got none'],
		[{command: ['a\0b']}, 'Expected texts without zero bytes for the guest, got "a\\u0000b"'],
		[{command: ['x'.repeat(2 ** 20)]}, /^Expected a command and environment of at most 1048576 bytes, got /],
	] as const)
		t.throws(() => new GuestProcess(connection, {...plain, ...options}), {name: 'UserError', message})
	t.deepEqual(sent(FrameType.start), [])
})

test('an abandoned command is told so, and its streams end', async (t) => {
	const {connection, hello, sent} = fakeAgent()
	hello()
	const process = new GuestProcess(connection, plain)
	process.kill('SIGINT')
	process.resize({rows: 1, columns: 2})
	process.abandon()
	t.deepEqual([...sent(FrameType.signal)[0]!.payload], [2, 0, 0, 0])
	t.deepEqual([...sent(FrameType.resize)[0]!.payload], [1, 0, 2, 0])
	t.is(sent(FrameType.abandon).length, 1)
	await t.throwsAsync(process.exited)
})
