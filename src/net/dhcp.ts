/** The DHCP server (RFC 2131), which answers BOOTP clients as well; its options are libslirp's. */
import {
	type Address,
	addressNumber,
	addressOf,
	anyAddress,
	broadcastAddress,
	broadcastMac,
	type Mac,
} from './address.ts'
import {read32, sameBytes, write16, write32} from './bytes.ts'
import type {Drops} from './drops.ts'
import {pathTo} from './ip.ts'
import type {IpOutput} from './ip-output.ts'
import {maskOf, type UserNetworkSettings} from './settings.ts'

export const dhcpPort = {server: 67, client: 68} as const

const headerBytes = 236
const cookie = 0x6382_5363
const mostClients = 16
const leaseSeconds = 86_400
/** What clients of BOOTP expect at least. */
const smallestReply = 300
const defaultMtu = 1500

const option = {
	pad: 0,
	mask: 1,
	router: 3,
	dns: 6,
	hostname: 12,
	domainName: 15,
	mtu: 26,
	requestedAddress: 50,
	lease: 51,
	type: 53,
	server: 54,
	message: 56,
	end: 255,
} as const

const type = {discover: 1, offer: 2, request: 3, decline: 4, acknowledge: 5, refuse: 6, release: 7, inform: 8} as const

type Request = {type: number; requested: Address | undefined; server: Address | undefined}

export class Dhcp {
	readonly #settings: UserNetworkSettings
	readonly #output: IpOutput
	readonly #drops: Drops
	readonly #learn: (address: Address, mac: Mac) => void
	/** Whose each address is, from the first on. */
	readonly #clients: (Mac | undefined)[] = new Array(mostClients).fill(undefined)

	constructor({
		settings,
		output,
		drops,
		learn,
	}: Readonly<{
		settings: UserNetworkSettings
		output: IpOutput
		drops: Drops
		learn: (address: Address, mac: Mac) => void
	}>) {
		this.#settings = settings
		this.#output = output
		this.#drops = drops
		this.#learn = learn
	}

	/** @param message of a datagram to port 67. */
	receive(message: Uint8Array): void {
		if (message.length < headerBytes || message[0] !== 1 || message[1] !== 1 || message[2] !== 6)
			return this.#drops.count('bad-dhcp')
		const request = parseOptions(message)
		const mac = message.slice(28, 34)
		const present = message.slice(12, 16)
		const isOurs = !request.server || sameBytes(request.server, this.#settings.gateway)
		switch (request.type) {
			case 0: // BOOTP: what it asks for is an address for ever.
				return this.#assign(message, {mac, wanted: undefined, reply: undefined})
			case type.discover:
				return this.#assign(message, {mac, wanted: request.requested, reply: type.offer})
			case type.request:
				if (isOurs) this.#confirm(message, {mac, wanted: request.requested ?? nonZero(present)})
				return
			case type.inform:
				return this.#reply(message, {type: type.acknowledge, address: anyAddress, to: present, mac})
			case type.release:
			case type.decline:
				// The address stays its client's: there are enough, and it may well come back.
				return
			default:
				this.#drops.count('bad-dhcp')
		}
	}

	#assign(
		message: Uint8Array,
		{mac, wanted, reply}: Readonly<{mac: Mac; wanted: Address | undefined; reply: number | undefined}>,
	): void {
		const index = this.#placeOf(mac, wanted) ?? this.#placeOf(mac, undefined)
		if (index === undefined) return this.#drops.count('too-many-connections')
		this.#clients[index] = mac
		this.#reply(message, {type: reply, address: this.#addressAt(index), mac})
	}

	#confirm(message: Uint8Array, {mac, wanted}: Readonly<{mac: Mac; wanted: Address | undefined}>): void {
		if (!wanted) return this.#assign(message, {mac, wanted: undefined, reply: type.acknowledge})
		const index = this.#placeOf(mac, wanted)
		if (index === undefined) return this.#reply(message, {type: type.refuse, address: anyAddress, mac})
		this.#clients[index] = mac
		this.#reply(message, {type: type.acknowledge, address: this.#addressAt(index), mac})
	}

	/** @returns the index of the wanted address if the client may have it, or of its own, or of a free one. */
	#placeOf(mac: Mac, wanted: Address | undefined): number | undefined {
		const isFree = (index: number) => !this.#clients[index] || sameBytes(this.#clients[index], mac)
		if (wanted) {
			const index = addressNumber(wanted) - addressNumber(this.#settings.dhcpStart)
			return index >= 0 && index < mostClients && isFree(index) ? index : undefined
		}
		const own = this.#clients.findIndex((client) => client && sameBytes(client, mac))
		const index = own >= 0 ? own : this.#clients.indexOf(undefined)
		return index < 0 ? undefined : index
	}

	#addressAt(index: number): Address {
		return addressOf(addressNumber(this.#settings.dhcpStart) + index)
	}

	#reply(
		message: Uint8Array,
		{
			type: replyType,
			address,
			mac,
			to = broadcastAddress,
		}: Readonly<{type: number | undefined; address: Address; mac: Mac; to?: Address}>,
	): void {
		const {gateway} = this.#settings
		const isRefusal = replyType === type.refuse
		const hasAddress = address !== anyAddress
		if (hasAddress) this.#learn(address, mac)
		const options = [
			...(replyType === undefined ? [] : [option.type, 1, replyType, option.server, 4, ...gateway]),
			...(isRefusal ? textOption(option.message, 'requested address not available') : this.#options(hasAddress)),
			option.end,
		]
		const reply = new Uint8Array(Math.max(smallestReply, headerBytes + 4 + options.length))
		reply[0] = 2
		reply[1] = 1
		reply[2] = 6
		reply.set(message.subarray(4, 8), 4) // the transaction
		reply.set(message.subarray(10, 16), 10) // flags, the client's present address
		reply.set(address, 16)
		if (!isRefusal) reply.set(gateway, 20)
		reply.set(message.subarray(28, 44), 28)
		write32(reply, headerBytes, cookie)
		reply.set(options, headerBytes + 4)
		this.#output.sendUdp(pathTo(to === broadcastAddress ? broadcastMac : mac, {source: gateway, destination: to}), {
			sourcePort: dhcpPort.server,
			destinationPort: dhcpPort.client,
			data: reply,
		})
	}

	#options(hasLease: boolean): number[] {
		const {gateway, dns, networkBits, hostname, domainName, isRestricted, mtu} = this.#settings
		const lease = new Uint8Array(4)
		write32(lease, 0, leaseSeconds)
		const mtuBytes = new Uint8Array(2)
		write16(mtuBytes, 0, mtu)
		return [
			...[option.mask, 4, ...maskOf(networkBits)],
			...(isRestricted ? [] : [option.router, 4, ...gateway, option.dns, 4, ...dns]),
			...(hasLease ? [option.lease, 4, ...lease] : []),
			...(hostname ? textOption(option.hostname, hostname) : []),
			...(domainName ? textOption(option.domainName, domainName) : []),
			...(mtu === defaultMtu ? [] : [option.mtu, 2, ...mtuBytes]),
		]
	}
}

const nonZero = (address: Address): Address | undefined => (sameBytes(address, anyAddress) ? undefined : address)

function textOption(code: number, text: string): number[] {
	const bytes = new TextEncoder().encode(text).subarray(0, 255)
	return [code, bytes.length, ...bytes]
}

/** An option that lies about its length ends the list. */
function parseOptions(message: Uint8Array): Request {
	const request: Request = {type: 0, requested: undefined, server: undefined}
	if (message.length < headerBytes + 4 || read32(message, headerBytes) !== cookie) return request
	for (let at = headerBytes + 4; at < message.length; ) {
		const code = message[at]!
		if (code === option.end) break
		if (code === option.pad) {
			at++
			continue
		}
		const length = message[at + 1] ?? Infinity
		const value = at + 2
		if (value + length > message.length) break
		if (code === option.type && length >= 1) request.type = message[value]!
		if (code === option.requestedAddress && length >= 4) request.requested = message.slice(value, value + 4)
		if (code === option.server && length >= 4) request.server = message.slice(value, value + 4)
		at = value + length
	}
	return request
}
