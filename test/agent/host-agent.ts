/** An agent that runs its commands on this host, without terminals: for tests of what is at the other end. */
import {type ChildProcess, spawn} from 'node:child_process'
import {constants} from 'node:os'
import {wordOf} from '../../src/agent/frames.ts'
import {
	AgentConnection,
	type ChannelListener,
	encodeFrame,
	encodeWords,
	type Frame,
	FrameDecoder,
	FrameType,
} from '../../src/agent/index.ts'

const startHeader = 20
const mostData = 32_768

/** A frame that starts a command, in words. */
export type Start = Readonly<{
	hasTerminal: boolean
	rows: number
	columns: number
	cwd: string
	command: readonly string[]
	env: Readonly<Record<string, string>>
}>

export function startOf(frame: Frame): Start {
	const texts = Buffer.from(frame.payload.subarray(startHeader)).toString().split('\0')
	const [size, count] = [wordOf(frame, 1), wordOf(frame, 3)]
	const [cwd = '', ...rest] = texts.slice(0, -1)
	const env = Object.fromEntries(rest.slice(count).map((text) => text.split(/=(.*)/s, 2)))
	const hasTerminal = (wordOf(frame, 0) & 1) !== 0
	return {hasTerminal, rows: size & 0xffff, columns: size >>> 16, cwd, command: rest.slice(0, count), env}
}

/** @param home what commands have in place of the guest's /root. */
export function hostAgent({home}: Readonly<{home: string}>) {
	let listener: ChannelListener | undefined
	const decoder = new FrameDecoder({mostPayload: 2 ** 20})
	const frames: Frame[] = []
	const commands = new Map<number, HostCommand>()
	const say = (session: number, type: number, payload: Uint8Array = new Uint8Array(), stream = 0) =>
		listener!.data(encodeFrame({session, type, stream, payload}))
	const take = (frame: Frame) => {
		frames.push(frame)
		const {session, type} = frame
		if (type !== FrameType.start) commands.get(session)?.take(frame)
		else commands.set(session, new HostCommand(startOf(frame), {home, say: (...rest) => say(session, ...rest)}))
	}
	const connection = new AgentConnection({
		send: (bytes) => {
			for (const frame of decoder.push(bytes)) take({...frame, payload: frame.payload.slice()})
		},
		listen: (given) => {
			listener = given
		},
	})
	say(0, FrameType.hello, encodeWords(1))
	return {
		connection,
		/** Of a type, in order. */
		sent: (type: number) => frames.filter((frame) => frame.type === type),
		/** Ends all that runs. */
		end: () => {
			for (const command of commands.values()) command.end()
		},
	}
}

type Say = (type: number, payload?: Uint8Array, stream?: number) => void

class HostCommand {
	readonly #child: ChildProcess
	readonly #say: Say
	readonly #credit = [0, 262_144, 262_144]
	#wake = () => {}

	constructor({command: [name, ...args], env, cwd}: Start, {home, say}: Readonly<{home: string; say: Say}>) {
		this.#say = say
		this.#child = spawn(name!, args, {cwd: cwd === '/root' ? home : cwd, env, detached: true})
		this.#child.stdin!.on('error', () => say(FrameType.end))
		const streams = [this.#child.stdout!, this.#child.stderr!].map((bytes, index) => this.#pass(bytes, index + 1))
		this.#child.on('spawn', () => say(FrameType.started))
		this.#child.on('error', ({errno = 0}: NodeJS.ErrnoException) => say(FrameType.failed, encodeWords(2, -errno)))
		this.#child.on('exit', async (code, signal) => {
			await Promise.all(streams)
			say(FrameType.exited, encodeWords(code ?? 0, signal === null ? 0 : constants.signals[signal]))
		})
	}

	take(frame: Frame): void {
		const {type, stream, payload} = frame
		if (type === FrameType.data)
			this.#child.stdin!.write(payload, () => this.#say(FrameType.credit, encodeWords(payload.length)))
		else if (type === FrameType.end) this.#close(stream)
		else if (type === FrameType.signal) this.#kill(wordOf(frame))
		else if (type === FrameType.abandon) this.end()
		else if (type === FrameType.credit) this.#credit[stream]! += wordOf(frame)
		this.#wake()
	}

	/** Its writer or its reader has enough. */
	#close(stream: number): void {
		const {stdin, stdout, stderr} = this.#child
		if (stream === 0) stdin!.end()
		else [stdout, stderr][stream - 1]!.destroy()
		// What is there still goes to nobody.
		this.#credit[stream] = Number.POSITIVE_INFINITY
	}

	end(): void {
		this.#kill(constants.signals.SIGKILL)
	}

	#kill(signal: number): void {
		try {
			process.kill(-this.#child.pid!, signal)
		} catch {}
	}

	/** No faster than there is credit. */
	async #pass(bytes: AsyncIterable<Buffer>, stream: number): Promise<void> {
		try {
			for await (const piece of bytes)
				for (let at = 0; at < piece.length; ) {
					while (this.#credit[stream] === 0) await new Promise<void>((resolve) => (this.#wake = resolve))
					const length = Math.min(piece.length - at, mostData, this.#credit[stream]!)
					this.#credit[stream]! -= length
					this.#say(FrameType.data, piece.subarray(at, at + length), stream)
					at += length
				}
		} catch {
			// Its reader has gone.
		}
		this.#say(FrameType.end, undefined, stream)
	}
}
