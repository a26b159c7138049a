/** virtio-console: bytes between the queues and what is behind each port. virtio 1.2, 5.3.6 "Device Operation". */
import type {ChainBuffer, ServedQueues, Taken} from '../board/index.ts'
import type {GuestRam} from '../memory/index.ts'
import {ControlQueue, firstPort, portOfQueue, receiveQueue, transmitQueue} from './console-config.ts'
import {GuestBuffers} from './guest-buffers.ts'

/** What is behind a port. */
export type PortBackend = Readonly<{
	/** Takes bytes that the guest has written. @returns false if it wants no more until it calls PortLink.drained(). */
	receive(bytes: Uint8Array): boolean
	/** A program of the guest has opened the port, or none has it open any more. */
	opened(isOpen: boolean): void
	/** The guest may have room for more. */
	ready(): void
	/** Resolves once what receive() took is where it belongs, or nobody takes it. */
	close(): void | Promise<void>
}>

/** The port as its backend sees it. */
export type PortLink = Readonly<{
	/** @returns how many of the bytes the guest has room for, from the first on: 0 while no program has the port open. */
	send(bytes: Uint8Array): number
	/** receive() has room again. */
	drained(): void
	/** Tells the guest whether there is somebody at this end. */
	connect(isConnected: boolean): void
}>

/** virtio 1.2, 5.3.6.2 "Multiport Device Operation". */
export const ControlEvent = {
	deviceReady: 0,
	portAdd: 1,
	portRemove: 2,
	portReady: 3,
	consolePort: 4,
	resize: 5,
	portOpen: 6,
	portName: 7,
} as const

export const controlBytes = 8
/** Messages that wait for the driver's buffers. While there are more, nothing that would cause another one is looked at. */
const mostWaiting = 256
/** Bytes that a backend gets at once. */
const pieceBytes = 65_536
/** Bytes that a port gets at the end, whether it wants more or not. */
const mostAtEnd = 16 * 2 ** 20
/** Chains or pieces that are served before others get their turn. */
const turnPieces = 64

type Transmitting = {readonly taken: Taken; readonly buffers: GuestBuffers; position: number}

type Port = {
	readonly number: number
	readonly name: string
	readonly backend: PortBackend
	/** A program of the guest has it open. */
	isOpen: boolean
	/** There is somebody at our end. */
	isConnected: boolean
	/** The driver knows of the port, and is told of changes. */
	isReady: boolean
	/** The backend takes no more. */
	isFull: boolean
	/** What the guest is writing, of which a part is still here. */
	transmitting: Transmitting | undefined
	isTurnDue: boolean
}

type Options = Readonly<{
	queues: ServedQueues
	ram: GuestRam
	/** From port firstPort on. @param connect makes the backend, whose end of the port is `link`. */
	ports: readonly Readonly<{name: string; connect: (link: PortLink) => PortBackend}>[]
}>

export class ConsoleServer {
	readonly #queues: ServedQueues
	readonly #ram: GuestRam
	readonly #ports: readonly Port[]
	/** For the driver. */
	#waiting: Uint8Array[] = []
	#isClosed = false

	constructor({queues, ram, ports}: Options) {
		this.#queues = queues
		this.#ram = ram
		this.#ports = ports.map(({name, connect}, index): Port => {
			const number = firstPort + index
			const backend = connect({
				send: (bytes) => this.#send(this.#port(number), bytes),
				drained: () => this.#drained(this.#port(number)),
				connect: (isConnected) => this.#connect(number, isConnected),
			})
			const state = {isOpen: false, isReady: false, isFull: false, isTurnDue: false, transmitting: undefined}
			return {number, name, backend, isConnected: this.#early.get(number) ?? false, ...state}
		})
	}

	/** Ports that were connected while their backends were made. */
	readonly #early = new Map<number, boolean>()

	#port(number: number): Port | undefined {
		return this.#ports?.[number - firstPort]
	}

	/** What is behind a port, a socket or the main thread, needs the thread's event loop at any time. */
	readonly isBusy = true

	/** Looks at the queues that were notified. */
	serve(): void {
		for (let bits = this.#queues.notified(); bits !== 0; bits &= bits - 1) {
			const queue = 31 - Math.clz32(bits & -bits)
			if (queue === ControlQueue.receive) this.#tell()
			else if (queue === ControlQueue.transmit) this.#listen()
			else this.#serveData(queue)
		}
		// Messages that had to wait for room among those for the driver.
		this.#listen()
	}

	async close(): Promise<void> {
		for (const port of this.#ports) this.#transmitRest(port)
		this.#isClosed = true
		await Promise.all(this.#ports.map(async ({backend}) => await backend.close()))
	}

	/** The guest has ended: what it wrote goes out all the same. */
	#transmitRest(port: Port): void {
		for (let bytes = 0; bytes < mostAtEnd; ) {
			const piece = this.#transmitPiece(port)
			if (!piece) return
			bytes += piece.length
		}
	}

	#serveData(queue: number): void {
		const port = this.#port(portOfQueue(queue))
		if (!port) this.#drop(queue)
		else if (queue === transmitQueue(port.number)) this.#transmit(port)
		else port.backend.ready()
	}

	/** Of a port that is not there. */
	#drop(queue: number): void {
		if (queue % 2 === 0) return
		for (let count = 0; count < turnPieces; count++) {
			const taken = this.#queues.take(queue)
			if (!taken) return
			this.#queues.complete(taken, 0)
		}
	}

	#listen(): void {
		while (this.#waiting.length < mostWaiting && !this.#isClosed) {
			const taken = this.#queues.take(ControlQueue.transmit)
			if (!taken) return
			const buffers = this.#buffersOf(taken, 'device-reads')
			const message = new Uint8Array(controlBytes)
			if (buffers.length < controlBytes) {
				this.#queues.fail(taken)
				return
			}
			const isRead = this.#queues.access(taken, () => buffers.read(0, message))
			this.#queues.complete(taken, 0)
			if (isRead) this.#hear(new DataView(message.buffer))
		}
	}

	#hear(message: DataView): void {
		const event = message.getUint16(4, true)
		const value = message.getUint16(6, true)
		if (event === ControlEvent.deviceReady) return this.#begin(value === 1)
		const port = this.#port(message.getUint32(0, true))
		if (!port) return
		if (event === ControlEvent.portReady) {
			port.isReady = value === 1
			if (!port.isReady) return
			this.#post(port, ControlEvent.portName, {value: 1, name: port.name})
			if (port.isConnected) this.#post(port, ControlEvent.portOpen, {value: 1})
		}
		if (event === ControlEvent.portOpen) this.#setOpen(port, value === 1)
	}

	/** The driver is new, perhaps after a reset: it knows nothing of ports, and has none open. */
	#begin(isReady: boolean): void {
		this.#waiting = []
		for (const port of this.#ports) {
			port.isReady = false
			// A chain that was half taken is void: nothing more of it is read.
			this.#setOpen(port, false)
			if (isReady) this.#post(port, ControlEvent.portAdd, {value: 1})
		}
	}

	#setOpen(port: Port, isOpen: boolean): void {
		if (port.isOpen === isOpen) return
		// What was written before the port was closed comes first.
		if (!isOpen) this.#transmit(port)
		port.isOpen = isOpen
		port.backend.opened(isOpen)
	}

	#connect(number: number, isConnected: boolean): void {
		const port = this.#port(number)
		if (!port) {
			this.#early.set(number, isConnected)
			return
		}
		if (port.isConnected === isConnected) return
		port.isConnected = isConnected
		if (port.isReady) this.#post(port, ControlEvent.portOpen, {value: isConnected ? 1 : 0})
	}

	#post(port: Port, event: number, {value, name = ''}: Readonly<{value: number; name?: string}>): void {
		const text = Buffer.from(name)
		const bytes = new Uint8Array(controlBytes + text.length)
		const view = new DataView(bytes.buffer)
		view.setUint32(0, port.number, true)
		view.setUint16(4, event, true)
		view.setUint16(6, value, true)
		bytes.set(text, controlBytes)
		this.#waiting.push(bytes)
		this.#tell()
	}

	/** Gives the driver messages while it has buffers. */
	#tell(): void {
		for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
			const message = next
			const taken = this.#queues.take(ControlQueue.receive)
			if (!taken) return
			this.#waiting.shift()
			const buffers = this.#buffersOf(taken, 'device-writes')
			// A buffer that is too small gets none of it: half a message would be taken for another one.
			const fits = buffers.length >= message.length
			if (fits) this.#queues.access(taken, () => buffers.write(0, message))
			this.#queues.complete(taken, fits ? message.length : 0)
		}
	}

	/** Takes what the guest has written, while the backend has room. */
	#transmit(port: Port): void {
		for (let count = 0; count < turnPieces; count++) {
			if (port.isFull || this.#isClosed || !this.#transmitPiece(port)) return
		}
		if (port.isTurnDue) return
		// The other ports come between.
		port.isTurnDue = true
		setImmediate(() => {
			port.isTurnDue = false
			this.#transmit(port)
		})
	}

	/** @returns the piece that the backend got, or would have got of a void chain; undefined if there is none. */
	#transmitPiece(port: Port): Uint8Array | undefined {
		port.transmitting ??= this.#nextTransmitted(port)
		const {transmitting} = port
		if (!transmitting) return undefined
		const {taken, buffers, position} = transmitting
		const piece = new Uint8Array(Math.min(pieceBytes, buffers.length - position))
		const isRead = this.#queues.access(taken, () => buffers.read(position, piece))
		transmitting.position += piece.length
		if (!isRead || transmitting.position === buffers.length) {
			port.transmitting = undefined
			this.#queues.complete(taken, 0)
		}
		if (isRead && piece.length > 0 && !port.backend.receive(piece)) port.isFull = true
		return piece
	}

	#nextTransmitted(port: Port): Transmitting | undefined {
		const taken = this.#queues.take(transmitQueue(port.number))
		return taken && {taken, buffers: this.#buffersOf(taken, 'device-reads'), position: 0}
	}

	#drained(port: Port | undefined): void {
		if (!port?.isFull) return
		port.isFull = false
		this.#transmit(port)
	}

	#send(port: Port | undefined, bytes: Uint8Array): number {
		let sent = 0
		while (port?.isOpen && sent < bytes.length && !this.#isClosed) {
			const taken = this.#queues.take(receiveQueue(port.number))
			if (!taken) break
			const buffers = this.#buffersOf(taken, 'device-writes')
			if (buffers.length === 0) {
				this.#queues.fail(taken)
				break
			}
			const piece = bytes.subarray(sent, sent + buffers.length)
			// A void chain is of a driver before a reset: the next one may be of the new one, whose port is not open yet.
			if (!this.#queues.access(taken, () => buffers.write(0, piece))) break
			this.#queues.complete(taken, piece.length)
			sent += piece.length
		}
		return sent
	}

	#buffersOf(taken: Taken, access: ChainBuffer['access']): GuestBuffers {
		return new GuestBuffers(
			this.#ram,
			taken.chain.buffers.filter((buffer) => buffer.access === access),
		)
	}
}
