import {createHash} from 'node:crypto'
import {createSocket} from 'node:dgram'
import {once} from 'node:events'
import {type AddressInfo, connect, createServer, type Server, type Socket} from 'node:net'
import {buffer} from 'node:stream/consumers'
import test, {type ExecutionContext} from 'ava'
import {hostClock} from '../../src/net/clock.ts'
import type {HostNetwork} from '../../src/net/host.ts'
import {nodeHost} from '../../src/net/node-host.ts'
import type {UserNetworkSettings} from '../../src/net/settings.ts'
import type {TcpConnection, TcpEnd} from '../../src/net/tcp/index.ts'
import {at, Guest, guestMac, icmpKind} from './support/guest.ts'

/** Nobody beyond this machine is asked, whatever goes wrong. */
const onlyLoopback: HostNetwork = {
	...nodeHost,
	connect: (to, events) => nodeHost.connect(checked(to), events),
	connectDatagrams: (to, events) => nodeHost.connectDatagrams(checked(to), events),
	nameServers: () => [],
}

function checked<To extends Readonly<{address: string}>>(to: To): To {
	if (to.address !== '127.0.0.1' && to.address !== '::1') throw new Error(`Expected loopback, got ${to.address}`)
	return to
}

function startGuest(t: ExecutionContext, settings: Partial<UserNetworkSettings> = {}): Guest {
	const guest = new Guest({host: onlyLoopback, clock: hostClock, settings})
	guest.keepsFrames = false
	t.teardown(() => guest.network.close())
	return guest
}

async function serve(t: ExecutionContext, serveOne: (socket: Socket) => void): Promise<number> {
	const server: Server = createServer({allowHalfOpen: true}, (socket) => {
		// The network of a test that is over resets what is left.
		socket.on('error', () => {})
		serveOne(socket)
	})
	server.listen(0, '127.0.0.1')
	await once(server, 'listening')
	t.teardown(() => server.close())
	return (server.address() as AddressInfo).port
}

/** The guest's user of a connection: what came, and when it is over. */
function client() {
	const came: Uint8Array[] = []
	const state = {length: 0, hasEnded: false}
	let connection: TcpConnection
	const established = Promise.withResolvers<void>()
	const ended = Promise.withResolvers<void>()
	const over = Promise.withResolvers<TcpEnd>()
	let writable = Promise.withResolvers<void>()
	return {
		established: established.promise,
		ended: ended.promise,
		over: over.promise,
		state,
		bytes: () => Buffer.concat(came),
		take(taken: TcpConnection) {
			connection = taken
			return taken
		},
		async write(bytes: Uint8Array) {
			for (let from = 0; from < bytes.length; ) {
				const length = Math.min(bytes.length - from, connection.room)
				connection.write(bytes.subarray(from, from + length))
				from += length
				if (from === bytes.length) break
				writable = Promise.withResolvers()
				connection.waitForRoom()
				await writable.promise
			}
		},
		user: {
			established: () => established.resolve(),
			data: (bytes: Uint8Array) => {
				came.push(bytes.slice())
				state.length += bytes.length
			},
			room: () => 1 << 20,
			ended: () => {
				state.hasEnded = true
				ended.resolve()
			},
			writable: () => writable.resolve(),
			over: (end: TcpEnd) => over.resolve(end),
		},
	}
}

const sample = (length: number): Uint8Array => Uint8Array.from({length}, (_, index) => (index * 2_654_435_761) >>> 13)
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

test('a server of the host echoes what the guest sends, and both directions close one after the other', async (t) => {
	const port = await serve(t, (socket) => socket.pipe(socket))
	const guest = startGuest(t)
	const one = client()
	const connection = one.take(guest.connect({to: '10.0.2.2'}, {port, localPort: 4000, user: one.user}))
	const bytes = sample(3_000_000)
	await one.established
	await one.write(bytes)
	connection.close()
	await one.ended
	t.is(digest(one.bytes()), digest(bytes))
	t.is(connection.state, 'time-wait')
	t.is(guest.network.connections, 0, "the guest's side closed first and waits; the host's is gone")
})

test('a large transfer from the host arrives whole, and ends in the order of a server that closes first', async (t) => {
	const bytes = sample(20_000_000)
	const port = await serve(t, (socket) => socket.end(bytes))
	const guest = startGuest(t)
	const one = client()
	const connection = one.take(guest.connect({to: '10.0.2.2'}, {port, localPort: 4000, user: one.user}))
	await one.ended
	t.is(digest(one.bytes()), digest(bytes))
	connection.close()
	t.is(await one.over, 'closed')
	t.is(guest.network.connections, 1)
})

test('the host gets all that the guest sends before its end, and may still answer', async (t) => {
	const port = await serve(t, (socket) => {
		const hash = createHash('sha256')
		socket.on('data', (part) => hash.update(part))
		socket.on('end', () => socket.end(hash.digest('hex')))
	})
	const guest = startGuest(t)
	const one = client()
	const connection = one.take(guest.connect({to: '10.0.2.2'}, {port, localPort: 4000, user: one.user}))
	const bytes = sample(10_000_000)
	await one.established
	await one.write(bytes)
	connection.close()
	await one.ended
	t.is(one.bytes().toString(), digest(bytes))
})

test('what the guest has sent reaches the server even if the network goes at once', async (t) => {
	const all = Promise.withResolvers<string>()
	const port = await serve(t, (socket) => {
		const hash = createHash('sha256')
		socket.on('data', (part) => hash.update(part))
		socket.on('close', () => all.resolve(hash.digest('hex')))
		socket.on('end', () => socket.end())
	})
	const guest = startGuest(t)
	const one = client()
	const connection = one.take(guest.connect({to: '10.0.2.2'}, {port, localPort: 4000, user: one.user}))
	await one.established
	const bytes = sample(100_000)
	await one.write(bytes)
	// The last of it is on its way to the host's socket: nobody has waited for that.
	while (connection.room < 512 * 1024) await new Promise((resolve) => setImmediate(resolve))
	guest.network.close()
	t.is(await all.promise, digest(bytes))
})

test('a port where nobody listens refuses the guest', async (t) => {
	const server = createServer()
	server.listen(0, '127.0.0.1')
	await once(server, 'listening')
	const {port} = server.address() as AddressInfo
	server.close()
	await once(server, 'close')
	const guest = startGuest(t)
	const one = client()
	one.take(guest.connect({to: '10.0.2.2'}, {port, localPort: 4000, user: one.user}))
	t.is(await one.over, 'refused')
	t.is(guest.network.connections, 0)
})

test("the host's reset reaches the guest, and the guest's the host", async (t) => {
	const failed = Promise.withResolvers<string>()
	const port = await serve(t, (socket) => {
		socket.once('data', (bytes) => {
			if (bytes.toString() === 'reset') socket.resetAndDestroy()
		})
		socket.on('error', (error: NodeJS.ErrnoException) => failed.resolve(error.code ?? ''))
	})
	const guest = startGuest(t)
	const [one, other] = [client(), client()]
	one.take(guest.connect({to: '10.0.2.2'}, {port, localPort: 4000, user: one.user}))
	await one.established
	await one.write(Buffer.from('reset'))
	t.is(await one.over, 'reset')
	const connection = other.take(guest.connect({to: '10.0.2.2'}, {port, localPort: 4001, user: other.user}))
	await other.established
	await other.write(Buffer.from('stay'))
	connection.abort()
	t.is(await failed.promise, 'ECONNRESET')
	t.is(guest.network.connections, 0)
})

test('a reader that stops holds the writer: nothing is kept beyond the windows', async (t) => {
	const bytes = sample(30_000_000)
	let written = 0
	const port = await serve(t, (socket) => {
		let from = 0
		const more = () => {
			for (; from < bytes.length; from += 65_536) {
				written = Math.min(bytes.length, from + 65_536)
				if (!socket.write(bytes.subarray(from, from + 65_536))) {
					from += 65_536
					return void socket.once('drain', more)
				}
			}
			socket.end()
		}
		more()
	})
	const guest = startGuest(t)
	const one = client()
	let isReading = false
	const user = {...one.user, room: () => (isReading ? 1 << 20 : Math.max(0, 100_000 - one.state.length))}
	const connection = one.take(guest.connect({to: '10.0.2.2'}, {port, localPort: 4000, user}))
	await one.established
	// Until the server's socket and everything on the way is full.
	for (let before = -1; before !== written; ) {
		before = written
		await new Promise((resolve) => setTimeout(resolve, 300))
	}
	t.true(one.state.length <= 100_000)
	t.true(written < 20_000_000, `the server wrote ${written}`)
	isReading = true
	connection.windowOpened()
	await one.ended
	t.is(digest(one.bytes()), digest(bytes))
})

test('a forwarded port reaches the guest that has the first address, and bytes go both ways', async (t) => {
	const guest = startGuest(t, {
		forwards: [
			{protocol: 'tcp', host: {address: '127.0.0.1', port: 0}, guest: {address: undefined, port: 22}},
			{protocol: 'udp', host: {address: '127.0.0.1', port: 0}, guest: {address: undefined, port: 53}},
		],
	})
	const [tcp, udp] = await guest.network.open()
	guest.listen(22, (accept) => {
		const server = client()
		const connection = accept({
			...server.user,
			data: (bytes) => connection.write(bytes),
			ended: () => connection.close(),
		})
	})
	const socket = connect(tcp!.bound.port, '127.0.0.1')
	// The guest is asked for by ARP; it answers like a guest that has just come up.
	guest.network.receive(gratuitousArp())
	socket.end('hello through the forward')
	t.is((await buffer(socket)).toString(), 'hello through the forward')

	const peer = createSocket('udp4')
	t.teardown(() => peer.close())
	const answered = once(peer, 'message')
	peer.send('ping', udp!.bound.port, '127.0.0.1')
	while (guest.datagrams.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
	const [datagram] = guest.datagrams
	t.deepEqual(datagram!.from, at('10.0.2.2'))
	guest.sendUdp({to: '10.0.2.2'}, {sourcePort: 53, destinationPort: datagram!.sourcePort, data: Buffer.from('pong')})
	const [answer] = await answered
	t.is(String(answer), 'pong')
})

test('a forward to a port where the guest refuses ends the peer by a reset', async (t) => {
	const guest = startGuest(t, {
		forwards: [{protocol: 'tcp', host: {address: '127.0.0.1', port: 0}, guest: {address: undefined, port: 80}}],
	})
	const [open] = await guest.network.open()
	guest.network.receive(gratuitousArp())
	const socket = connect(open!.bound.port, '127.0.0.1')
	await once(socket, 'connect')
	while (guest.strays.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
	const [syn] = guest.strays
	guest.sendTcp(
		{to: '10.0.2.2'},
		{
			sourcePort: 80,
			destinationPort: syn!.sourcePort,
			flags: 0x14,
			sequence: 0,
			acknowledgement: (syn!.sequence + 1) >>> 0,
		},
	)
	const [error] = await once(socket, 'error')
	t.is(error.code, 'ECONNRESET')
})

test('a port that is taken is one line, and no other forward stays open', async (t) => {
	const port = await serve(t, () => {})
	const guest = startGuest(t, {
		forwards: [{protocol: 'tcp', host: {address: '127.0.0.1', port}, guest: {address: undefined, port: 22}}],
	})
	const error = await t.throwsAsync(guest.network.open())
	t.is(error.message, `Expected a free port to forward, got 127.0.0.1:${port}: it is in use`)
})

test('datagrams go to a server of the host and come back, long ones in fragments; a closed port is unreachable', async (t) => {
	const server = createSocket('udp4')
	server.on('message', (bytes, {port, address}) => server.send(bytes, port, address))
	server.bind(0, '127.0.0.1')
	await once(server, 'listening')
	const {port} = server.address()
	const guest = startGuest(t)
	const data = sample(9000)
	guest.sendUdp({to: '10.0.2.2'}, {sourcePort: 5000, destinationPort: port, data})
	while (guest.datagrams.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
	t.deepEqual(guest.datagrams[0]!.data, data)
	server.close()
	await once(server, 'close')
	guest.sendUdp({to: '10.0.2.2'}, {sourcePort: 5001, destinationPort: port, data: data.slice(0, 10)})
	while (guest.icmp.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
	t.is(icmpKind(guest.icmp[0]!), '3 3')
})

test("the guest reaches the host's loopback by IPv6 where the host has it", async (t) => {
	const server = createServer((socket) => socket.on('error', () => {}).end('six'))
	server.listen(0, '::1')
	try {
		await once(server, 'listening')
	} catch {
		return t.pass('there is no IPv6 here')
	}
	t.teardown(() => server.close())
	const {port} = server.address() as AddressInfo
	const guest = startGuest(t)
	const one = client()
	one.take(guest.connect({from: 'fec0::15', to: 'fec0::2'}, {port, localPort: 4000, user: one.user}))
	await one.ended
	t.is(one.bytes().toString(), 'six')
})

function gratuitousArp(): Uint8Array {
	return Uint8Array.of(
		...new Uint8Array(6).fill(0xff),
		...guestMac,
		...[8, 6, 0, 1, 8, 0, 6, 4, 0, 1],
		...guestMac,
		...at('10.0.2.15'),
		...new Uint8Array(6),
		...at('10.0.2.15'),
	)
}
