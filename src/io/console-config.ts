/** virtio-console with several ports, as the driver sees it at first. virtio 1.2, 5.3. */
import type {MessagePort} from 'node:worker_threads'
import {mostQueues, RingFeature, type ServedDevice} from '../board/index.ts'

export const consoleDeviceId = 3
/** virtio 1.2, 5.3.3 "Feature bits". */
export const ConsoleFeature = {multiport: 1 << 1} as const

/** The queues of control messages; those of port n are 2n + 2 and 2n + 3, but 0 and 1 of port 0. From the driver's point of view. */
export const ControlQueue = {receive: 2, transmit: 3} as const
export const receiveQueue = (port: number): number => (port === 0 ? 0 : 2 * port + 2)
export const transmitQueue = (port: number): number => receiveQueue(port) + 1
/** @returns the port of a queue that is not for control messages. */
export const portOfQueue = (queue: number): number => (queue < 2 ? 0 : (queue >> 1) - 1)

/** Port 0 would be the console that drivers without several ports know; there is none, as with QEMU's virtserialport. */
export const firstPort = 1
/** Ports from firstPort on. */
export const mostPorts = mostQueues / 2 - 2

/** What is behind a port. */
export type PortEnd =
	/** The main thread: PortMessages go both ways. */
	| Readonly<{kind: 'channel'; channel: MessagePort}>
	/** A Unix socket that listens, for one connection at a time. */
	| Readonly<{kind: 'socket'; path: string}>
	/** A file that gets what the guest writes. */
	| Readonly<{kind: 'file'; path: string}>
	/** What the guest writes is dropped. */
	| Readonly<{kind: 'null'}>

/** @property name by which the guest finds the port, at most 127 bytes. */
export type ConsolePort = Readonly<{name: string; end: PortEnd}>
/** @property slot of virtio-mmio. @property ports from firstPort on. */
export type ConsoleSlot = Readonly<{slot: number; ports: readonly ConsolePort[]}>

export function consoleDevice({ports, worker}: Readonly<{ports: number; worker: number}>): ServedDevice {
	const config = new Uint8Array(12)
	const portCount = firstPort + ports
	new DataView(config.buffer).setUint32(4, portCount, true)
	const features = RingFeature.eventIndex | ConsoleFeature.multiport
	return {id: consoleDeviceId, queueCount: 2 * (portCount + 1), features, config, worker}
}
