import test from 'ava'
import {
	emptySegment,
	opensAnew,
	type Segment,
	TcpConnection,
	type TcpEnd,
	type TcpSettings,
	tcpFlag,
} from '../../../src/net/tcp/index.ts'
import {VirtualClock} from '../support/virtual-clock.ts'
import {flagNames} from './link.ts'

type Sent = Readonly<{
	flags: string
	seq: number
	ack: number
	window: number
	length: number
	scale: number | undefined
}>

const initial = 0xffff_fff0
/** The peer's first byte. */
const peer = 1000

function harness(own: Partial<TcpSettings> = {}) {
	const clock = new VirtualClock()
	const sent: Sent[] = []
	const log: string[] = []
	const link = {isFull: false, room: 65_536}
	/** When each segment was sent. */
	const times: number[] = []
	const settings: TcpSettings = {
		clock,
		localPort: 80,
		remotePort: 4000,
		initialSequence: initial,
		maximumSegment: 1460,
		receiveCapacity: 65_536,
		sendLimit: 65_536,
		sink: (header, {length}) => {
			if (link.isFull) return false
			times.push(clock.now())
			sent.push({
				flags: flagNames(header.flags),
				seq: (header.sequence - initial) >>> 0,
				ack: header.acknowledgement && (header.acknowledgement - peer) >>> 0,
				window: header.window,
				length,
				scale: header.windowScale,
			})
			return true
		},
		user: {
			established: () => log.push('established'),
			data: (bytes) => log.push(`data ${bytes.length}`),
			room: () => link.room,
			ended: () => log.push('ended'),
			writable: () => log.push('writable'),
			over: (end: TcpEnd) => log.push(`over: ${end}`),
		},
		...own,
	}
	const segment = (
		fields: Readonly<{flags: number; seq?: number; ack?: number; length?: number} & Partial<Segment>>,
	) => ({
		...emptySegment(),
		window: 65_535,
		...fields,
		sequence: (peer + (fields.seq ?? 0)) >>> 0,
		acknowledgement: (initial + (fields.ack ?? 0)) >>> 0,
		data: new Uint8Array(fields.length ?? 0),
	})
	return {clock, sent, times, log, link, settings, segment, take: () => sent.splice(0)}
}

const {syn, ack, fin, rst, urg} = tcpFlag

/** A connection that the peer opened, with what was sent for it forgotten. */
function accepted(own: Partial<TcpSettings> = {}) {
	const parts = harness(own)
	const connection = TcpConnection.hold(
		parts.settings,
		parts.segment({flags: syn, maximumSegment: 1000, windowScale: 0}),
	)
	connection.accept()
	connection.receive(parts.segment({flags: ack, seq: 1, ack: 1}))
	parts.take()
	return {
		...parts,
		connection,
		receive: (fields: Parameters<typeof parts.segment>[0]) => connection.receive(parts.segment(fields)),
	}
}

test('a SYN is answered only when it is accepted, with size and scale of our own', (t) => {
	const {settings, segment, sent, log} = harness()
	const connection = TcpConnection.hold(settings, segment({flags: syn, maximumSegment: 1000, windowScale: 7}))
	connection.receive(segment({flags: syn}))
	t.deepEqual(sent, [])
	connection.accept()
	t.deepEqual(sent, [{flags: 'syn+ack', seq: 0, ack: 1, window: 65_535, length: 0, scale: 1}])
	t.deepEqual(log, [])
	connection.receive(segment({flags: ack, seq: 1, ack: 1}))
	t.deepEqual(log, ['established'])
	t.is(connection.segmentBytes, 1000)
})

test('a peer that does not scale windows is not sent scaled ones', (t) => {
	const {settings, segment, sent} = harness({receiveCapacity: 1 << 20})
	const connection = TcpConnection.hold(settings, segment({flags: syn}))
	connection.accept()
	t.is(sent[0]!.scale, undefined)
	connection.receive(segment({flags: ack, seq: 1, ack: 1}))
	connection.write(new Uint8Array(10))
	t.is(sent.at(-1)!.window, 65_535)
	t.is(connection.segmentBytes, 536)
})

test('a SYN that is refused gets a reset that acknowledges it', (t) => {
	const {settings, segment, sent, log} = harness()
	const connection = TcpConnection.hold(settings, segment({flags: syn}))
	connection.abort()
	t.like(sent, [{flags: 'rst+ack', ack: 1}])
	t.deepEqual(log, ['over: closed'])
})

test('a SYN that is not answered is sent again ever later, then given up', (t) => {
	const {settings, clock, sent, log} = harness()
	TcpConnection.open(settings)
	clock.pass(1_000_000)
	t.is(sent.length, 7)
	t.true(sent.every(({flags}) => flags === 'syn'))
	t.deepEqual(log, ['over: timeout'])
	t.is(clock.pending, 0)
})

test('a reset answers a SYN with refusal; one that acknowledges something else is ignored', (t) => {
	const {settings, segment, log} = harness()
	const connection = TcpConnection.open(settings)
	connection.receive(segment({flags: rst | ack, ack: 7}))
	t.deepEqual(log, [])
	connection.receive(segment({flags: rst | ack, ack: 1}))
	t.deepEqual(log, ['over: refused'])
})

test('both sides may open at once', (t) => {
	const {settings, segment, sent, log} = harness()
	const connection = TcpConnection.open(settings)
	connection.receive(segment({flags: syn}))
	t.is(sent.at(-1)!.flags, 'syn+ack')
	connection.receive(segment({flags: syn | ack, ack: 1}))
	t.deepEqual(log, ['established'])
	t.is(connection.state, 'established')
})

test('data is acknowledged two segments at a time, or after two milliseconds', (t) => {
	const {clock, receive, take} = accepted({maximumSegment: 1000})
	receive({flags: ack, seq: 1, ack: 1, length: 1000})
	clock.settle()
	t.deepEqual(take(), [])
	clock.pass(3)
	t.like(take(), [{flags: 'ack', ack: 1001}])
	receive({flags: ack, seq: 1001, ack: 1, length: 1000})
	receive({flags: ack, seq: 2001, ack: 1, length: 1000})
	clock.settle()
	t.like(take(), [{flags: 'ack', ack: 3001}])
	clock.pass(100)
	t.deepEqual(take(), [])
})

test('what comes early is kept and acknowledged at once by what is missing', (t) => {
	const {receive, take, log} = accepted()
	receive({flags: ack, seq: 1001, ack: 1, length: 500})
	receive({flags: ack, seq: 1501, ack: 1, length: 500})
	t.like(take(), [
		{flags: 'ack', ack: 1},
		{flags: 'ack', ack: 1},
	])
	receive({flags: ack, seq: 1, ack: 1, length: 1100})
	t.like(take(), [{flags: 'ack', ack: 2001}])
	t.deepEqual(log, ['established', 'data 1100', 'data 900'])
})

test('three duplicates send the first segment again, and a partial acknowledgement the next', (t) => {
	const {connection, receive, take} = accepted()
	connection.write(new Uint8Array(5000))
	t.is(take().length, 5)
	for (let count = 0; count < 3; count++) receive({flags: ack, seq: 1, ack: 1001})
	t.deepEqual(take(), [], 'the first was new')
	receive({flags: ack, seq: 1, ack: 1001})
	t.like(take(), [{seq: 1001, length: 1000}])
	receive({flags: ack, seq: 1, ack: 2001})
	t.like(take(), [{seq: 2001, length: 1000}])
	receive({flags: ack, seq: 1, ack: 5001})
	t.deepEqual(take(), [])
})

test('a retransmission that nobody answers comes ever later, then the connection is given up with a reset', (t) => {
	const {clock, connection, sent, times, take, log} = accepted()
	times.length = 0
	connection.write(new Uint8Array(100))
	take()
	clock.pass(250)
	t.like(take(), [{seq: 1, length: 100}])
	clock.pass(3_600_000)
	t.is(sent.length, 12)
	t.is(sent.at(-1)!.flags, 'rst+ack')
	const waits = times.slice(1).map((time, index) => Math.round(time - times[index]!))
	t.deepEqual(waits, [200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000, 60_000, 60_000])
	t.deepEqual(log, ['established', 'over: timeout'])
	t.is(clock.pending, 0)
})

test('a closed window is asked from time to time, and opens', (t) => {
	const {clock, connection, receive, take} = accepted()
	receive({flags: ack, seq: 1, ack: 1, window: 0})
	connection.write(new Uint8Array(3000))
	t.deepEqual(take(), [])
	clock.pass(210)
	t.like(take(), [{seq: 1, length: 1}])
	receive({flags: ack, seq: 1, ack: 1, window: 0})
	clock.pass(450)
	t.like(take(), [{seq: 1, length: 1}])
	receive({flags: ack, seq: 1, ack: 2, window: 60_000})
	t.like(take(), [
		{seq: 2, length: 1000},
		{seq: 1002, length: 1000},
		{seq: 2002, length: 999},
	])
})

test("a full reader closes its window; a peer's probe is answered; the window opens by itself", (t) => {
	const {connection, receive, take, link, clock} = accepted({receiveCapacity: 16_384})
	link.room = 0
	receive({flags: ack, seq: 1, ack: 1, length: 16_384})
	clock.pass(10)
	t.like(take().at(-1), {ack: 16_385, window: 0})
	receive({flags: ack, seq: 16_385, ack: 1, length: 1})
	t.like(take(), [{ack: 16_385, window: 0}])
	link.room = 1000
	connection.windowOpened()
	t.deepEqual(take(), [], 'less than a segment is no window')
	link.room = 16_384
	connection.windowOpened()
	t.like(take(), [{ack: 16_385, window: 16_384}])
})

test('a link without room is tried again when it is told, and loses nothing', (t) => {
	const {connection, link, take, clock} = accepted()
	link.isFull = true
	connection.write(new Uint8Array(1500))
	clock.pass(10_000)
	link.isFull = false
	connection.flush()
	t.like(take(), [
		{seq: 1, length: 1000},
		{seq: 1001, length: 500},
	])
})

test('the peer closes first: what is left is sent, then our end, and nothing waits', (t) => {
	const {connection, receive, take, log, clock} = accepted()
	receive({flags: ack | fin, seq: 1, ack: 1, length: 10})
	t.is(connection.state, 'close-wait')
	t.like(take(), [{flags: 'ack', ack: 12}])
	connection.write(new Uint8Array(20))
	connection.close()
	t.like(take(), [
		{flags: 'psh+ack', length: 20},
		{flags: 'fin+ack', seq: 21},
	])
	t.is(connection.state, 'last-ack')
	receive({flags: ack, seq: 12, ack: 22})
	t.deepEqual(log, ['established', 'data 10', 'ended', 'over: closed'])
	t.is(clock.pending, 0)
})

test('we close first: the peer may go on, and its end is answered for ten seconds', (t) => {
	const {connection, receive, take, log, clock} = accepted()
	connection.close()
	receive({flags: ack, seq: 1, ack: 2})
	t.is(connection.state, 'fin-wait-2')
	receive({flags: ack, seq: 1, ack: 2, length: 700})
	receive({flags: ack | fin, seq: 701, ack: 2})
	t.is(connection.state, 'time-wait')
	take()
	receive({flags: ack | fin, seq: 701, ack: 2})
	t.like(take(), [{flags: 'ack', ack: 702}])
	clock.pass(11_000)
	t.deepEqual(log, ['established', 'data 700', 'ended', 'over: closed'])
})

test('both close at once', (t) => {
	const {connection, receive, log} = accepted()
	connection.close()
	receive({flags: ack | fin, seq: 1, ack: 1})
	t.is(connection.state, 'closing')
	receive({flags: ack, seq: 2, ack: 2})
	t.is(connection.state, 'time-wait')
	t.deepEqual(log, ['established', 'ended'])
})

test('a new SYN reopens what only waits, if it is later', (t) => {
	const {connection, receive, segment} = accepted()
	connection.close()
	receive({flags: ack | fin, seq: 1, ack: 2})
	t.is(connection.state, 'time-wait')
	t.true(opensAnew(connection, segment({flags: syn, seq: 5000})))
	t.false(opensAnew(connection, segment({flags: syn, seq: -100})))
	t.false(opensAnew(connection, segment({flags: syn | ack, seq: 5000})))
})

test('only a reset of the next number ends; another in the window, and a SYN, are questioned', (t) => {
	const {receive, take, log} = accepted()
	receive({flags: rst, seq: 100})
	receive({flags: syn, seq: 200})
	t.like(take(), [
		{flags: 'ack', ack: 1},
		{flags: 'ack', ack: 1},
	])
	receive({flags: rst, seq: 200_000})
	t.deepEqual(take(), [])
	receive({flags: rst, seq: 1})
	t.deepEqual(log, ['established', 'over: reset'])
})

test('an acknowledgement of what was never sent is answered, and changes nothing', (t) => {
	const {connection, receive, take} = accepted()
	receive({flags: ack, seq: 1, ack: 5000, length: 100})
	t.like(take(), [{flags: 'ack', ack: 1}])
	t.is(connection.state, 'established')
})

test('urgent data is data', (t) => {
	const {receive, log} = accepted()
	receive({flags: ack | urg, seq: 1, ack: 1, length: 3})
	t.deepEqual(log, ['established', 'data 3'])
})

test('an idle connection asks after two hours, and ends if nobody answers nine times', (t) => {
	const {clock, receive, take, log} = accepted()
	clock.pass(7_200_500)
	t.like(take(), [{flags: 'ack', seq: 0, length: 0}])
	receive({flags: ack, seq: 1, ack: 1})
	clock.pass(7_200_500 + 10 * 75_000)
	t.is(take().filter(({flags, seq}) => flags === 'ack' && seq === 0).length, 9)
	t.deepEqual(log, ['established', 'over: timeout'])
	t.is(clock.pending, 0)
})

test('a keep-alive of the peer is answered', (t) => {
	const {receive, take} = accepted()
	receive({flags: ack, seq: 0, ack: 1})
	t.like(take(), [{flags: 'ack', ack: 1}])
})

test('several segments go down at once where the link cuts them, whole ones except for the last', (t) => {
	const {connection, take} = accepted({largestPiece: 3500})
	connection.write(new Uint8Array(5200))
	t.deepEqual(
		take().map(({length}) => length),
		[3000, 2200],
	)
})

test('a writer that was refused is told of room', (t) => {
	const {connection, receive, log} = accepted({sendLimit: 16_384})
	connection.write(new Uint8Array(16_384))
	t.is(connection.room, 0)
	connection.waitForRoom()
	receive({flags: ack, seq: 1, ack: 2001})
	t.deepEqual(log, ['established', 'writable'])
	t.is(connection.room, 2000)
})
