/** What may be behind a port beside the main thread: a Unix socket, a file, nothing. As QEMU's character devices. */
import {closeSync, constants, fstatSync, lstatSync, openSync, writeSync} from 'node:fs'
import {rm} from 'node:fs/promises'
import {connect, createServer, Socket} from 'node:net'
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

/** Milliseconds that whoever is at the other end of a socket or a FIFO has to take the rest. */
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
	if (fstatSync(file).isFIFO()) return fifoEnd(file, {link, onError})
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

/** Its reader may be slow. */
function fifoEnd(file: number, {link, onError}: EndOptions): PortBackend {
	const stream = new Socket({fd: file, readable: false, writable: true})
	stream.unref()
	stream.on('error', (error) => onError(error.message))
	stream.on('drain', () => link.drained())
	stream.on('close', () => link.drained())
	return {
		// Once its reader has gone, it is lost.
		receive: (bytes) => stream.destroyed || stream.write(bytes),
		opened: () => {},
		ready: () => {},
		close: () => endStream(stream),
	}
}

/** Resolves once the other end has taken the rest, or has had time to. */
async function endStream(stream: Socket): Promise<void> {
	const {promise, resolve} = Promise.withResolvers<void>()
	const limit = setTimeout(resolve, longestFarewell)
	stream.once('close', () => resolve())
	if (stream.destroyed) resolve()
	else stream.end(() => resolve())
	await promise
	clearTimeout(limit)
	stream.destroy()
}

function isSocket(path: string): boolean {
	try {
		return lstatSync(path).isSocket()
	} catch {
		// There is none, or listen() tells why there cannot be.
		return false
	}
}

/** One connection at a time, as QEMU's `server=on,wait=off`. */
class SocketEnd implements PortBackend {
	readonly #link: PortLink
	readonly #server = createServer((socket) => this.#connect(socket))
	#socket: Socket | undefined
	#isClosed = false
	/** From the socket; it is paused while there is some. */
	#waiting: Uint8Array = new Uint8Array()

	constructor(path: string, {link, onError}: EndOptions) {
		this.#link = link
		this.#server.on('error', (error) => onError(error.message))
		this.#server.unref()
		if (isSocket(path)) this.#listenAgain(path)
		else this.#server.listen(path)
	}

	/** A socket that a killed process has left makes way; one that somebody listens at does not. */
	#listenAgain(path: string): void {
		const probe = connect(path)
		const listen = () => {
			probe.destroy()
			if (!this.#isClosed) this.#server.listen(path)
		}
		probe.once('connect', listen)
		probe.once('error', ({code}: NodeJS.ErrnoException) => {
			if (code !== 'ECONNREFUSED') return listen()
			// If it cannot be removed, listen() says that it is taken.
			rm(path).then(listen, listen)
		})
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
		this.#isClosed = true
		// Removes the socket, too, but not one that another program has at this path.
		this.#server.close()
		if (this.#socket) await endStream(this.#socket)
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
