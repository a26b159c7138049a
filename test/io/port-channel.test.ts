import {once} from 'node:events'
import {MessageChannel} from 'node:worker_threads'
import test from 'ava'
import {type FromMain, PortChannel} from '../../src/io/port-channel.ts'

/** A channel, the main thread's end of it, and a guest with so much room. */
function channel(room: number) {
	const {port1, port2} = new MessageChannel()
	const guest = {room, got: '', drains: 0}
	const backend = new PortChannel(port1, {
		send: (bytes) => {
			const sent = Math.min(bytes.length, guest.room)
			guest.room -= sent
			guest.got += Buffer.from(bytes.subarray(0, sent)).toString()
			return sent
		},
		drained: () => guest.drains++,
		connect: () => {},
	})
	// The test waits for it.
	port1.ref()
	const send = async (text: string) => {
		const came = once(port1, 'message')
		port2.postMessage({kind: 'data', bytes: Buffer.from(text)} satisfies FromMain)
		await came
	}
	return {backend, guest, send, close: () => port2.close()}
}

test('what waits for room goes on when a program opens the port', async (t) => {
	const {backend, guest, send, close} = channel(0)
	t.teardown(close)
	await send('hello')
	await send(' there')
	guest.room = 100
	backend.opened(true)
	t.is(guest.got, 'hello there')
})

test('what was meant for a program that has left reaches no other, even if it comes later', async (t) => {
	const {backend, guest, send, close} = channel(2)
	t.teardown(close)
	backend.opened(true)
	await send('first')
	backend.opened(false)
	guest.room = 100
	await send('late')
	backend.opened(true)
	await send('next')
	t.is(guest.got, 'finext')
})
