/** Mistakes in TCP, in what a hostile guest may send, and in the order of the network device's queues. */
import type {Mutation} from './mutation.ts'

const connections = 'test/net/tcp/connection.test.ts'
const protocols = 'test/net/user-network.test.ts'
const relays = 'test/net/tcp-relays.test.ts'
const device = 'test/io/net-server.test.ts'
const connection = 'src/net/tcp/connection.ts'
const transmitter = 'src/net/tcp/transmitter.ts'
const receiver = 'src/net/tcp/receive-queue.ts'

export const networkMutations: readonly Mutation[] = [
	{
		name: 'a reset anywhere in the window ends a connection',
		file: connection,
		find: "if (ahead === 0) this.#finish(endByReset[this.#state] ?? 'reset')",
		replace: "if (ahead >= 0 && ahead < receiver.window) this.#finish(endByReset[this.#state] ?? 'reset')",
		tests: [connections],
	},
	{
		name: 'the second duplicate sends a segment again',
		file: 'src/net/tcp/congestion.ts',
		find: 'const duplicatesForLoss = 3',
		replace: 'const duplicatesForLoss = 2',
		tests: [connections],
	},
	{
		name: 'what came early is forgotten',
		file: receiver,
		find: '			this.#keep(start, wanted)\n',
		replace: '',
		tests: [connections],
	},
	{
		name: 'a window opens by any byte',
		file: receiver,
		find: '>= Math.min(step, Math.ceil(this.#largestRoom / 2))',
		replace: '>= 1',
		tests: [connections],
	},
	{
		name: 'a closed window is never asked',
		file: transmitter,
		find: 'if (this.inFlight > 0 || this.queue.length === 0) return false',
		replace: 'return false',
		tests: [connections],
	},
	{
		name: 'the timeout does not grow',
		file: 'src/net/tcp/round-trip.ts',
		find: 'this.#timeout = Math.min(longest, this.#timeout * 2)',
		replace: 'this.#timeout = Math.min(longest, this.#timeout)',
		tests: [connections],
	},
	{
		name: 'the scale of a SYN is taken even if the peer does not scale',
		file: 'src/net/tcp/negotiation.ts',
		find: 'if (!this.#isScaling) this.#ownScale = 0',
		replace: '',
		tests: [connections],
	},
	{
		name: "a guest reaches the host's loopback by 127.0.0.1",
		file: 'src/net/address.ts',
		find: 'isMulticast(address) || isLoopback(address) ||',
		replace: 'isMulticast(address) ||',
		tests: [protocols],
	},
	{
		name: 'any number of connections may be on their way to the host',
		file: 'src/net/tcp-relays.ts',
		find: ' || this.#connecting.size >= mostConnecting',
		replace: '',
		tests: [relays],
	},
	{
		name: 'fragments may overlap',
		file: 'src/net/reassembly.ts',
		find: '(to <= other.from || from >= other.to) && ',
		replace: '',
		tests: ['test/net/reassembly.test.ts'],
	},
	{
		name: 'with restrict=on connections leave',
		file: 'src/net/tcp-relays.ts',
		find: "		if (isRestricted) return drops.count('restricted')\n",
		replace: '',
		tests: ['test/net/dhcp.test.ts'],
	},
	{
		name: 'whoever is blocked first is always served first',
		file: 'src/net/wire.ts',
		find: '			this.#waiting.delete(retry)\n			retry()',
		replace: '			retry()',
		tests: [relays],
	},
	{
		name: 'a frame in several buffers says that it is in one',
		file: 'src/io/net-server.ts',
		find: 'view.setUint16(10, chains, true)',
		replace: 'view.setUint16(10, 1, true)',
		tests: [device],
	},
	{
		name: 'the driver is told of a byte too many',
		file: 'src/io/net-server.ts',
		find: '		this.#queues.completeAll(isVoid ? filled.map(({taken}) => ({taken, written: 0})) : filled)\n',
		replace: '		for (const {taken, written} of filled) this.#queues.complete(taken, isVoid ? 0 : 1 + written)\n',
		tests: [device],
	},
	{
		name: 'connections share no memory for what the guest does not read',
		file: 'src/net/tcp-relays.ts',
		find: '				sendShare: share,\n',
		replace: '',
		tests: [relays],
	},
	{
		name: 'connections share no memory for what the host does not read',
		file: 'src/net/tcp-relays.ts',
		find: 'receiveShare: share,',
		replace: 'receiveShare: () => sharedBytes,',
		tests: [relays],
	},
	{
		name: 'a connection waits for more room than its share is',
		file: 'src/net/tcp-relay.ts',
		find: 'room >= Math.min(largestRead, capacity)',
		replace: 'room >= largestRead',
		tests: [relays],
	},
	{
		name: 'a stream goes on although there is no room for what it brought',
		file: 'src/net/tcp-relay.ts',
		find: 'if (!this.#rest) this.#stream?.resume()\n',
		replace: 'this.#stream?.resume()\n',
		tests: [relays],
	},
	{
		name: 'a resolver is another one each time the host is asked',
		file: 'src/net/resolvers.ts',
		find: 'this.#servers.find((known) => isSame(known, server)) ?? server',
		replace: 'server',
		tests: ['test/net/udp-flows.test.ts'],
	},
	{
		name: 'a resolver that has answered once is never silent',
		file: 'src/net/udp-flows.ts',
		find: 'Math.min(flow.name?.askedAt ?? now, now)',
		replace: 'flow.name?.askedAt ?? now',
		tests: ['test/net/udp-flows.test.ts'],
	},
	{
		name: 'a frame goes to the buffers of a driver before the reset',
		file: 'src/io/net-server.ts',
		find: '		this.#forgetVoid()\n',
		replace: '',
		tests: ['test/io/net-server.test.ts'],
	},
]
