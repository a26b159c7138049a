/** A connection to the agent in a guest: sessions over one channel of bytes. */
import {
	encodeFrame,
	encodeWords,
	type Frame,
	FrameDecoder,
	FrameType,
	mostData,
	protocolVersion,
	wordOf,
} from './frames.ts'

/** A channel of bytes in order: a port of the guest's, or a socket. */
export type ByteChannel = Readonly<{
	send(bytes: Uint8Array): void
	/** Tells what comes from now on. */
	listen(listener: ChannelListener): void
}>
export type ChannelListener = Readonly<{
	/** @returns nothing: the bytes are taken when it returns. */
	data(bytes: Uint8Array): void
	/** The other end is there, or has gone; another one may come. */
	opened(isOpen: boolean): void
	/** No more comes. */
	closed(): void
}>

/** What a session is told. */
export type SessionHandler = Readonly<{
	frame(frame: Frame): void
	/** The agent has gone. */
	lost(error: Error): void
}>

/** @throws nothing: a session whose agent has gone takes frames, and drops them. */
export type Session = Readonly<{
	id: number
	send(type: FrameType, payload?: Uint8Array, stream?: number): void
	/** Nothing more comes. */
	close(): void
}>

export class AgentConnection {
	readonly #channel: ByteChannel
	readonly #sessions = new Map<number, SessionHandler>()
	#decoder = AgentConnection.#newDecoder()
	#next = 1
	#ready = AgentConnection.#newReady()
	#isReady = false
	readonly #closed = Promise.withResolvers<void>()

	constructor(channel: ByteChannel) {
		this.#channel = channel
		channel.listen({
			data: (bytes) => this.#take(bytes),
			opened: (isOpen) => this.#reset(isOpen ? undefined : new Error('the agent in the guest has ended')),
			closed: () => {
				this.#end(new Error('the machine has ended'))
				this.#closed.resolve()
			},
		})
	}

	static #newDecoder(): FrameDecoder {
		return new FrameDecoder({mostPayload: mostData})
	}

	static #newReady(): PromiseWithResolvers<void> {
		const ready = Promise.withResolvers<void>()
		// It may have no reader.
		ready.promise.catch(() => {})
		return ready
	}

	/** Resolves when the agent answers. Rejects if the machine ends before, or the agent is of another version. */
	get ready(): Promise<void> {
		return this.#ready.promise
	}

	get isReady(): boolean {
		return this.#isReady
	}

	/** Resolves when the channel is closed, and all that came over it was taken. */
	get closed(): Promise<void> {
		return this.#closed.promise
	}

	/** @throws unless the agent is ready. */
	open(handler: SessionHandler): Session {
		if (!this.#isReady) throw new Error('the agent in the guest is not there')
		const id = this.#next++
		this.#sessions.set(id, handler)
		return {
			id,
			send: (type, payload = new Uint8Array(), stream = 0) => {
				if (this.#sessions.get(id) === handler) this.#channel.send(encodeFrame({session: id, type, stream, payload}))
			},
			close: () => {
				if (this.#sessions.get(id) === handler) this.#sessions.delete(id)
			},
		}
	}

	/** Asks for something that has one answer. @returns Linux's error number, or 0. */
	async request(type: FrameType, payload: Uint8Array): Promise<number> {
		await this.ready
		const {promise, resolve, reject} = Promise.withResolvers<number>()
		const session = this.open({
			frame: (frame) => {
				if (frame.type === FrameType.reply) resolve(wordOf(frame))
			},
			lost: reject,
		})
		session.send(type, payload)
		return await promise.finally(() => session.close())
	}

	/** The guest is to power off. */
	powerOff(): void {
		this.#channel.send(encodeFrame({session: 0, type: FrameType.powerOff, stream: 0, payload: new Uint8Array()}))
	}

	#take(bytes: Uint8Array): void {
		try {
			for (const frame of this.#decoder.push(bytes)) this.#frame(frame)
		} catch (error) {
			// The guest's mistake: nothing that it says can be understood any more.
			this.#end(new Error(`the agent in the guest breaks the protocol: ${(error as Error).message}`))
		}
	}

	#frame(frame: Frame): void {
		if (frame.type !== FrameType.hello) {
			this.#sessions.get(frame.session)?.frame(frame)
			return
		}
		const version = wordOf(frame)
		if (version !== protocolVersion) {
			this.#end(
				new Error(`the agent in the guest speaks version ${version} of the protocol, expected ${protocolVersion}`),
			)
			return
		}
		this.#channel.send(
			encodeFrame({session: 0, type: FrameType.hello, stream: 0, payload: encodeWords(protocolVersion)}),
		)
		this.#isReady = true
		this.#ready.resolve()
	}

	/** A program of the guest has opened its end, or none has it open any more. */
	#reset(error: Error | undefined): void {
		this.#decoder = AgentConnection.#newDecoder()
		if (this.#isReady) this.#ready = AgentConnection.#newReady()
		this.#isReady = false
		this.#lose(error ?? new Error('another agent in the guest has taken the place of the one before'))
	}

	#end(error: Error): void {
		this.#isReady = false
		this.#ready.reject(error)
		// A promise that was resolved before is of an agent that was there.
		this.#ready = AgentConnection.#newReady()
		this.#ready.reject(error)
		this.#lose(error)
	}

	#lose(error: Error): void {
		const handlers = [...this.#sessions.values()]
		this.#sessions.clear()
		for (const handler of handlers) handler.lost(error)
	}
}
