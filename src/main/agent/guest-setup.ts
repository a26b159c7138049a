/** What the agent sets up before the first command: folders of the host, the network. */
import {resolve} from 'node:path'
import {type AgentConnection, describeErrno, Errno, encodeWords, FrameType} from '../../agent/index.ts'
import {UserError} from '../../errors.ts'
import type {UserNetworkSettings} from '../../net/index.ts'
import type {NetworkOptions} from '../network-devices.ts'
import {defaultTag, type ShareOptions} from '../shares.ts'

/** @property path where the host has it. */
export type SharePlace = Readonly<{tag: string; path: string}>

/** Those of a machine, with the tags that it gives them. */
export function sharePlaces(shares: readonly ShareOptions[]): readonly SharePlace[] {
	return shares.map(({tag, path}, index) => ({tag: tag ?? defaultTag(index), path: resolve(path)}))
}

/** Before the first command of a guest whose agent is alone. @returns where the guest has each folder. @throws UserError */
export async function setUpGuest(
	connection: AgentConnection,
	{places, networks}: Readonly<{places: readonly SharePlace[]; networks: readonly NetworkOptions[]}>,
): Promise<readonly string[]> {
	await setUpNetwork(connection, networks[0]?.settings)
	const mounted: string[] = []
	for (const place of places) mounted.push(await mountShare(connection, place))
	return mounted
}

/** Where folders are that cannot be where the host has them. */
const otherPlace = '/mnt'

/**
 * Mounts a folder where the host has it, so that paths mean the same in both; or, if the guest has files of its own there, at
 * /mnt/TAG. @returns where. @throws UserError if it cannot be mounted.
 */
async function mountShare(connection: AgentConnection, {tag, path}: SharePlace): Promise<string> {
	let error = 0
	for (const place of [path, `${otherPlace}/${tag}`]) {
		error = await connection.request(FrameType.mount, Buffer.from(`${tag}\0${place}\0`))
		if (error === 0) return place
		if (error !== Errno.notEmpty && error !== Errno.notDirectory) break
	}
	throw new UserError(`Expected the guest to mount the folder ${path}, got: ${describeErrno(error)}`)
}

/** Gives the guest's first network device the address that DHCP would, as a user network has it. */
async function setUpNetwork(connection: AgentConnection, settings: UserNetworkSettings | undefined): Promise<void> {
	const ipv4 = settings?.ipv4 ? settings : undefined
	const words = ipv4
		? [
				word(ipv4.dhcpStart),
				word(maskBytes(ipv4.networkBits)),
				ipv4.isRestricted ? 0 : word(ipv4.gateway),
				word(ipv4.dns),
			]
		: [0, 0, 0, 0]
	const error = await connection.request(FrameType.network, encodeWords(...words))
	if (error !== 0) throw new UserError(`Expected the guest to set up its network, got: ${describeErrno(error)}`)
}

/** In the order of the network, read as the little-endian guest does. */
const word = (address: ArrayLike<number>): number => Buffer.from(Array.from(address)).readUInt32LE()

function maskBytes(bits: number): readonly number[] {
	return [0, 8, 16, 24].map((from) => (0xff00 >> Math.max(0, Math.min(8, bits - from))) & 0xff)
}
