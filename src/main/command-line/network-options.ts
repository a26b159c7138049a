/** `--nic`, `--netdev`, `--device virtio-net-device`, `--object filter-dump` and `--pcap`: QEMU's spellings of networks. */
import {expected, UserError} from '../../errors.ts'
import {formatMac, type Mac, parseMac, type UserNetworkSettings} from '../../net/index.ts'
import type {NetworkOptions} from '../network-devices.ts'
import {KeyValues} from './key-values.ts'
import {quoted} from './quantities.ts'
import {parseUserNetwork, refusedNetworkKeys, userNetworkKeys} from './user-network-options.ts'

export type RawNetworkOptions = Readonly<{
	nic?: readonly string[]
	netdev?: readonly string[]
	device?: readonly string[]
	object?: readonly string[]
	pcap?: string
}>

type Netdev = Readonly<{id: string | undefined; settings: UserNetworkSettings; dumps: string[]}>
type Attached = Readonly<{netdev: Netdev; mac: Mac | undefined}>

/** As QEMU gives them: 52:54:00:12:34:56, then :57, … */
const firstMac = parseMac('52:54:00:12:34:56')!
const models = ['virtio', 'virtio-net-device', 'virtio-net']

/** @returns the network devices in the order in which the guest finds them. @throws UserError */
export function parseNetworks(raw: RawNetworkOptions): readonly NetworkOptions[] {
	const netdevs = new Map<string, Netdev>()
	const add = (netdev: Netdev) => {
		if (netdev.id === undefined) return
		if (netdevs.has(netdev.id)) throw new UserError(`Duplicate ID '${netdev.id}' for netdev`)
		netdevs.set(netdev.id, netdev)
	}
	for (const text of raw.netdev ?? []) add(parseNetdev(text))
	const nics = (raw.nic ?? []).flatMap(parseNic)
	for (const {netdev} of nics) add(netdev)
	const named = new Set<Netdev>()
	const devices = (raw.device ?? []).filter(isNetworkDevice).map((text) => {
		const attached = parseDevice(text, netdevs)
		if (named.has(attached.netdev) || nics.some(({netdev}) => netdev === attached.netdev))
			throw expected('one --device for each --netdev', quoted(text))
		named.add(attached.netdev)
		return attached
	})
	for (const text of raw.object ?? []) parseDump(text, netdevs)
	const attached: readonly Attached[] = [...nics, ...devices]
	if (raw.pcap !== undefined) {
		const [first] = attached
		if (!first) throw expected('--pcap with --nic user', 'no network device')
		first.netdev.dumps.push(raw.pcap)
	}
	return withMacs(attached)
}

/** @param raw what parseNetworks() takes. @returns the IDs of networks that no device shows: the guest has nothing of them. */
export function unshownNetworks({netdev = [], device = []}: RawNetworkOptions): readonly string[] {
	const shown = new Set(device.filter(isNetworkDevice).map((text) => deviceKeys(text).get('netdev')))
	return netdev.flatMap((text) => parseNetdev(text).id ?? []).filter((id) => !shown.has(id))
}

export const isNetworkDevice = (text: string): boolean => /^virtio-net(?:-device)?(?:,|$)/.test(text)
export const isDump = (text: string): boolean => /^filter-dump(?:,|$)/.test(text)

function parseNetdev(text: string): Netdev {
	const option = '--netdev user'
	const [kind = ''] = text.split(',', 1)
	if (kind !== 'user') throw expected('--netdev user,id=ID', quoted(text) + reasonFor(kind))
	const keys = KeyValues.parse(text.slice(kind.length + 1), {
		option,
		known: ['id', ...userNetworkKeys],
		refused: refusedNetworkKeys,
	})
	const id = keys.get('id')
	if (!id) throw expected(`${option} with id=ID`, quoted(text))
	return {id, settings: parseUserNetwork(keys, option), dumps: []}
}

function parseNic(text: string): Attached[] {
	const [kind = ''] = text.split(',', 1)
	if (text === 'none') return []
	if (kind !== 'user') throw expected('--nic user or none', quoted(text) + reasonFor(kind))
	const option = '--nic user'
	const keys = KeyValues.parse(text.slice(kind.length + 1), {
		option,
		known: ['id', 'model', 'mac', ...userNetworkKeys],
		refused: refusedNetworkKeys,
	})
	const model = keys.get('model') ?? 'virtio'
	if (!models.includes(model)) throw expected(`${option} with model=virtio`, quoted(model))
	const netdev = {id: keys.get('id'), settings: parseUserNetwork(keys, option), dumps: []}
	return [{netdev, mac: readMac(keys)}]
}

function parseDevice(text: string, netdevs: ReadonlyMap<string, Netdev>): Attached {
	const keys = deviceKeys(text)
	const netdev = netdevs.get(keys.get('netdev') ?? '')
	if (!netdev) throw expected(`--device ${driverOf(text)} with netdev=ID of a --netdev`, quoted(text))
	return {netdev, mac: readMac(keys)}
}

const driverOf = (device: string): string => device.split(',', 1)[0]!

function deviceKeys(text: string): KeyValues {
	const driver = driverOf(text)
	return KeyValues.parse(text.slice(driver.length + 1), {
		option: `--device ${driver}`,
		known: ['netdev', 'mac', 'id'],
	})
}

function readMac(keys: KeyValues): Mac | undefined {
	return keys.read('mac', {
		what: `an address of one device such as ${formatMac(firstMac)}`,
		parse: (text) => {
			const mac = parseMac(text)
			return mac && (mac[0]! & 1) === 0 ? mac : undefined
		},
	})
}

function parseDump(text: string, netdevs: ReadonlyMap<string, Netdev>): void {
	if (/^rng-(?:random|builtin)(?:,|$)/.test(text)) return
	if (!isDump(text)) throw expected('--object filter-dump or rng-builtin', quoted(text))
	const keys = KeyValues.parse(text.slice('filter-dump,'.length), {
		option: '--object filter-dump',
		known: ['id', 'netdev', 'file'],
		refused: {queue: 'a dump has the frames of both directions', maxlen: 'frames are written whole'},
	})
	const netdev = netdevs.get(keys.get('netdev') ?? '')
	if (!keys.get('id')) throw expected('--object filter-dump with id=ID', quoted(text))
	if (!netdev) throw expected('--object filter-dump with netdev=ID of a --netdev', quoted(text))
	const file = keys.get('file')
	if (!file) throw expected('--object filter-dump with file=FILE', quoted(text))
	netdev.dumps.push(file)
}

function withMacs(attached: readonly Attached[]): NetworkOptions[] {
	const taken = new Set(attached.flatMap(({mac}) => (mac ? [formatMac(mac)] : [])))
	let next = 0
	return attached.map(({netdev: {settings, dumps}, mac}) => {
		let own = mac
		while (!own) {
			const candidate = firstMac.with(5, firstMac[5]! + next++)
			if (!taken.has(formatMac(candidate))) own = candidate
		}
		return {settings, mac: own, dumps}
	})
}

function reasonFor(kind: string): string {
	return ['tap', 'bridge', 'socket', 'stream', 'vde', 'passt', 'vhost-user'].includes(kind)
		? ': Node cannot open such a network; see docs/network.md'
		: ''
}
