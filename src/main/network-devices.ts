/** The network devices of a machine, as its board and its I/O worker have them. */
import {type ServedDevice, type VirtioMmioVersion, virtioSlotCount} from '../board/index.ts'
import {expected} from '../errors.ts'
import {type IoConfig, type NetSlot, netDevice} from '../io/index.ts'
import type {SharedMemory} from '../memory/index.ts'
import type {Forward, HostEndpoint, Mac, OpenForward, UserNetworkSettings} from '../net/index.ts'

/** One network device and the network behind it. */
export type NetworkOptions = Readonly<{
	settings: UserNetworkSettings
	mac: Mac
	/** Files that get its frames, in pcap format. */
	dumps: readonly string[]
}>

/** The number of the I/O worker that serves networks: disks and folders have others, so that none waits for another. */
export const networkWorker = 2

/** @param firstSlot the first that no disk has. @throws UserError if there are too many. */
export function networkDevices(
	networks: readonly NetworkOptions[],
	firstSlot: number,
): Readonly<{devices: readonly ServedDevice[]; slots: readonly NetSlot[]}> {
	const most = virtioSlotCount - firstSlot
	if (networks.length > most)
		throw expected(`at most ${most} network devices beside the other devices`, networks.length)
	return {
		devices: networks.map(({mac}) => netDevice({mac, worker: networkWorker})),
		slots: networks.map((network, index) => ({slot: firstSlot + index, ...network})),
	}
}

export function networkIo(
	networks: readonly NetSlot[],
	memory: SharedMemory,
	rest: {harts: number; virtioMmioVersion: VirtioMmioVersion | undefined; served: readonly ServedDevice[]},
): IoConfig {
	return {worker: networkWorker, memory: memory.memory, map: memory.map, networks, ...rest}
}

/** For a machine after this one: a port that was any free one stays the one that was found. */
export function withPorts(
	networks: readonly NetworkOptions[],
	opened: readonly OpenForward[],
): readonly NetworkOptions[] {
	let next = 0
	return networks.map((network) => {
		const forwards = network.settings.forwards.map((forward): Forward => {
			const host: HostEndpoint = opened[next++]?.bound ?? forward.host
			return {...forward, host}
		})
		return {...network, settings: {...network.settings, forwards}}
	})
}
