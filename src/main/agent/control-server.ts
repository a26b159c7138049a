/** The socket of a machine that has a name: others reach the agent in its guest through it, by the agent's own protocol. */
import {link, rename, rm} from 'node:fs/promises'
import {createServer, type Server, type Socket} from 'node:net'
import {
	type AgentConnection,
	encodeFrame,
	encodeWords,
	type Frame,
	FrameDecoder,
	FrameType,
	mostPayload,
	protocolVersion,
	type Session,
} from '../../agent/index.ts'
import {expected} from '../../errors.ts'
import {isAlive, makeRunFolder, socketPath} from './run-folder.ts'

/** What a client may send within a session. */
const passedTypes: ReadonlySet<number> = new Set([
	FrameType.data,
	FrameType.end,
	FrameType.credit,
	FrameType.signal,
	FrameType.resize,
	FrameType.abandon,
])

export class ControlServer implements AsyncDisposable {
	readonly #server: Server
	readonly #path: string
	readonly #clients = new Set<Socket>()
	#agent: AgentConnection | undefined

	private constructor(server: Server, path: string) {
		this.#server = server
		this.#path = path
	}

	/** @throws UserError if a machine of this name runs. */
	static async listen(name: string): Promise<ControlServer> {
		const path = socketPath(name)
		await makeRunFolder()
		const draft = `${path}.${process.pid}`
		await rm(draft, {force: true})
		const server = createServer()
		const control = new ControlServer(server, path)
		server.on('connection', (socket) => control.#accept(socket))
		await new Promise<void>((resolve, reject) => {
			server.once('error', reject).listen(draft, resolve)
		})
		server.unref()
		try {
			await publish(draft, path)
		} catch (error) {
			server.close()
			throw (error as NodeJS.ErrnoException).code === 'EEXIST'
				? expected('a name that no running machine has', name)
				: error
		} finally {
			await rm(draft, {force: true})
		}
		return control
	}

	/** The guest's agent from now on; clients of the one before are cut off. */
	serve(agent: AgentConnection | undefined): void {
		if (this.#agent) for (const client of this.#clients) client.destroy()
		this.#agent = agent
		if (agent) for (const client of this.#clients) attach(client, agent)
	}

	async [Symbol.asyncDispose](): Promise<void> {
		for (const client of this.#clients) client.destroy()
		this.#server.close()
		await rm(this.#path, {force: true})
	}

	#accept(socket: Socket): void {
		this.#clients.add(socket)
		socket.unref()
		socket.on('error', () => {})
		socket.on('close', () => this.#clients.delete(socket))
		// Otherwise it waits for the machine.
		if (this.#agent) attach(socket, this.#agent)
	}
}

function attach(socket: Socket, agent: AgentConnection): void {
	const sessions = new Map<number, Session>()
	socket.on('close', () => {
		for (const session of sessions.values()) session.send(FrameType.abandon)
	})
	const hello = () => socket.write(encodeFrame(helloFrame))
	agent.ready.then(hello, () => socket.destroy())
	const decoder = new FrameDecoder({mostPayload})
	socket.on('data', (bytes: Buffer) => {
		try {
			for (const frame of decoder.push(bytes)) pass(frame, {agent, socket, sessions})
		} catch {
			// It does not keep to the protocol, or the agent has gone.
			socket.destroy()
		}
	})
}

const helloFrame: Frame = {session: 0, type: FrameType.hello, stream: 0, payload: encodeWords(protocolVersion)}

type Client = Readonly<{agent: AgentConnection; socket: Socket; sessions: Map<number, Session>}>

/** A client numbers its own sessions. Credit passes between both ends, so nothing piles up here. */
function pass(frame: Frame, {agent, socket, sessions}: Client): void {
	const {session: number, type, stream, payload} = frame
	if (type === FrameType.start && !sessions.has(number)) {
		const session = agent.open({
			frame: (answer) => {
				socket.write(encodeFrame({...answer, session: number}))
				if (answer.type !== FrameType.exited && answer.type !== FrameType.failed) return
				session.close()
				sessions.delete(number)
			},
			lost: () => socket.destroy(),
		})
		sessions.set(number, session)
		session.send(type, payload)
	} else if (passedTypes.has(type)) {
		const session = sessions.get(number)
		session?.send(type as FrameType, payload, stream)
		if (type !== FrameType.abandon) return
		session?.close()
		sessions.delete(number)
	} else if (type !== FrameType.hello) throw new Error(`a frame of type ${type} came`)
}

/** Gives the socket its name, unless a machine has it. A socket that nobody listens at makes way. */
async function publish(draft: string, path: string): Promise<void> {
	const isTaken = async () => {
		try {
			await link(draft, path)
			return false
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code === 'EEXIST') return true
			throw error
		}
	}
	if (!(await isTaken())) return
	const old = `${draft}.old`
	if (!(await isAlive(path))) {
		await rename(path, old).catch(() => {})
		// Another one may have taken its place meanwhile: it gets its name back.
		if (await isAlive(old)) await link(old, path).catch(() => {})
		await rm(old, {force: true})
	}
	if (await isTaken()) throw Object.assign(new Error('the name is taken'), {code: 'EEXIST'})
}
