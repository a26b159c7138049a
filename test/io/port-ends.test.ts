import {execFileSync} from 'node:child_process'
import {once} from 'node:events'
import {connect} from 'node:net'
import {join} from 'node:path'
import {buffer} from 'node:stream/consumers'
import test from 'ava'
import {connectPort} from '../../src/io/port-ends.ts'
import {testFolder} from '../disk/images.ts'

/** The guest's end; told when somebody is at the other one. */
function link() {
	const {promise: connected, resolve} = Promise.withResolvers<void>()
	const ends = {send: () => 0, drained: () => {}, connect: (isConnected: boolean) => void (isConnected && resolve())}
	return {connected, options: {link: ends, onError: () => {}}}
}

test('what a slow reader of a socket has not taken yet reaches it before the end', async (t) => {
	const path = join(await testFolder(t), 'port')
	const {connected, options} = link()
	const backend = connectPort({name: 'p', end: {kind: 'socket', path}}, options)
	const reader = connect(path)
	await Promise.all([once(reader, 'connect'), connected])
	reader.pause()
	const bytes = Buffer.alloc(2 ** 19, 7)
	t.false(backend.receive(bytes))
	const closed = backend.close()
	t.true(bytes.equals(await buffer(reader)))
	await closed
})

test('a FIFO that nobody reads is no file for a port: nothing waits for a reader', async (t) => {
	const path = join(await testFolder(t), 'fifo')
	execFileSync('mkfifo', [path])
	t.throws(() => connectPort({name: 'p', end: {kind: 'file', path}}, link().options), {
		name: 'UserError',
		message: /^Expected a file for a port that can be written, got .*fifo: ENXIO/,
	})
})
