/** TCP from the host to the guest, through forwarded ports. */
import type {Neighbours} from './arp.ts'
import type {HostEndpoint, HostListener, HostNetwork, HostStream, StreamEvents} from './host.ts'
import {pathTo} from './ip.ts'
import type {Forward, UserNetworkSettings} from './settings.ts'
import type {TcpRelays} from './tcp-relays.ts'
import {seenFrom} from './udp-forwards.ts'

const firstFreePort = 49_152
const portTries = 64

export class TcpForwards {
	readonly #host: HostNetwork
	readonly #relays: TcpRelays
	readonly #neighbours: Neighbours
	readonly #settings: UserNetworkSettings
	readonly #listeners: HostListener[] = []
	readonly #random: () => number

	constructor({
		host,
		relays,
		neighbours,
		settings,
		random,
	}: Readonly<{
		host: HostNetwork
		relays: TcpRelays
		neighbours: Neighbours
		settings: UserNetworkSettings
		random: () => number
	}>) {
		this.#host = host
		this.#relays = relays
		this.#neighbours = neighbours
		this.#settings = settings
		this.#random = random
	}

	/** @throws UserError if the port is taken. */
	async open(forward: Forward): Promise<HostEndpoint> {
		const listener = await this.#host.listen(forward.host, (from, begin) => this.#accept(forward, {from, begin}))
		this.#listeners.push(listener)
		return listener.bound
	}

	close(): void {
		for (const listener of this.#listeners) listener.close()
		this.#listeners.length = 0
	}

	#accept(
		{guest}: Forward,
		{from, begin}: Readonly<{from: HostEndpoint; begin: (events: StreamEvents) => HostStream}>,
	): void {
		const destination = guest.address ?? this.#settings.dhcpStart
		const source = seenFrom(from, this.#settings)
		this.#neighbours.find(destination, (mac) => {
			if (mac) {
				const path = pathTo(mac, {source, destination})
				let port = from.port
				// Two peers may have the same port on different addresses of this host.
				for (let tries = 0; tries < portTries; tries++) {
					if (this.#relays.open(path, {port, guestPort: guest.port, begin})) return
					port = firstFreePort + (this.#random() % (65_536 - firstFreePort))
				}
			}
			begin(ignoreEvents).reset()
		})
	}
}

const ignoreEvents: StreamEvents = {connected() {}, data() {}, drained() {}, ended() {}, failed() {}}
