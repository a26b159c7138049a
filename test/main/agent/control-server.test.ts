import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {chmodSync, existsSync, mkdirSync, readdirSync} from 'node:fs'
import {mkdtemp, rm} from 'node:fs/promises'
import {connect} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test from 'ava'
import {encodeFrame, encodeWords, FrameType, GuestProcess} from '../../../src/agent/index.ts'
import {connectToMachine} from '../../../src/main/agent/control-client.ts'
import {ControlServer} from '../../../src/main/agent/control-server.ts'
import {runningMachines, socketPath} from '../../../src/main/agent/run-folder.ts'
import {fakeAgent, plain, text} from '../../agent/fake-agent.ts'
import {eventually} from '../../support/eventually.ts'
import {patience} from '../../support/patience.ts'

// A short path: that of a socket is bounded.
const folder = await mkdtemp(join(tmpdir(), 'mh-'))
process.env.XDG_RUNTIME_DIR = folder
test.after.always(() => rm(folder, {recursive: true, force: true}))

// What waits for a socket to close says so when it does not.
test.beforeEach((t) => t.timeout(patience))

test.serial('a client has sessions of its own with the agent, and abandons them when it goes', async (t) => {
	await using server = await ControlServer.listen('box')
	t.deepEqual(await runningMachines(), ['box'])
	const guest = fakeAgent()
	// It waits for the machine, and then for the agent.
	const one = await connectToMachine('box')
	server.serve(guest.connection)
	const two = await connectToMachine('box')
	t.false(one.agent.isReady)
	guest.hello()
	await Promise.all([one.agent.ready, two.agent.ready])
	const processes = [one, two].map(({agent}) => new GuestProcess(agent, plain))
	await eventually(() => guest.sent(FrameType.start).length === 2, 'both commands are there')
	t.deepEqual(
		guest
			.sent(FrameType.start)
			.map(({session}) => session)
			.sort(),
		[1, 2],
	)
	for (const session of [1, 2]) {
		guest.say(FrameType.data, Buffer.from(`for ${session}`), {session, stream: 1})
		guest.say(FrameType.end, undefined, {session, stream: 1})
	}
	const texts = await Promise.all(processes.map(async ({stdout}) => text(Buffer.concat(await Array.fromAsync(stdout)))))
	t.deepEqual(texts.sort(), ['for 1', 'for 2'])
	guest.exit(5, 0, guest.sent(FrameType.start)[0]!.session)
	t.deepEqual(await Promise.race(processes.map(({exited}) => exited)), {exitCode: 5})
	one[Symbol.dispose]()
	two[Symbol.dispose]()
	await eventually(() => guest.sent(FrameType.abandon).length === 1, 'the command that still ran is abandoned')
})

test.serial('a guest that reboots cuts its clients off, and others reach the next one', async (t) => {
	await using server = await ControlServer.listen('box')
	const [before, after] = [fakeAgent(), fakeAgent()]
	server.serve(before.connection)
	before.hello()
	const client = await connectToMachine('box')
	await client.agent.ready
	const process = new GuestProcess(client.agent, plain)
	server.serve(after.connection)
	await t.throwsAsync(process.exited, {message: 'the machine has ended'})
	after.hello()
	using next = await connectToMachine('box')
	await t.notThrowsAsync(next.agent.ready)
})

test.serial('a client that breaks the protocol is cut off, and the agent hears nothing of it', async (t) => {
	await using server = await ControlServer.listen('box')
	const guest = fakeAgent()
	server.serve(guest.connection)
	guest.hello()
	for (const type of [FrameType.mount, FrameType.network, FrameType.powerOff, FrameType.exited]) {
		const socket = connect(socketPath('box'))
		socket.on('error', () => {})
		socket.resume()
		socket.write(encodeFrame({session: 1, type, stream: 0, payload: encodeWords(0)}))
		await once(socket, 'close')
	}
	t.deepEqual(
		guest.frames.map(({type}) => type),
		[FrameType.hello],
	)
})

test.serial('a name is taken while its machine runs; a socket that a killed one has left makes way', async (t) => {
	{
		await using _server = await ControlServer.listen('box')
		await t.throwsAsync(ControlServer.listen('box'), {
			name: 'UserError',
			message: 'Expected a name that no running machine has, got box',
		})
		await using _other = await ControlServer.listen('other')
		await t.throwsAsync(connectToMachine('none'), {
			message: 'Expected the name of a running machine (box, other), got none, which is none',
		})
	}
	t.deepEqual(readdirSync(join(folder, 'manyhart')), [])
	const path = socketPath('box')
	const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
	await once(spawn(process.execPath, ['-e', script]), 'exit')
	t.true(existsSync(path))
	t.deepEqual(await runningMachines(), [])
	await t.throwsAsync(connectToMachine('box'), {message: /^Expected the name of a running machine, got box/})
	await using _server = await ControlServer.listen('box')
	t.deepEqual(await runningMachines(), ['box'])
	t.deepEqual(readdirSync(join(folder, 'manyhart')), ['box.sock'])
})

test.serial('names are short and plain, and nobody else can use the folder', async (t) => {
	for (const name of ['', '../x', 'a/b', '.x', '-x', 'x'.repeat(65)])
		await t.throwsAsync(ControlServer.listen(name), {name: 'UserError', message: /^Expected a name of letters/})
	const shared = join(folder, 'shared')
	mkdirSync(join(shared, 'manyhart'), {recursive: true})
	chmodSync(join(shared, 'manyhart'), 0o777)
	process.env.XDG_RUNTIME_DIR = shared
	await t.throwsAsync(ControlServer.listen('box'), {message: /^Expected a folder that only its owner can use/})
	process.env.XDG_RUNTIME_DIR = join(folder, 'x'.repeat(100))
	await t.throwsAsync(ControlServer.listen('box'), {message: /^Expected a path of at most 107 bytes/})
	process.env.XDG_RUNTIME_DIR = folder
})
