/** The virtio-console device of a machine: its ports, of which one is the agent's. */
import {statSync} from 'node:fs'
import {dirname} from 'node:path'
import {MessageChannel, type MessagePort} from 'node:worker_threads'
import {type ServedDevice, type VirtioMmioVersion, virtioSlotCount} from '../board/index.ts'
import {expected} from '../errors.ts'
import {type ConsolePort, consoleDevice, type IoConfig, mostPorts} from '../io/index.ts'
import type {SharedMemory} from '../memory/index.ts'

/** A port that programs of the guest find as /dev/virtio-ports/NAME, or by its name in /sys/class/virtio-ports. */
export type PortOptions = Readonly<{
	name: string
	/** What is at this end: a Unix socket that listens, or a file that gets what the guest writes; default: nothing. */
	socket?: string
	file?: string
}>

/** The number of the I/O worker that serves ports. */
export const consoleWorker = 3
/** By which the agent finds its port; test/guests/agent/channel.c has it, too. */
const agentPort = 'manyhart.agent'
/** Of the name, as Linux takes it from a message. */
const nameBytes = 127

export class Consoles {
	readonly #ports: readonly ConsolePort[]
	readonly #slot: number
	/** This end of the agent's port; undefined without an agent. */
	readonly agentPort: MessagePort | undefined
	readonly #transfer: readonly MessagePort[]

	/** @throws UserError for ports that cannot be. */
	constructor({agent, ports}: Readonly<{agent: boolean; ports: readonly PortOptions[]}>, slot: number) {
		const most = mostPorts - (agent ? 1 : 0)
		if (ports.length > most) throw expected(`at most ${most} ports of virtio-console`, ports.length)
		const names = new Set([agentPort])
		const own = ports.map(({name, socket, file}): ConsolePort => {
			if (name === '' || Buffer.byteLength(name) > nameBytes || /[\n\0]/.test(name))
				throw expected(`a name of a port of 1 to ${nameBytes} bytes`, JSON.stringify(name))
			if (names.has(name)) throw expected('another name for each port', `${JSON.stringify(name)} twice`)
			names.add(name)
			const path = socket ?? file
			if (path === undefined) return {name, end: {kind: 'null'}}
			if (!statSync(dirname(path), {throwIfNoEntry: false})?.isDirectory())
				throw expected(`a folder for the port ${name}`, dirname(path))
			return {name, end: {kind: socket === undefined ? 'file' : 'socket', path}}
		})
		const channel = agent ? new MessageChannel() : undefined
		this.agentPort = channel?.port1
		this.#transfer = channel ? [channel.port2] : []
		this.#ports = [
			...(channel ? [{name: agentPort, end: {kind: 'channel', channel: channel.port2}} as const] : []),
			...own,
		]
		this.#slot = slot
		if (this.#ports.length > 0 && slot >= virtioSlotCount)
			throw expected('a slot that is free for the ports of virtio-console', `${virtioSlotCount - 1} other devices`)
	}

	devices(): readonly ServedDevice[] {
		return this.#ports.length > 0 ? [consoleDevice({ports: this.#ports.length, worker: consoleWorker})] : []
	}

	/** Undefined if there are no ports. @property transfer what goes to the worker with it. */
	ioConfig(
		memory: SharedMemory,
		rest: {harts: number; virtioMmioVersion: VirtioMmioVersion | undefined; served: readonly ServedDevice[]},
	): Readonly<{config: IoConfig; transfer: readonly MessagePort[]}> | undefined {
		if (this.#ports.length === 0) return undefined
		const consoles = [{slot: this.#slot, ports: this.#ports}]
		const config = {worker: consoleWorker, memory: memory.memory, map: memory.map, consoles, ...rest}
		return {config, transfer: this.#transfer}
	}
}
