/** A network device's slot: the user network behind its queues, and the files that get its frames. */
import {randomBytes} from 'node:crypto'
import type {ServedQueues} from '../board/index.ts'
import type {GuestRam} from '../memory/index.ts'
import {hostClock, nodeHost, PcapDump, UserNetwork} from '../net/index.ts'
import type {NetSlot} from './io-config.ts'
import {NetServer} from './net-server.ts'

export class NetSlotServer {
	readonly slot: number
	readonly server: NetServer
	readonly network: UserNetwork

	/** @throws UserError for a dump that cannot be written. */
	constructor({slot, settings, dumps: paths}: NetSlot, {queues, ram}: Readonly<{queues: ServedQueues; ram: GuestRam}>) {
		const dumps = paths.map(
			(path) =>
				new PcapDump(path, {
					clock: hostClock,
					wallClock: () => performance.timeOrigin + performance.now(),
					report: (line) => console.error(`manyhart: ${line}`),
				}),
		)
		let network: UserNetwork | undefined
		this.slot = slot
		this.server = new NetServer({
			queues,
			ram,
			connect: (link) => {
				const own = new UserNetwork({
					settings,
					link: {
						...link,
						send: (frame, offload) => {
							if (!link.send(frame, offload)) return false
							for (const dump of dumps) dump.append(frame)
							return true
						},
					},
					host: nodeHost,
					clock: hostClock,
					random: () => randomBytes(4).readUInt32LE(),
				})
				network = own
				return {
					receive: (frame, isTrusted) => {
						for (const dump of dumps) dump.append(frame)
						own.receive(frame, isTrusted)
					},
					ready: () => own.ready(),
					close: () => {
						own.close()
						for (const dump of dumps) dump.close()
					},
				}
			},
		})
		this.network = network!
	}
}
