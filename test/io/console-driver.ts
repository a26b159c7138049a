/** A driver of virtio-console with the server that serves it on the same thread, for tests. */
import {
	ConsoleFeature,
	ControlQueue,
	consoleDevice,
	firstPort,
	receiveQueue,
	transmitQueue,
} from '../../src/io/console-config.ts'
import {ConsoleServer, type PortLink} from '../../src/io/console-server.ts'
import {GuestRam, ramBase} from '../../src/memory/index.ts'
import {createBoard} from '../board/support.ts'
import {Feature, Flag, queueDriver} from '../board/virtio/queue-driver.ts'

const size = 16
const ringBytes = 0x4000
/** Behind the rings of all queues. */
const bufferBase = ramBase + 0x4_0000
const controlBytes = 64

export type ConsoleDriver = ReturnType<typeof consoleDriver>

/** @param options.isFull by port, whether its end wants one piece at a time. */
export function consoleDriver({
	ports,
	controlBuffers = size,
	isFull = [],
}: Readonly<{ports: readonly string[]; controlBuffers?: number; isFull?: readonly boolean[]}>) {
	const device = consoleDevice({ports: ports.length, worker: 0})
	const machine = createBoard({hart: 0, served: [device], virtioMmioVersion: 2})
	machine.board.reset()
	const queues = Array.from({length: device.queueCount}, (_, queue) =>
		queueDriver(machine, {queue, size, at: ramBase + queue * ringBytes}),
	)
	const ram = new GuestRam(machine.memory)
	const events: string[] = []
	const got = ports.map(() => '')
	const links: PortLink[] = []
	const server = new ConsoleServer({
		queues: machine.board.virtio[1]!.served!,
		ram,
		ports: ports.map((name, index) => ({
			name,
			connect: (link) => {
				links.push(link)
				const port = firstPort + index
				return {
					receive: (bytes) => {
						got[index] += Buffer.from(bytes).toString('latin1')
						events.push(`got ${port}`)
						return !isFull[index]
					},
					opened: (isOpen) => events.push(`${isOpen ? 'opened' : 'closed'} ${port}`),
					ready: () => events.push(`ready ${port}`),
					close: () => void events.push(`ended ${port}`),
				}
			},
		})),
	})
	let place = bufferBase
	const newPlace = (length: number) => {
		const gpa = place
		place += Math.ceil(length / 64) * 64
		return gpa
	}
	/** By queue: the next descriptor. */
	const next = queues.map(() => 0)
	const offer = (queue: number, {gpa, length, flags}: {gpa: number; length: number; flags: number}) => {
		const index = next[queue]!++ % size
		queues[queue]!.describe(index, {gpa, length, flags})
		queues[queue]!.offer(index)
	}
	const offerRaw = (
		queue: number,
		{length, access}: Readonly<{length: number; access: 'device-reads' | 'device-writes'}>,
	) => {
		offer(queue, {gpa: newPlace(length), length, flags: access === 'device-writes' ? Flag.write : 0})
		queues[queue]!.notify()
		server.serve()
	}
	let controlPlaces: number[] = []
	const offerControl = () => {
		const gpa = newPlace(controlBytes)
		controlPlaces.push(gpa)
		offer(ControlQueue.receive, {gpa, length: controlBytes, flags: Flag.write})
		queues[ControlQueue.receive]!.notify()
		server.serve()
	}
	let inputs: {port: number; gpa: number}[] = []
	let readMessages = 0
	const setUp = () => {
		queues[0]!.setUp({features: Feature.eventIndex | ConsoleFeature.multiport})
		const {write, view} = queues[0]!
		for (const [queue] of queues.entries()) {
			if (queue === 0) continue
			const at = ramBase + queue * ringBytes
			for (let offset = 0x1000; offset < 0x3000; offset += 4) view.setUint32(at - ramBase + offset, 0, true)
			write('queueSelect', queue)
			write('queueSize', size)
			write('descriptors', at)
			write('driver', at + 0x1000)
			write('device', at + 0x2000)
			write('queueReady', 1)
		}
		for (const [index] of queues.entries()) next[index] = 0
		// A driver object counts what it has offered.
		queues.splice(
			0,
			queues.length,
			...queues.map((_, queue) => queueDriver(machine, {queue, size, at: ramBase + queue * ringBytes})),
		)
		controlPlaces = []
		inputs = []
		readMessages = 0
		for (let count = 0; count < controlBuffers; count++) offerControl()
	}
	const writeSilently = (port: number, bytes: Uint8Array) => {
		const gpa = newPlace(bytes.length)
		ram.write(gpa, bytes)
		offer(transmitQueue(port), {gpa, length: bytes.length, flags: 0})
	}
	setUp()
	return {
		...machine,
		server,
		links,
		got,
		events,
		queues,
		setUp,
		offerRaw,
		offerControl,
		writeSilently,
		used: (queue: number) => queues[queue]!.usedIndex(),
		status: () => queues[0]!.read('status'),
		write(port: number, bytes: Uint8Array): void {
			writeSilently(port, bytes)
			queues[transmitQueue(port)]!.notify()
			server.serve()
		},
		/** A control message of the driver's. */
		control(port: number, event: number, value: number): void {
			const bytes = Buffer.alloc(8)
			bytes.writeUInt32LE(port, 0)
			bytes.writeUInt16LE(event, 4)
			bytes.writeUInt16LE(value, 6)
			const gpa = newPlace(8)
			ram.write(gpa, bytes)
			offer(ControlQueue.transmit, {gpa, length: 8, flags: 0})
			queues[ControlQueue.transmit]!.notify()
			server.serve()
		},
		/** Control messages since the last call. */
		messages() {
			const used = queues[ControlQueue.receive]!
			const found = []
			for (; readMessages < used.usedIndex(); readMessages++) {
				const {length} = used.usedElement(readMessages)
				const bytes = Buffer.from(ram.bytes(controlPlaces[readMessages]!, length))
				found.push({
					port: bytes.readUInt32LE(0),
					event: bytes.readUInt16LE(4),
					value: bytes.readUInt16LE(6),
					name: bytes.toString('utf8', 8),
				})
			}
			return found
		},
		/** A buffer for what comes to a port. */
		offerInput(port: number, length: number): void {
			const gpa = newPlace(length)
			inputs.push({port, gpa})
			offer(receiveQueue(port), {gpa, length, flags: Flag.write})
			queues[receiveQueue(port)]!.notify()
			server.serve()
		},
		/** What has come to a port, by buffer. */
		input(port: number): string[] {
			const queue = queues[receiveQueue(port)]!
			return inputs
				.filter((input) => input.port === port)
				.slice(0, queue.usedIndex())
				.map(({gpa}, index) => Buffer.from(ram.bytes(gpa, queue.usedElement(index).length)).toString())
		},
	}
}
