/**
 * Frames between the host and the agent in the guest, in either direction: a header, and a payload. Numbers are little-endian.
 * test/guests/agent/channel.h has the other end.
 */

export const protocolVersion = 1

export const FrameType = {
	// both ways
	/** The version: the first frame of the agent. */
	hello: 1,
	/** Bytes of a stream. */
	data: 2,
	/** From the writer: the stream is at its end. From the reader: nobody reads any more. */
	end: 3,
	/** From the reader: so many bytes more may come. */
	credit: 4,
	// from the host
	start: 16,
	signal: 17,
	resize: 18,
	/** Nobody waits for the command any more. */
	abandon: 19,
	mount: 20,
	network: 21,
	powerOff: 22,
	// from the agent
	started: 32,
	failed: 33,
	/** The last of its session. */
	exited: 34,
	reply: 35,
} as const
export type FrameType = (typeof FrameType)[keyof typeof FrameType]

/** Of a command. */
export const Stream = {stdin: 0, stdout: 1, stderr: 2} as const

export type Frame = Readonly<{session: number; type: number; stream: number; payload: Uint8Array}>

export const headerBytes = 12
/** Of bytes of a stream in one frame. */
export const mostData = 32_768
/** Of any frame of the host's. */
export const mostPayload = 2 ** 20
/** Of stdin, that the agent takes before it gives credit. */
export const stdinWindow = 65_536

export function encodeFrame({session, type, stream, payload}: Frame): Uint8Array {
	const bytes = new Uint8Array(headerBytes + payload.length)
	const view = new DataView(bytes.buffer)
	view.setUint32(0, payload.length, true)
	view.setUint32(4, session, true)
	view.setUint8(8, type)
	view.setUint8(9, stream)
	bytes.set(payload, headerBytes)
	return bytes
}

export function encodeWords(...words: readonly number[]): Uint8Array {
	const bytes = new Uint8Array(4 * words.length)
	const view = new DataView(bytes.buffer)
	for (const [index, word] of words.entries()) view.setUint32(4 * index, word, true)
	return bytes
}

/** @returns 0 for a word that is not there. */
export function wordOf({payload}: Frame, index = 0): number {
	if (payload.length < 4 * index + 4) return 0
	return new DataView(payload.buffer, payload.byteOffset).getUint32(4 * index, true)
}

/** Finds the frames in pieces of bytes. */
export class FrameDecoder {
	#rest: Uint8Array = new Uint8Array()
	readonly #mostPayload: number

	/** @param options.mostPayload that the other end may send. */
	constructor(options: Readonly<{mostPayload: number}>) {
		this.#mostPayload = options.mostPayload
	}

	/** @returns the frames that are complete; their payloads are parts of `bytes`, or copies. @throws for one that is too long. */
	*push(bytes: Uint8Array): Generator<Frame> {
		const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
		const view = new DataView(all.buffer, all.byteOffset, all.length)
		let at = 0
		// What remains is set before each frame is handed out, whose taker may end the iteration.
		for (this.#rest = all; all.length - at >= headerBytes; this.#rest = all.subarray(at)) {
			const length = view.getUint32(at, true)
			if (length > this.#mostPayload)
				throw new Error(`a frame of ${length} bytes came, ${this.#mostPayload} at most are allowed`)
			const end = at + headerBytes + length
			if (all.length < end) break
			const frame = {
				session: view.getUint32(at + 4, true),
				type: view.getUint8(at + 8),
				stream: view.getUint8(at + 9),
				payload: all.subarray(at + headerBytes, end),
			}
			at = end
			this.#rest = all.subarray(at)
			yield frame
		}
	}
}
