/** Puts fragments together, a bounded number at a time (RFC 815). Packets whose fragments overlap are thrown away (RFC 5722). */
import type {Clock} from './clock.ts'
import type {DropReason} from './drops.ts'
import type {Packet} from './ip.ts'

const mostPackets = 16
const mostFragments = 128
const mostBytes = 65_535
const longestWait = 30_000

type Fragment = Readonly<{from: number; to: number; bytes: Uint8Array}>

type Partial = {
	readonly since: number
	/** The IP header of the first fragment. */
	header: Uint8Array | undefined
	readonly fragments: Fragment[]
	received: number
	/** Bytes of the whole, known with the last fragment. */
	total: number | undefined
}

export type FragmentPlace = Readonly<{identification: number; offset: number; isLast: boolean}>

export class Reassembly {
	readonly #clock: Clock
	/** By protocol, identification and addresses; in order of their first fragments. */
	readonly #partials = new Map<string, Partial>()

	constructor(clock: Clock) {
		this.#clock = clock
	}

	get pending(): number {
		return this.#partials.size
	}

	/** @returns the whole packet, from its IP header on; or that more is awaited; or why the fragment is thrown away. */
	take(packet: Packet, place: FragmentPlace): Readonly<{bytes: Uint8Array; payload: number}> | DropReason | 'waits' {
		const {bytes, payload, end} = packet
		const length = end - payload
		const to = place.offset + length
		if (length === 0 || to > mostBytes || (!place.isLast && length % 8 !== 0)) return 'bad-fragment'
		const key = `${packet.protocol} ${place.identification} ${packet.source} ${packet.destination}`
		this.#expire()
		let partial = this.#partials.get(key)
		if (!partial) {
			if (this.#partials.size >= mostPackets) return 'too-many-fragments'
			partial = {since: this.#clock.now(), header: undefined, fragments: [], received: 0, total: undefined}
			this.#partials.set(key, partial)
		}
		if (partial.fragments.some(({from, to: end_}) => from === place.offset && end_ === to)) return 'waits'
		if (!this.#fits(partial, {from: place.offset, to, isLast: place.isLast})) {
			this.#partials.delete(key)
			return 'bad-fragment'
		}
		partial.fragments.push({from: place.offset, to, bytes: bytes.slice(payload, end)})
		partial.received += length
		if (place.isLast) partial.total = to
		if (place.offset === 0) partial.header = bytes.slice(packet.start, payload)
		if (partial.received !== partial.total) return 'waits'
		this.#partials.delete(key)
		return join(partial)
	}

	#fits(partial: Partial, {from, to, isLast}: Readonly<{from: number; to: number; isLast: boolean}>): boolean {
		if (partial.fragments.length >= mostFragments) return false
		if (partial.total !== undefined && (isLast || to > partial.total)) return false
		return partial.fragments.every((other) => (to <= other.from || from >= other.to) && (!isLast || other.to <= to))
	}

	#expire(): void {
		const now = this.#clock.now()
		for (const [key, {since}] of this.#partials) {
			if (now - since < longestWait) return
			this.#partials.delete(key)
		}
	}
}

function join({header, fragments, total}: Partial): Readonly<{bytes: Uint8Array; payload: number}> {
	const payload = header!.length
	const bytes = new Uint8Array(payload + total!)
	bytes.set(header!)
	for (const {from, bytes: piece} of fragments) bytes.set(piece, payload + from)
	return {bytes, payload}
}
