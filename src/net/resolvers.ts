/** The host's resolvers behind the guest's one: the first that answers is kept. */
import type {Clock} from './clock.ts'
import type {HostEndpoint, HostNetwork} from './host.ts'

/** The host's configuration is read anew at most so often, in milliseconds. */
const freshness = 1_000

export class Resolvers {
	readonly #host: HostNetwork
	readonly #clock: Clock
	#servers: readonly HostEndpoint[] = []
	#readAt = -Infinity
	#preferred = 0

	constructor({host, clock}: Readonly<{host: HostNetwork; clock: Clock}>) {
		this.#host = host
		this.#clock = clock
	}

	/** All, the preferred first. */
	list(): readonly HostEndpoint[] {
		const now = this.#clock.now()
		if (now - this.#readAt >= freshness) {
			this.#readAt = now
			// One that stays is the same object as before: flows and avoid() know it by that.
			this.#servers = this.#host
				.nameServers()
				.slice(0, 8)
				.map((server) => this.#servers.find((known) => isSame(known, server)) ?? server)
		}
		const first = this.#preferred % Math.max(1, this.#servers.length)
		return [...this.#servers.slice(first), ...this.#servers.slice(0, first)]
	}

	/** This one did not answer: another is first from now on. */
	avoid(server: HostEndpoint): void {
		const index = this.#servers.indexOf(server)
		if (index >= 0 && this.#preferred % this.#servers.length === index) this.#preferred = index + 1
	}
}

function isSame(one: HostEndpoint, other: HostEndpoint): boolean {
	return one.address === other.address && one.port === other.port
}

const headerBytes = 12
const serverFailure = 2

/** @returns the answer to a query where there is no resolver to ask; undefined if it is no query. */
export function failureAnswer(query: Uint8Array): Uint8Array | undefined {
	if (query.length < headerBytes || query[2]! & 0x80) return
	const answer = query.slice(0, headerBytes)
	answer[2] = (query[2]! & 0x79) | 0x80 // a response; operation and recursion-desired as asked
	answer[3] = serverFailure
	answer.fill(0, 4) // no question is repeated, none answered
	return answer
}
