/** The keys of `--nic user` and `--netdev user`: QEMU's. */
import {expected, UserError} from '../../errors.ts'
import {
	type Address,
	defaultSettings,
	type Forward,
	formatAddress,
	isInNetwork,
	parseAddress,
	type UserNetworkSettings,
} from '../../net/index.ts'
import type {KeyValues} from './key-values.ts'
import {quoted} from './quantities.ts'

export const userNetworkKeys = [
	'ipv4',
	'net',
	'host',
	'dhcpstart',
	'dns',
	'hostname',
	'domainname',
	'restrict',
	'ipv6',
	'ipv6-net',
	'ipv6-prefix',
	'ipv6-prefixlen',
	'ipv6-host',
	'ipv6-dns',
	'hostfwd',
] as const

const boot = 'the guest does not boot from the network'
/** QEMU's other keys. */
export const refusedNetworkKeys: Readonly<Record<string, string>> = {
	tftp: boot,
	bootfile: boot,
	'tftp-server-name': boot,
	smb: 'folders are shared otherwise',
	smbserver: 'folders are shared otherwise',
	guestfwd: 'the guest reaches servers of this machine at the gateway',
	dnssearch: 'the guest is told no domains to search; see domainname',
}

const mostNameBytes = 255
/** Forwards are for this machine alone unless an address says otherwise; QEMU's are for all. */
const defaultForwardAddress = '127.0.0.1'

/** @throws UserError that says what was expected and what was given. */
export function parseUserNetwork(keys: KeyValues, option: string): UserNetworkSettings {
	const ipv4 = keys.flag('ipv4', true)
	const ipv6 = keys.flag('ipv6', true)
	if (!ipv4 && !ipv6) throw new UserError(`Expected ${option} with IPv4 or IPv6, got both off`)
	refuseWithout(keys, {option, isOn: ipv4, family: 'ipv4', of: ['net', 'host', 'dns', 'dhcpstart']})
	refuseWithout(keys, {
		option,
		isOn: ipv6,
		family: 'ipv6',
		of: ['ipv6-net', 'ipv6-prefix', 'ipv6-prefixlen', 'ipv6-host', 'ipv6-dns'],
	})
	const settings = {...defaultSettings, ...parseVersion4(keys), ...parseVersion6(keys), ipv4, ipv6}
	checkVersion4(settings, option)
	return {
		...settings,
		hostname: parseName(keys, {key: 'hostname', option}),
		domainName: parseName(keys, {key: 'domainname', option}),
		isRestricted: keys.flag('restrict', false),
		forwards: keys.all('hostfwd').map(parseForward),
	}
}

function refuseWithout(
	keys: KeyValues,
	{option, isOn, family, of}: Readonly<{option: string; isOn: boolean; family: string; of: readonly string[]}>,
): void {
	const given = of.find((key) => keys.get(key) !== undefined)
	if (!isOn && given !== undefined)
		throw expected(`${option} without ${given} where ${family}=off`, quoted(`${given}=${keys.get(given)}`))
}

const version4 = {
	what: 'an IPv4 address',
	parse: (text: string) => {
		const address = parseAddress(text)
		return address?.length === 4 ? address : undefined
	},
}

const version6 = {
	what: 'an IPv6 address',
	parse: (text: string) => {
		const address = parseAddress(text)
		return address?.length === 16 ? address : undefined
	},
}

type Version4 = Pick<UserNetworkSettings, 'network' | 'networkBits' | 'gateway' | 'dns' | 'dhcpStart'>

function parseVersion4(keys: KeyValues): Version4 {
	const net = keys.read('net', {what: 'a network such as 10.0.2.0/24, from /4 to /30', parse: parseNetwork})
	const base = net ? {...net, ...withHosts(net)} : defaultSettings
	return {
		network: base.network,
		networkBits: base.networkBits,
		gateway: keys.read('host', version4) ?? base.gateway,
		dns: keys.read('dns', version4) ?? base.dns,
		dhcpStart: keys.read('dhcpstart', version4) ?? base.dhcpStart,
	}
}

type Network = Readonly<{network: Address; networkBits: number}>

/** `10.0.2.0/24`, `10.0.2.0/255.255.255.0`, or `10.0.2.0`, whose class says the mask, as in QEMU. */
function parseNetwork(text: string): Network | undefined {
	const [addressText = '', maskText] = text.split('/', 2)
	const address = version4.parse(addressText)
	if (!address || text.split('/').length > 2) return
	const networkBits = maskText === undefined ? classBits(address) : maskBits(maskText)
	if (networkBits === undefined || networkBits < 4 || networkBits > 30) return
	const network = address.map((byte, index) => byte & (0xff00 >> Math.min(8, Math.max(0, networkBits - 8 * index))))
	return {network, networkBits}
}

function maskBits(text: string): number | undefined {
	if (/^\d{1,2}$/.test(text)) return Number(text)
	const mask = version4.parse(text)
	const bits = mask && Array.from(mask, (byte) => byte.toString(2).padStart(8, '0')).join('')
	return bits && /^1*0*$/.test(bits) ? bits.indexOf('0') : undefined
}

function classBits([first, second]: Address): number {
	if (first! < 128) return 8
	if (first === 172 && (second! & 0xf0) === 16) return 12
	if (first === 198 && (second! & 0xfe) === 18) return 15
	return first! < 192 || (first === 192 && second === 168) ? 16 : 24
}

/** The gateway, the resolver and the first guest have the same places in each network, as in QEMU. */
function withHosts({network, networkBits}: Network): Pick<Version4, 'gateway' | 'dns' | 'dhcpStart'> {
	const at = (third: number, fourth: number) => {
		const rest = networkBits >= 24 ? 0xff >> (networkBits - 24) : 0xff
		return Uint8Array.of(
			network[0]!,
			network[1]!,
			networkBits >= 24 ? network[2]! : network[2]! | third,
			network[3]! | (fourth & rest),
		)
	}
	return {gateway: at(2, 2), dns: at(2, 3), dhcpStart: at(2, 15)}
}

function checkVersion4(settings: UserNetworkSettings, option: string): void {
	const {network, networkBits, gateway, dns, dhcpStart} = settings
	const name = `${formatAddress(network)}/${networkBits}`
	for (const [key, address] of [
		['host', gateway],
		['dhcpstart', dhcpStart],
		['dns', dns],
	] as const)
		if (!isInNetwork(address, network, networkBits))
			throw expected(`${option} with ${key} in the network ${name}`, formatAddress(address))
	const given = new Set([gateway, dns, dhcpStart].map(formatAddress))
	if (given.size < 3)
		throw expected(
			`${option} with host, dns and dhcpstart different from each other`,
			[gateway, dns, dhcpStart].map(formatAddress).join(', '),
		)
}

function parseVersion6(keys: KeyValues): Pick<UserNetworkSettings, 'prefix' | 'prefixBits' | 'gateway6' | 'dns6'> {
	const whole = keys.read('ipv6-net', {
		what: 'a network such as fec0::/64',
		parse: (text) => {
			const [prefix = '', bits = '64'] = text.split('/', 2)
			const address = version6.parse(prefix)
			const number = parsePrefixBits(bits)
			return address && number !== undefined ? {address, number} : undefined
		},
	})
	const prefix = keys.read('ipv6-prefix', version6) ?? whole?.address ?? defaultSettings.prefix
	const prefixBits =
		keys.read('ipv6-prefixlen', {what: 'from 0 to 126', parse: parsePrefixBits}) ??
		whole?.number ??
		defaultSettings.prefixBits
	const inPrefix = (last: number) => prefix.with(15, prefix[15]! | last)
	return {
		prefix,
		prefixBits,
		gateway6: keys.read('ipv6-host', version6) ?? inPrefix(2),
		dns6: keys.read('ipv6-dns', version6) ?? inPrefix(3),
	}
}

function parsePrefixBits(text: string): number | undefined {
	return /^\d{1,3}$/.test(text) && Number(text) <= 126 ? Number(text) : undefined
}

function parseName(keys: KeyValues, {key, option}: Readonly<{key: string; option: string}>): string | undefined {
	const name = keys.get(key)
	if (name === undefined || (name === '' && key === 'hostname')) return
	if (/^[\w.-]+$/.test(name) && name.length <= mostNameBytes) return name
	throw expected(
		`${option} with ${key} to be a name of at most ${mostNameBytes} letters, digits, dots and dashes`,
		quoted(name),
	)
}

/** `tcp:127.0.0.1:2222-:22`: protocol, address and port of this machine, address and port of the guest. @throws UserError */
export function parseForward(text: string): Forward {
	const {protocol, hostAddress, hostPort, guestAddress, guestPort} =
		/^(?<protocol>tcp|udp|):(?<hostAddress>[^:[\]]*|\[[^\]]*\]):(?<hostPort>\d{1,5})-(?<guestAddress>[^:]*):(?<guestPort>\d{1,5})$/.exec(
			text,
		)?.groups ?? {}
	const host = hostAddress === '' ? defaultForwardAddress : hostAddress?.replaceAll(/[[\]]/g, '')
	const guest = guestAddress ? version4.parse(guestAddress) : undefined
	const isRight =
		host !== undefined &&
		parseAddress(host) !== undefined &&
		Number(hostPort) < 65_536 &&
		Number(guestPort) > 0 &&
		Number(guestPort) < 65_536 &&
		(guestAddress === '' || guest !== undefined)
	if (!isRight) throw expected('hostfwd to be like tcp:127.0.0.1:2222-:22 or udp::5353-10.0.2.15:53', quoted(text))
	return {
		protocol: protocol === 'udp' ? 'udp' : 'tcp',
		host: {address: host!, port: Number(hostPort)},
		guest: {address: guest, port: Number(guestPort)},
	}
}
