/** A command that runs in a guest. */
import {UserError} from '../errors.ts'
import {ByteStream, streamWindow} from './byte-stream.ts'
import type {AgentConnection, Session} from './connection.ts'
import {encodeWords, type Frame, FrameType, mostData, mostPayload, Stream, stdinWindow, wordOf} from './frames.ts'
import {describeErrno, errnoExitCode} from './linux-errors.ts'
import {type LinuxSignal, signalNumber} from './linux-signals.ts'

export type TerminalSize = Readonly<{rows: number; columns: number}>

export type StartOptions = Readonly<{
	/** The command and its arguments: not for a shell. */
	command: readonly string[]
	/** The whole environment. */
	env: Readonly<Record<string, string>>
	cwd: string
	/** It gets a terminal of this size; its stderr is part of stdout. */
	tty?: TerminalSize | undefined
	/** Whether it gets what write() sends; else its stdin is empty. */
	hasStdin: boolean
}>

/** How a command ended: as in shells, 128 + n for signal n, 127 if there is no such command, 126 if it cannot be run. */
export type ExitStatus = Readonly<{
	exitCode: number
	/** Why it could not be run. */
	failure?: string
}>

const startFlag = {tty: 1, stdin: 2} as const
/** What the agent could not do, by FrameType.failed. */
const Step = {start: 0, folder: 1, command: 2} as const

export class GuestProcess {
	readonly stdout: ByteStream
	readonly stderr: ByteStream
	/** Rejects if the machine ends before the command. */
	readonly exited: Promise<ExitStatus>
	readonly #options: StartOptions
	readonly #session: Session
	readonly #ended = Promise.withResolvers<ExitStatus>()
	readonly #started = Promise.withResolvers<void>()
	#stdinCredit = stdinWindow
	#stdinEnd: 'open' | 'ended' | 'unread' = 'open'
	#wake: (() => void) | undefined

	/** @throws UserError for a command that cannot be sent. @throws unless the agent is ready. */
	constructor(connection: AgentConnection, options: StartOptions) {
		const payload = encodeStart(options)
		this.#options = options
		this.exited = this.#ended.promise
		this.exited.catch(() => {})
		this.#started.promise.catch(() => {})
		this.#session = connection.open({
			frame: (frame) => this.#frame(frame),
			lost: (error) => this.#lose(error),
		})
		const stream = (number: number) =>
			new ByteStream({
				credit: (bytes) => this.#session.send(FrameType.credit, encodeWords(bytes), number),
				stopped: () => this.#session.send(FrameType.end, undefined, number),
			})
		this.stdout = stream(Stream.stdout)
		this.stderr = stream(Stream.stderr)
		this.#session.send(FrameType.start, payload)
	}

	/** Resolves when the command runs. Rejects if it cannot. */
	get started(): Promise<void> {
		return this.#started.promise
	}

	/** Sends bytes to the command's stdin. Resolves when there is room for more. @returns false: nobody reads them. */
	async write(bytes: Uint8Array): Promise<boolean> {
		for (let at = 0; at < bytes.length; ) {
			while (this.#stdinCredit === 0 && this.#stdinEnd === 'open')
				await new Promise<void>((resolve) => {
					this.#wake = resolve
				})
			if (this.#stdinEnd !== 'open') return false
			const piece = bytes.subarray(at, at + Math.min(mostData, this.#stdinCredit))
			this.#stdinCredit -= piece.length
			this.#session.send(FrameType.data, piece, Stream.stdin)
			at += piece.length
		}
		return this.#stdinEnd === 'open'
	}

	/** The command's stdin is at its end. Not while a write() waits. */
	end(): void {
		if (this.#stdinEnd !== 'open') return
		this.#stdinEnd = 'ended'
		this.#session.send(FrameType.end, undefined, Stream.stdin)
	}

	/** Sends a signal to the command and those that it has started. */
	kill(signal: LinuxSignal): void {
		this.#session.send(FrameType.signal, encodeWords(signalNumber(signal)))
	}

	resize({rows, columns}: TerminalSize): void {
		this.#session.send(FrameType.resize, encodeWords((rows & 0xffff) | ((columns & 0xffff) << 16)))
	}

	/** Nobody waits for it any more: it gets SIGHUP, and its streams are closed. */
	abandon(): void {
		this.#session.send(FrameType.abandon)
		this.#session.close()
		this.#lose(new Error('the command was abandoned'))
	}

	/** @throws for what the protocol does not allow. */
	#frame(frame: Frame): void {
		switch (frame.type) {
			case FrameType.started:
				this.#started.resolve()
				return
			case FrameType.data:
				this.#stream(frame.stream).push(frame.payload)
				return
			case FrameType.end:
				if (frame.stream !== Stream.stdin) this.#stream(frame.stream).end()
				else this.#stopWriting()
				return
			case FrameType.credit:
				this.#stdinCredit = Math.min(stdinWindow, this.#stdinCredit + wordOf(frame))
				this.#rouse()
				return
			case FrameType.failed:
				return this.#finish(describeFailure(frame, this.#options))
			case FrameType.exited: {
				const [code, signal] = [wordOf(frame, 0), wordOf(frame, 1)]
				return this.#finish({exitCode: signal === 0 ? code & 0xff : 128 + (signal & 0x7f)})
			}
		}
	}

	#stream(number: number): ByteStream {
		if (number === Stream.stdout) return this.stdout
		if (number === Stream.stderr) return this.stderr
		throw new Error(`bytes of stream ${number} came`)
	}

	#finish(status: ExitStatus): void {
		this.#session.close()
		this.#stopWriting()
		this.stdout.end()
		this.stderr.end()
		if (status.failure === undefined) this.#started.resolve()
		else this.#started.reject(new UserError(status.failure))
		this.#ended.resolve(status)
	}

	#lose(error: Error): void {
		this.#stopWriting()
		this.stdout.end(error)
		this.stderr.end(error)
		this.#started.reject(error)
		this.#ended.reject(error)
	}

	#stopWriting(): void {
		if (this.#stdinEnd === 'open') this.#stdinEnd = 'unread'
		this.#rouse()
	}

	#rouse(): void {
		const wake = this.#wake
		this.#wake = undefined
		wake?.()
	}
}

/** As start.h of the agent has it. */
function encodeStart({command, env, cwd, tty, hasStdin}: StartOptions): Uint8Array {
	const [name] = command
	if (name === undefined) throw new UserError('Expected a command to run in the guest, got none')
	const variables = Object.entries(env).map(([key, value]) => `${key}=${value}`)
	const texts = [cwd, ...command, ...variables]
	for (const text of texts)
		if (text.includes('\0'))
			throw new UserError(`Expected texts without zero bytes for the guest, got ${JSON.stringify(text)}`)
	const flags = (tty ? startFlag.tty : 0) | (hasStdin || tty ? startFlag.stdin : 0)
	const size = ((tty?.rows ?? 0) & 0xffff) | (((tty?.columns ?? 0) & 0xffff) << 16)
	const header = encodeWords(flags, size, streamWindow, command.length, variables.length)
	const payload = Buffer.concat([header, Buffer.from(texts.map((text) => `${text}\0`).join(''))])
	if (payload.length > mostPayload)
		throw new UserError(`Expected a command and environment of at most ${mostPayload} bytes, got ${payload.length}`)
	return payload
}

function describeFailure(frame: Frame, {command, cwd}: StartOptions): ExitStatus {
	const [step, errno] = [wordOf(frame, 0), wordOf(frame, 1)]
	const why = describeErrno(errno)
	if (step === Step.folder) return {exitCode: 126, failure: `Expected the folder ${cwd} in the guest, got: ${why}`}
	const failure = `Expected a command that the guest can run, got ${command[0]}: ${why}`
	return {exitCode: step === Step.command ? errnoExitCode(errno) : 126, failure}
}
