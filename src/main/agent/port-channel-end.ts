/** The main thread's end of the agent's port, as the channel of a connection. The worker's is src/io/port-channel.ts. */
import type {MessagePort} from 'node:worker_threads'
import type {ByteChannel, ChannelListener} from '../../agent/index.ts'
import type {FromMain, ToMain} from '../../io/index.ts'

export function channelOf(port: MessagePort): ByteChannel {
	const post = (message: FromMain) => port.postMessage(message)
	return {
		send: (bytes) => post({kind: 'data', bytes}),
		listen: (listener: ChannelListener) => {
			port.on('message', (message: ToMain) => {
				if (message.kind === 'opened') return listener.opened(message.isOpen)
				listener.data(message.bytes)
				post({kind: 'taken', bytes: message.bytes.length})
			})
			port.on('close', () => listener.closed())
			// A machine that runs keeps the process alive itself.
			port.unref()
		},
	}
}
