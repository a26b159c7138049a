/** What may be behind a port beside the main thread: a Unix socket, a file, nothing. As QEMU's character devices. */
import {closeSync, constants, openSync, writeSync} from 'node:fs'
import {createServer, type Socket} from 'node:net'
import {UserError} from '../errors.ts'
import type {ConsolePort} from './console-config.ts'
import type {PortBackend, PortLink} from './console-server.ts'
import {PortChannel} from './port-channel.ts'

/** @param onError told of what the guest cannot be told. @throws UserError for a file that cannot be written. */
export function connectPort(
	{name, end}: ConsolePort,
	{link, onError}: Readonly<{link: PortLink; onError: (line: string) => void}>,
): PortBackend {
	switch (end.kind) {
		case 'channel':
			return new PortChannel(end.channel, link)
		case 'socket':
			return new SocketEnd(end.path, {link, onError: (what) => onError(`the port ${name}: ${what}`)})
		case 'file':
			return fileEnd(end.path, {link, onError: (what) => onError(`the port ${name}: ${what}`)})
		case 'null':
			link.connect(true)
			return {receive: () => true, opened: () => {}, ready: () => {}, close: () => {}}
	}
}

/** Milliseconds that whoever is at a socket's other end has to take the rest. */
const longestFarewell = 2000

type EndOptions = Readonly<{link: PortLink; onError: (what: string) => void}>

function fileEnd(path: string, {link, onError}: EndOptions): PortBackend {
	let file: number | undefined
	try {
		// A FIFO without a reader is refused: opening it would wait for one.
		file = openSync(path, constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | constants.O_NONBLOCK, 0o644)
	} catch (error) {
		throw new UserError(`Expected a file for a port that can be written, got ${path}: ${(error as Error).message}`)
	}
	link.connect(true)
	const stop = () => {
		if (file !== undefined) closeSync(file)
		file = undefined
	}
	return {
		receive: (bytes) => {
			try {
				for (let at = 0; file !== undefined && at < bytes.length; ) at += writeSync(file, bytes, at)
			} catch (error) {
				onError((error as Error).message)
				stop()
			}
			return true
		},
		opened: () => {},
		ready: () => {},
		close: stop,
	}
}

/** One connection at a time, as QEMU's `server=on,wait=off`. */
class SocketEnd implements PortBackend {
	readonly #link: PortLink
	readonly #server = createServer((socket) => this.#connect(socket))
	#socket: Socket | undefined
	/** From the socket; it is paused while there is some. */
	#waiting: Uint8Array = new Uint8Array()

	constructor(path: string, {link, onError}: EndOptions) {
		this.#link = link
		this.#server.on('error', (error) => onError(error.message))
		this.#server.listen(path)
		this.#server.unref()
	}

	receive(bytes: Uint8Array): boolean {
		// Nobody is there: lost, as in QEMU.
		return this.#socket?.write(bytes) ?? true
	}

	opened(): void {
		this.ready()
	}

	ready(): void {
		const sent = this.#waiting.length > 0 ? this.#link.send(this.#waiting) : 0
		this.#waiting = this.#waiting.subarray(sent)
		if (this.#waiting.length === 0) this.#socket?.resume()
	}

	async close(): Promise<void> {
		// Removes the socket, too, but not one that another program has at this path.
		this.#server.close()
		const socket = this.#socket
		if (!socket) return
		const {promise, resolve} = Promise.withResolvers<void>()
		const limit = setTimeout(resolve, longestFarewell)
		socket.once('close', () => resolve())
		socket.end(() => resolve())
		await promise
		clearTimeout(limit)
		socket.destroy()
	}

	#connect(socket: Socket): void {
		if (this.#socket) {
			socket.destroy()
			return
		}
		this.#socket = socket
		socket.on('data', (bytes: Buffer) => {
			this.#waiting = bytes
			socket.pause()
			this.ready()
		})
		socket.on('drain', () => this.#link.drained())
		socket.on('error', () => {})
		socket.on('close', () => {
			this.#socket = undefined
			this.#waiting = new Uint8Array()
			this.#link.connect(false)
			this.#link.drained()
		})
		this.#link.connect(true)
	}
}
