/** ARP (RFC 826): answers for our own addresses, and asks for the guest's, which forwards need. */
import {type Address, broadcastMac, isHostAddress, type Mac} from './address.ts'
import {read16, sameBytes, write16} from './bytes.ts'
import type {Clock, Timer} from './clock.ts'
import type {Drops} from './drops.ts'
import {ethernetBytes, etherType, writeEthernet} from './ip.ts'
import type {Wire} from './wire.ts'

const arpBytes = 28
const request = 1
const reply = 2
const mostNeighbours = 16
/** A guest that boots may take this long; libslirp waits as long as the host's peer does. */
const interval = 1_000
const mostRequests = 60
const mostWaiting = 256

type Waiter = (mac: Mac | undefined) => void
type Question = {waiters: Waiter[]; asked: number; timer: Timer}

/** Neighbours by their address, and those who wait for one. */
export class Neighbours {
	readonly #known = new Map<string, Mac>()
	readonly #questions = new Map<string, Question>()
	readonly #clock: Clock
	readonly #ask: (address: Address) => void
	#waiting = 0

	constructor({clock, ask}: Readonly<{clock: Clock; ask: (address: Address) => void}>) {
		this.#clock = clock
		this.#ask = ask
	}

	learn(address: Address, mac: Mac): void {
		if ((mac[0]! & 1) !== 0 || !isHostAddress(address)) return
		const key = address.join('.')
		const known = this.#known.get(key)
		if (known && sameBytes(known, mac)) return
		this.#known.delete(key)
		if (this.#known.size >= mostNeighbours) this.#known.delete(this.#known.keys().next().value!)
		const copy = mac.slice()
		this.#known.set(key, copy)
		this.#answer(key, copy)
	}

	/** Calls back with the neighbour's address, now or when it answers; with undefined if it never does. */
	find(address: Address, waiter: Waiter): void {
		const key = address.join('.')
		const known = this.#known.get(key)
		if (known) return waiter(known)
		if (this.#waiting >= mostWaiting) return waiter(undefined)
		this.#waiting++
		const question = this.#questions.get(key)
		if (question) {
			question.waiters.push(waiter)
			return
		}
		this.#ask(address)
		const asked: Question = {waiters: [waiter], asked: 1, timer: {cancel: () => {}}}
		this.#questions.set(key, asked)
		this.#repeat(asked, {key, address: address.slice()})
	}

	/** All who wait are told that nobody answers. */
	close(): void {
		for (const key of [...this.#questions.keys()]) this.#answer(key, undefined)
	}

	#repeat(question: Question, {key, address}: Readonly<{key: string; address: Address}>): void {
		question.timer = this.#clock.after(interval, () => {
			if (question.asked++ >= mostRequests) return this.#answer(key, undefined)
			this.#ask(address)
			this.#repeat(question, {key, address})
		})
	}

	#answer(key: string, mac: Mac | undefined): void {
		const question = this.#questions.get(key)
		if (!question) return
		question.timer.cancel()
		this.#questions.delete(key)
		this.#waiting -= question.waiters.length
		for (const waiter of question.waiters) waiter(mac)
	}
}

export class Arp {
	readonly #wire: Wire
	readonly #drops: Drops
	readonly #neighbours: Neighbours
	readonly #gateway: Address
	readonly #mac: Mac
	readonly #ours: (address: Address) => boolean

	constructor({
		wire,
		drops,
		neighbours,
		gateway,
		mac,
		ours,
	}: Readonly<{
		wire: Wire
		drops: Drops
		neighbours: Neighbours
		gateway: Address
		mac: Mac
		ours: (address: Address) => boolean
	}>) {
		this.#wire = wire
		this.#drops = drops
		this.#neighbours = neighbours
		this.#gateway = gateway
		this.#mac = mac
		this.#ours = ours
	}

	receive(frame: Uint8Array): void {
		const at = ethernetBytes
		if (frame.length < at + arpBytes || read16(frame, at) !== 1 || read16(frame, at + 2) !== etherType.ipv4)
			return this.#drops.count('bad-arp')
		if (frame[at + 4] !== 6 || frame[at + 5] !== 4) return this.#drops.count('bad-arp')
		const mac = frame.subarray(at + 8, at + 14)
		const sender = frame.subarray(at + 14, at + 18)
		const target = frame.subarray(at + 24, at + 28)
		if (!this.#ours(sender)) this.#neighbours.learn(sender, mac)
		if (read16(frame, at + 6) !== request || !this.#ours(target)) return
		this.#send({operation: reply, source: target.slice(), mac: mac.slice(), target: sender.slice()})
	}

	ask(target: Address): void {
		this.#send({operation: request, source: this.#gateway, mac: broadcastMac, target})
	}

	#send({
		operation,
		source,
		mac,
		target,
	}: Readonly<{operation: number; source: Address; mac: Mac; target: Address}>): void {
		const {frame} = this.#wire
		const at = ethernetBytes
		writeEthernet(frame, {to: mac, from: this.#mac, type: etherType.arp})
		write16(frame, at, 1)
		write16(frame, at + 2, etherType.ipv4)
		frame[at + 4] = 6
		frame[at + 5] = 4
		write16(frame, at + 6, operation)
		frame.set(this.#mac, at + 8)
		frame.set(source, at + 14)
		if (operation === reply) frame.set(mac, at + 18)
		else frame.fill(0, at + 18, at + 24)
		frame.set(target, at + 24)
		this.#wire.post(at + arpBytes)
	}
}
