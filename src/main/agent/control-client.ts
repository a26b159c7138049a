/** A connection to the agent in the guest of another process, by the machine's name. */
import {once} from 'node:events'
import {connect, type Socket} from 'node:net'
import {AgentConnection, type ByteChannel} from '../../agent/index.ts'
import {expected} from '../../errors.ts'
import {runningMachines, socketPath} from './run-folder.ts'

/** The connection, until it is disposed of. */
export type RemoteAgent = Disposable & Readonly<{agent: AgentConnection}>

/** @throws UserError if no machine of this name runs. */
export async function connectToMachine(name: string): Promise<RemoteAgent> {
	const socket = connect(socketPath(name))
	try {
		await once(socket, 'connect')
	} catch {
		const names = await runningMachines()
		throw expected(
			`the name of a running machine${names.length > 0 ? ` (${names.join(', ')})` : ''}`,
			`${name}, which is none`,
		)
	}
	return {agent: new AgentConnection(channelOf(socket)), [Symbol.dispose]: () => socket.destroy()}
}

function channelOf(socket: Socket): ByteChannel {
	return {
		send: (bytes) => void socket.write(bytes),
		listen: (listener) => {
			socket.on('data', (bytes: Buffer) => listener.data(bytes))
			socket.on('error', () => {})
			socket.on('close', () => listener.closed())
		},
	}
}
