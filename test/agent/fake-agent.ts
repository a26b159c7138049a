/** An agent that a test plays, at the other end of a channel in memory. */
import {
	AgentConnection,
	type ChannelListener,
	encodeFrame,
	encodeWords,
	type Frame,
	FrameDecoder,
	FrameType,
} from '../../src/agent/index.ts'

export function fakeAgent() {
	let listener: ChannelListener | undefined
	const decoder = new FrameDecoder({mostPayload: 2 ** 20})
	/** What the host has sent. */
	const frames: Frame[] = []
	const connection = new AgentConnection({
		send: (bytes) => {
			for (const frame of decoder.push(bytes)) frames.push({...frame, payload: frame.payload.slice()})
		},
		listen: (given) => {
			listener = given
		},
	})
	const say = (type: number, payload: Uint8Array = new Uint8Array(), {session = 1, stream = 0} = {}) =>
		listener!.data(encodeFrame({session, type, stream, payload}))
	return {
		connection,
		frames,
		say,
		listener: listener!,
		hello: (version = 1) => say(FrameType.hello, encodeWords(version), {session: 0}),
		exit: (code: number, signal = 0, session = 1) => say(FrameType.exited, encodeWords(code, signal), {session}),
		/** Of a type, in order. */
		sent: (type: number) => frames.filter((frame) => frame.type === type),
	}
}

export const plain = {command: ['cmd', 'a b'], env: {A: '1', B: ''}, cwd: '/w', hasStdin: true} as const

export const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')
