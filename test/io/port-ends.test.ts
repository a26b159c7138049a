import {execFileSync} from 'node:child_process'
import {once} from 'node:events'
import {constants, existsSync, openSync, writeFileSync} from 'node:fs'
import {connect, Socket} from 'node:net'
import {join} from 'node:path'
import {buffer} from 'node:stream/consumers'
import test from 'ava'
import {connectPort} from '../../src/io/port-ends.ts'
import {testFolder} from '../disk/images.ts'

/** The guest's end; told when somebody is at the other one. */
function link() {
	const {promise: connected, resolve} = Promise.withResolvers<void>()
	const room = Promise.withResolvers<void>()
	const errors: string[] = []
	const ends = {
		send: () => 0,
		drained: () => room.resolve(),
		connect: (isConnected: boolean) => void (isConnected && resolve()),
	}
	const options = {link: ends, onError: (line: string) => void errors.push(line)}
	return {connected, drained: room.promise, errors, options}
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

test('a FIFO whose reader is slow holds the guest up, and loses nothing', async (t) => {
	const path = join(await testFolder(t), 'fifo')
	execFileSync('mkfifo', [path])
	const reader = new Socket({fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), writable: false})
	reader.pause()
	const {drained, errors, options} = link()
	const backend = connectPort({name: 'p', end: {kind: 'file', path}}, options)
	// More than a pipe has room for.
	const bytes = Buffer.alloc(2 ** 20, 7)
	t.false(backend.receive(bytes))
	const read = buffer(reader)
	await drained
	backend.receive(Buffer.from('and more'))
	await backend.close()
	t.true(Buffer.concat([bytes, Buffer.from('and more')]).equals(await read))
	t.deepEqual(errors, [])
})

test('a socket that a killed process has left makes way; one that somebody listens at does not', async (t) => {
	const path = join(await testFolder(t), 'port')
	const leave = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
	t.throws(() => execFileSync(process.execPath, ['-e', leave], {stdio: 'ignore'}))
	const first = link()
	const backend = connectPort({name: 'p', end: {kind: 'socket', path}}, first.options)
	let reader = connect(path).on('error', () => {})
	while (reader.destroyed || reader.connecting) {
		if (reader.destroyed) reader = connect(path).on('error', () => {})
		await new Promise((resolve) => setImmediate(resolve))
	}
	await first.connected
	const refused = Promise.withResolvers<string>()
	const second = connectPort({name: 'q', end: {kind: 'socket', path}}, {...link().options, onError: refused.resolve})
	t.regex(await refused.promise, /^the port q: .*EADDRINUSE/)
	await second.close()
	t.true(existsSync(path), "it is the first one's")
	reader.destroy()
	await backend.close()
})

test('a path where no socket can be is told of, and ends nothing', async (t) => {
	const file = join(await testFolder(t), 'file')
	writeFileSync(file, '')
	const told = Promise.withResolvers<string>()
	const options = {...link().options, onError: told.resolve}
	const backend = connectPort({name: 'p', end: {kind: 'socket', path: join(file, 'port')}}, options)
	t.regex(await told.promise, /^the port p: .*ENOTDIR/)
	await backend.close()
})
