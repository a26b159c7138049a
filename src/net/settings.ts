/** What a user network is made with: its addresses, and what it forwards. */
import {type Address, addressNumber, addressOf, isInNetwork, parseAddress} from './address.ts'
import {sameBytes} from './bytes.ts'
import type {HostEndpoint} from './host.ts'

export type Forward = Readonly<{
	protocol: 'tcp' | 'udp'
	/** Port 0: any that is free. */
	host: HostEndpoint
	/** Without an address: the first that DHCP gives. */
	guest: Readonly<{address: Address | undefined; port: number}>
}>

export type UserNetworkSettings = Readonly<{
	ipv4: boolean
	network: Address
	/** Bits of the network's mask. */
	networkBits: number
	gateway: Address
	dns: Address
	dhcpStart: Address
	ipv6: boolean
	prefix: Address
	prefixBits: number
	gateway6: Address
	dns6: Address
	/** Of the guest, by DHCP. */
	hostname: string | undefined
	domainName: string | undefined
	/** Nothing leaves but through forwards. */
	isRestricted: boolean
	forwards: readonly Forward[]
	/** Bytes of an IP packet to the guest. */
	mtu: number
}>

const address = (text: string): Address => parseAddress(text)!

/** libslirp's. */
export const defaultSettings: UserNetworkSettings = {
	ipv4: true,
	network: address('10.0.2.0'),
	networkBits: 24,
	gateway: address('10.0.2.2'),
	dns: address('10.0.2.3'),
	dhcpStart: address('10.0.2.15'),
	ipv6: true,
	prefix: address('fec0::'),
	prefixBits: 64,
	gateway6: address('fec0::2'),
	dns6: address('fec0::3'),
	hostname: undefined,
	domainName: undefined,
	isRestricted: false,
	forwards: [],
	mtu: 1500,
}

/** Of routers: neighbour discovery and errors come from there. */
export const linkLocalRouter: Address = address('fe80::2')

/** Where a packet of the guest's is to go. */
export type Place =
	| 'gateway'
	| 'dns'
	/** To all on this link. */
	| 'broadcast'
	/** Nobody is there. */
	| 'nobody'
	| 'outside'

export function maskOf(bits: number): Address {
	return addressOf(bits === 0 ? 0 : (0xffff_ffff << (32 - bits)) >>> 0)
}

export function placeOf(settings: UserNetworkSettings, to: Address): Place {
	if (to.length === 4) {
		if (sameBytes(to, settings.gateway)) return 'gateway'
		if (sameBytes(to, settings.dns)) return 'dns'
		const number = addressNumber(to)
		if (number === 0xffff_ffff) return 'broadcast'
		if (!isInNetwork(to, settings.network, settings.networkBits)) return 'outside'
		const rest = (~addressNumber(maskOf(settings.networkBits)) & number) >>> 0
		return settings.networkBits < 31 && rest === 2 ** (32 - settings.networkBits) - 1 ? 'broadcast' : 'nobody'
	}
	if (sameBytes(to, settings.gateway6) || sameBytes(to, linkLocalRouter)) return 'gateway'
	if (sameBytes(to, settings.dns6)) return 'dns'
	if (isInNetwork(to, linkLocalRouter, 10)) return 'nobody'
	return isInNetwork(to, settings.prefix, settings.prefixBits) ? 'nobody' : 'outside'
}
