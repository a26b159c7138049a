/** virtio-net: frames between the queues and a network. virtio 1.2, 5.1.6 "Device Operation". */
import type {ChainBuffer, ServedQueues, Taken} from '../board/index.ts'
import type {GuestRam} from '../memory/index.ts'
import {type FrameOffload, type LinkOffloads, largestFrame, noOffloads} from '../net/index.ts'
import {GuestBuffers} from './guest-buffers.ts'
import {NetFeature, NetQueue} from './net-config.ts'

/** What is behind the device. */
export type Network = Readonly<{
	/** Takes a frame, before it returns. @param isTrusted its checksums are the driver's promise. */
	receive(frame: Uint8Array, isTrusted: boolean): void
	/** The driver has made buffers available. */
	ready(): void
	close(): void
}>

/** The link as the network sees it. */
export type DeviceLink = Readonly<{
	send(frame: Uint8Array, offload: FrameOffload | undefined): boolean
	offloads(family: 4 | 6): LinkOffloads
}>

// The header before each frame: virtio 1.2, 5.1.6. The last field, the number of chains, is not there for drivers of the legacy
// interface that do not merge buffers.
const headerBytes = 12
const legacyHeaderBytes = 10
const needsChecksum = 1
const SegmentKind = {none: 0, tcp4: 1, tcp6: 4} as const
/** Chains that are served before others get their turn. */
const turnChains = 128

type Held = Readonly<{taken: Taken; buffers: GuestBuffers}>

export class NetServer {
	readonly #queues: ServedQueues
	readonly #ram: GuestRam
	readonly #network: Network
	readonly #frame = new Uint8Array(headerBytes + largestFrame)
	readonly #header = new Uint8Array(headerBytes)
	readonly #headerView = new DataView(this.#header.buffer)
	/** Chains for received frames that were taken, but not filled: together they were too short. */
	#held: Held[] = []
	#heldBytes = 0
	#isTurnDue = false
	#isClosed = false

	/** @param connect makes the network that sends by this link. */
	constructor({
		queues,
		ram,
		connect,
	}: Readonly<{queues: ServedQueues; ram: GuestRam; connect: (link: DeviceLink) => Network}>) {
		this.#queues = queues
		this.#ram = ram
		this.#network = connect({
			send: (frame, offload) => this.#send(frame, offload),
			offloads: (family) => this.#offloads(family),
		})
	}

	/** Sockets and timers need the thread's event loop at any time. */
	readonly isBusy = true

	/** Looks at the queues that were notified. */
	serve(): void {
		const notified = this.#queues.notified()
		if (notified & (1 << NetQueue.transmit)) this.#transmit()
		if (notified & (1 << NetQueue.receive)) this.#network.ready()
	}

	async close(): Promise<void> {
		this.#isClosed = true
		this.#network.close()
	}

	#transmit(): void {
		for (let count = 0; count < turnChains && !this.#isClosed; count++) {
			const taken = this.#queues.take(NetQueue.transmit)
			if (!taken) return
			if (!this.#transmitChain(taken)) return
		}
		if (this.#isTurnDue || this.#isClosed) return
		// Sockets, timers and the other queue come between.
		this.#isTurnDue = true
		setImmediate(() => {
			this.#isTurnDue = false
			this.#transmit()
		})
	}

	/** @returns false if the driver does not keep to the protocol. */
	#transmitChain(taken: Taken): boolean {
		const buffers = this.#buffersOf(taken, 'device-reads')
		const header = this.#headerBytes
		const {length} = buffers
		if (length < header) {
			this.#queues.fail(taken)
			return false
		}
		const isTaken =
			length <= this.#frame.length && this.#queues.access(taken, () => buffers.read(0, this.#frame.subarray(0, length)))
		const isTrusted = (this.#frame[0]! & needsChecksum) !== 0
		this.#queues.complete(taken, 0)
		if (isTaken) this.#network.receive(this.#frame.subarray(header, length), isTrusted)
		return true
	}

	#send(frame: Uint8Array, offload: FrameOffload | undefined): boolean {
		const {accepted} = this.#queues.features()
		const isMerging = (accepted & NetFeature.mergedBuffers) !== 0
		const header = this.#headerBytes
		const length = header + frame.length
		this.#forgetVoid()
		while (this.#heldBytes < length && (isMerging || this.#held.length === 0)) {
			const taken = this.#queues.take(NetQueue.receive)
			if (!taken) return false
			const buffers = this.#buffersOf(taken, 'device-writes')
			this.#held.push({taken, buffers})
			this.#heldBytes += buffers.length
		}
		// Longer than the only chain: lost, as in QEMU. So is one that a driver since reset had agreed to.
		if (this.#heldBytes < length || (offload && !(accepted & NetFeature.guestChecksum))) return true
		const chains = this.#takeHeld(length)
		this.#writeHeader(frame, {offload, chains: chains.length})
		let from = -header
		let isVoid = false
		const filled = chains.map(({taken, buffers}) => {
			const to = Math.min(frame.length, from + buffers.length)
			const start = from
			const copied = this.#queues.access(taken, () => {
				if (start < 0) buffers.write(0, this.#header.subarray(0, header))
				const at = Math.max(0, start)
				buffers.write(at - start, frame.subarray(at, to))
			})
			if (!copied) isVoid = true
			from = to
			return {taken, written: to - start}
		})
		// The driver was reset meanwhile: whatever else is held is of the same age. What is not void has no header: it holds no frame.
		if (isVoid) this.#forgetHeld()
		this.#queues.completeAll(isVoid ? filled.map(({taken}) => ({taken, written: 0})) : filled)
		return true
	}

	/** The first chains that hold so many bytes. */
	#takeHeld(length: number): Held[] {
		let bytes = 0
		let count = 0
		while (bytes < length) bytes += this.#held[count++]!.buffers.length
		this.#heldBytes -= bytes
		return this.#held.splice(0, count)
	}

	/** Chains that were held when the driver was reset. */
	#forgetVoid(): void {
		const [first] = this.#held
		if (first && !this.#queues.access(first.taken, () => {})) this.#forgetHeld()
	}

	#forgetHeld(): void {
		this.#held = []
		this.#heldBytes = 0
	}

	#writeHeader(
		frame: Uint8Array,
		{offload, chains}: Readonly<{offload: FrameOffload | undefined; chains: number}>,
	): void {
		const view = this.#headerView
		this.#header.fill(0)
		if (offload) {
			view.setUint8(0, needsChecksum)
			view.setUint16(6, offload.checksumStart, true)
			view.setUint16(8, offload.checksumOffset, true)
			if (offload.segmentBytes > 0) {
				const isVersion6 = frame[12] === 0x86
				view.setUint8(1, isVersion6 ? SegmentKind.tcp6 : SegmentKind.tcp4)
				view.setUint16(2, offload.headerBytes, true)
				view.setUint16(4, offload.segmentBytes, true)
			}
		}
		view.setUint16(10, chains, true)
	}

	#offloads(family: 4 | 6): LinkOffloads {
		const {accepted} = this.#queues.features()
		const leavesChecksums = (accepted & NetFeature.guestChecksum) !== 0
		if (!leavesChecksums) return noOffloads
		const cut = family === 4 ? NetFeature.guestTso4 : NetFeature.guestTso6
		return {leavesChecksums, cutsSegments: (accepted & cut) !== 0}
	}

	get #headerBytes(): number {
		const {accepted, isLegacy} = this.#queues.features()
		return isLegacy && !(accepted & NetFeature.mergedBuffers) ? legacyHeaderBytes : headerBytes
	}

	#buffersOf(taken: Taken, access: ChainBuffer['access']): GuestBuffers {
		return new GuestBuffers(
			this.#ram,
			taken.chain.buffers.filter((buffer) => buffer.access === access),
		)
	}
}
