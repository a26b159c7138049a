/** Networks of a machine whose guest does not use them: ports, threads. test/boot/network.test.ts has a guest that does. */
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {type AddressInfo, connect, createServer} from 'node:net'
import {join} from 'node:path'
import {text} from 'node:stream/consumers'
import test from 'ava'
import {UserError} from '../../src/errors.ts'
import {parseNetworks} from '../../src/main/command-line/network-options.ts'
import {withPorts} from '../../src/main/network-devices.ts'
import {temporaryFile} from './boot/boot-files.ts'
import {stay} from './little-guest.ts'
import {createMachine, newWorkers} from './test-machine.ts'

test.serial('a machine has its forwards open from the start, and closes them with itself', async (t) => {
	newWorkers()
	const machine = await createMachine(t, {
		kernel: stay,
		networks: ['user,hostfwd=tcp::0-:22', 'user,hostfwd=udp::0-:53'],
	})
	t.deepEqual(
		newWorkers()
			.map(({threadName}) => threadName)
			.filter((name) => name?.startsWith('io')),
		['io 2'],
	)
	const [tcp, udp] = machine.forwards
	t.is(udp!.forward.guest.port, 53)
	const {port} = tcp!.bound
	t.true(port > 0)
	const socket = connect(port, '127.0.0.1')
	socket.on('error', () => {})
	const closed = new Promise((resolve) => socket.once('close', resolve))
	await once(socket, 'connect')
	const running = machine.run()
	setTimeout(() => machine.stop(), 50)
	t.deepEqual(await running, {reason: 'stopped', exitCode: 0})
	await machine[Symbol.asyncDispose]()
	// The guest never came.
	await closed
	const again = connect(port, '127.0.0.1')
	const [error] = await once(again, 'error')
	t.is(error.code, 'ECONNREFUSED')
})

test.serial('a port that is taken is a mistake of the user, and no thread is left', async (t) => {
	const server = createServer()
	server.listen(0, '127.0.0.1')
	await once(server, 'listening')
	t.teardown(() => server.close())
	const {port} = server.address() as AddressInfo
	newWorkers()
	await t.throwsAsync(createMachine(t, {kernel: stay, networks: [`user,hostfwd=tcp::${port}-:22`]}), {
		instanceOf: UserError,
		message: `Expected a free port to forward, got 127.0.0.1:${port}: it is in use`,
	})
	const workers = newWorkers()
	await Promise.all(workers.filter(({threadId}) => threadId >= 0).map((worker) => once(worker, 'exit')))
	t.pass()
})

test.serial("a network's I/O worker that ends stops the machine with its name", async (t) => {
	newWorkers()
	const machine = await createMachine(t, {kernel: stay, networks: ['user']})
	const io = newWorkers().find(({threadName}) => threadName === 'io 2')!
	const running = machine.run()
	await new Promise((resolve) => setTimeout(resolve, 50))
	await io.terminate()
	t.deepEqual(await running, {
		reason: 'error',
		exitCode: 70,
		message: 'I/O worker 2 failed: its thread ended with code 1',
	})
})

test('a process that only creates a machine stays until its ports are open', async (t) => {
	const script = join(import.meta.dirname, 'lone-machine.ts')
	const child = spawn(process.execPath, [script, await temporaryFile(t, stay)], {stdio: ['ignore', 'pipe', 'pipe']})
	t.teardown(() => child.kill('SIGKILL'))
	const ended = once(child, 'exit')
	const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
	t.deepEqual([stdout, stderr, await ended], ['1 port\n', '', [0, null]])
})

test('a machine after this one has the ports that were found', (t) => {
	const networks = parseNetworks({nic: ['user,hostfwd=tcp::0-:22,hostfwd=tcp::80-:80', 'user,hostfwd=udp::0-:53']})
	const opened = networks
		.flatMap(({settings}) => settings.forwards)
		.map((forward, index) => ({forward, bound: {address: '127.0.0.1', port: forward.host.port || 1000 + index}}))
	const ports = withPorts(networks, opened).map(({settings}) => settings.forwards.map(({host}) => host.port))
	t.deepEqual(ports, [[1000, 80], [1002]])
})
