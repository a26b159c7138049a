import {setImmediate as turn} from 'node:timers/promises'
import test from 'ava'
import {ConsoleStream} from '../../src/main/console-stream.ts'

function createStream() {
	const typed: {bytes: Uint8Array; taken: () => void}[] = []
	const stream = new ConsoleStream({
		type: (bytes, taken) => void typed.push({bytes, taken}),
		hasRoom: () => {},
	})
	return {stream, typed}
}

const text = (piece: string) => Buffer.from(piece)

async function settled<Value>(promise: Promise<Value>): Promise<Value | 'pending'> {
	await turn()
	return await Promise.race([promise, Promise.resolve('pending' as const)])
}

test('a second reader is refused while there is a first, who misses nothing', async (t) => {
	const {stream} = createStream()
	const first = stream[Symbol.asyncIterator]()
	const waiting = first.next()
	const refusal = {
		name: 'UserError',
		message: "Expected one reader of the machine's console at a time, got a second one",
	}
	await t.throwsAsync(stream[Symbol.asyncIterator]().next(), refusal)
	stream.push([text('for the first')])
	t.deepEqual((await waiting).value, text('for the first'))
	await t.throwsAsync(async () => {
		for await (const _ of stream) t.fail()
	}, refusal)
	stream.push([text('this, too')])
	t.deepEqual((await first.next()).value, text('this, too'))
})

test('a reader may follow one that has left', async (t) => {
	const {stream} = createStream()
	stream.push([text('a'), text('b')])
	for await (const piece of stream) {
		t.deepEqual(piece, text('a'))
		break
	}
	stream.end()
	const rest: Uint8Array[] = []
	for await (const piece of stream) rest.push(piece)
	t.deepEqual(rest, [text('b')])
})

test('a write resolves once the guest has taken it', async (t) => {
	const {stream, typed} = createStream()
	const first = stream.write('ü')
	const second = stream.write(Uint8Array.of(1, 2))
	t.deepEqual(
		typed.map(({bytes}) => [...bytes]),
		[
			[0xc3, 0xbc],
			[1, 2],
		],
	)
	t.is(await settled(first), 'pending')
	typed[0]!.taken()
	t.true(await first)
	t.is(await settled(second), 'pending')
})

test('a write resolves with false if the machine ends before the guest has taken it', async (t) => {
	const {stream} = createStream()
	const before = stream.write('x')
	stream.end()
	t.false(await before)
	t.false(await stream.write('y'))
})

test('what is neither text nor bytes is refused', async (t) => {
	const {stream, typed} = createStream()
	for (const [data, got] of [
		[5, 'number'],
		[null, 'null'],
		[[1], 'object'],
	])
		await t.throwsAsync(stream.write(data as string), {
			name: 'UserError',
			message: `Expected text or a Uint8Array to type, got ${got}`,
		})
	t.deepEqual(typed, [])
})
