/** A split virtqueue in guest RAM, as a device sees it. Nothing in guest RAM is trusted. */
import {type Gpa, type GuestRam, type SharedMemory, sharedStruct} from '../../memory/index.ts'
import {StateWords} from '../state-words.ts'
import {type Broken, broken, type ChainLimits, type DescriptorTable, type Next, walkChain} from './chain.ts'
import {RingFeature} from './virtio-features.ts'

// Layout: virtio 1.2, 2.7 "Split Virtqueues".
const descriptorBytes = 16
/** The same for both rings. The entries follow, and then a field of two bytes, used_event or avail_event. */
const Ring = sharedStruct({flags: 'i16', index: 'i16'})
const availableNoInterrupt = 1
const availableEntryBytes = 2
const UsedElement = sharedStruct({id: 'i32', length: 'i32'})

/** The driver's configuration of one queue, and the device's progress in it. Accessed under the device's lock. */
export const QueueState = sharedStruct({
	size: 'i32',
	ready: 'i32',
	descriptorLow: 'i32',
	descriptorHigh: 'i32',
	driverLow: 'i32',
	driverHigh: 'i32',
	deviceLow: 'i32',
	deviceHigh: 'i32',
	/** Of the legacy interface: where the rings lie, in pages of the driver's choice, and how the used ring is aligned. */
	pageFrame: 'i32',
	align: 'i32',
	/** Entries of the available ring taken, and entries of the used ring returned; modulo 2^16. */
	taken: 'i32',
	used: 'i32',
	/** `used` when wantsInterrupt() was last asked. */
	announced: 'i32',
})

export type QueueField = keyof typeof QueueState.offset

export class Virtqueue {
	readonly ram: GuestRam
	readonly #state: StateWords
	readonly #features: () => number

	/**
	 * @param options.state the offset of the QueueState in shared memory, bytes.
	 * @param options.features RingFeature bits that the driver has accepted.
	 */
	constructor(memory: SharedMemory, options: {ram: GuestRam; state: number; features: () => number}) {
		this.ram = options.ram
		this.#state = new StateWords(memory, options.state)
		this.#features = options.features
	}

	get(field: QueueField): number {
		return this.#state.get(QueueState.offset[field])
	}

	set(field: QueueField, value: number): void {
		this.#state.set(QueueState.offset[field], value)
	}

	/** Sets the addresses of the rings as the legacy interface lays them out. virtio 1.2, 2.7.2 "Legacy Interfaces: A Note on Virtqueue Layout". */
	layOutLegacy(pageBytes: number): void {
		const size = this.get('size')
		const align = this.get('align') || 1
		const descriptors = this.get('pageFrame') * (pageBytes || 1)
		const available = descriptors + descriptorBytes * size
		const used = Math.ceil((available + availableBytes(size)) / align) * align
		this.#setAddress('descriptor', descriptors)
		this.#setAddress('driver', available)
		this.#setAddress('device', used)
	}

	#setAddress(area: 'descriptor' | 'driver' | 'device', gpa: Gpa): void {
		this.set(`${area}Low`, gpa % 2 ** 32)
		this.set(`${area}High`, Math.floor(gpa / 2 ** 32))
	}

	/** Checks the addresses of the rings. @returns undefined if all are aligned and in guest RAM. */
	fault(): Broken | undefined {
		const size = this.get('size')
		const areas = [
			{name: 'descriptor table', gpa: this.#descriptors, align: 16, length: descriptorBytes * size},
			{name: 'available ring', gpa: this.#available, align: 2, length: availableBytes(size)},
			{name: 'used ring', gpa: this.#usedRing, align: 4, length: Ring.size + UsedElement.size * size + 2},
		]
		for (const {name, gpa, align, length} of areas) {
			if (gpa % align !== 0) return broken(`the ${name} is not aligned to ${align} bytes`)
			if (!this.ram.contains(gpa, length)) return broken(`the ${name} is not in guest RAM`)
		}
		return undefined
	}

	/** Takes the next chain that the driver made available. Only while fault() returns undefined. */
	next(): Next {
		const taken = this.get('taken')
		const size = this.get('size')
		const waiting = (this.#availableIndex() - taken) & 0xffff
		if (waiting === 0) return {kind: 'empty'}
		if (waiting > size) return broken(`the available index is ${waiting} ahead of ${size} entries`)
		// Plain: ordered by the load of the available index.
		const entry = this.#u16(this.#available + Ring.size + availableEntryBytes * (taken % size))
		const head = this.ram.memory.u16[entry] as number
		const table: DescriptorTable = {gpa: this.#descriptors, entries: size}
		const chain = walkChain(this.ram, {table, head, limits: this.#limits})
		if (chain.kind === 'chain') this.set('taken', (taken + 1) & 0xffff)
		return chain
	}

	/**
	 * Asks the driver to notify the device of the next chain. To be called when next() has found none.
	 * @returns whether one has come meanwhile, of which the driver may not notify.
	 */
	awaitMore(): boolean {
		if (!this.#has(RingFeature.eventIndex)) return false
		const taken = this.get('taken')
		const event = this.#usedRing + Ring.size + UsedElement.size * this.get('size')
		// Ordered before the look at the available index. Pairs with the driver, which makes a chain available and then reads
		// avail_event: one of both sees the other (virtio 1.2, 2.7.10).
		Atomics.store(this.ram.memory.u16, this.#u16(event), taken)
		return this.#availableIndex() !== taken
	}

	/** Returns a chain to the driver. @param written bytes that the device wrote into it. */
	giveBack({head}: {head: number}, written: number): void {
		this.#put(head, written)
		this.#publish()
	}

	/** Returns several chains, which the driver sees all at once. */
	giveBackAll(chains: readonly Readonly<{head: number; written: number}>[]): void {
		for (const {head, written} of chains) this.#put(head, written)
		this.#publish()
	}

	#put(head: number, written: number): void {
		const used = this.get('used')
		const element = this.#usedRing + Ring.size + UsedElement.size * (used % this.get('size'))
		const {u32} = this.ram.memory
		// Plain: the used index is stored after it. The driver reads no element behind the index.
		u32[this.ram.ramOffset(element + UsedElement.offset.id, 4) >>> 2] = head
		u32[this.ram.ramOffset(element + UsedElement.offset.length, 4) >>> 2] = written
		this.ram.written(element, UsedElement.size)
		this.set('used', (used + 1) & 0xffff)
	}

	#publish(): void {
		const {u16} = this.ram.memory
		// Publish: elements and buffers are ordered before it. Pairs with the driver's barrier after it loads the index.
		Atomics.store(u16, this.#u16(this.#usedRing + Ring.offset.index), this.get('used'))
		this.ram.written(this.#usedRing, Ring.size)
	}

	/** Whether the driver wants an interrupt for what was given back since the last call. */
	wantsInterrupt(): boolean {
		const [used, before] = [this.get('used'), this.get('announced')]
		this.set('announced', used)
		const {u16} = this.ram.memory
		if (this.#has(RingFeature.eventIndex)) {
			const at = this.#available + Ring.size + availableEntryBytes * this.get('size')
			// Ordered after the store of the used index. Pairs with the driver, which stores used_event and then loads that index
			// (virtio 1.2, 2.7.7.1).
			const event = Atomics.load(u16, this.#u16(at))
			return ((used - event - 1) & 0xffff) < ((used - before) & 0xffff)
		}
		// The same for the driver's flags.
		return !(Atomics.load(u16, this.#u16(this.#available + Ring.offset.flags)) & availableNoInterrupt)
	}

	#availableIndex(): number {
		// Acquire: ordered before the reads of ring and descriptors. Pairs with the driver's barrier before its store.
		return Atomics.load(this.ram.memory.u16, this.#u16(this.#available + Ring.offset.index))
	}

	#has(feature: number): boolean {
		return (this.#features() & feature) !== 0
	}

	get #limits(): ChainLimits {
		return {isIndirectAccepted: this.#has(RingFeature.indirect)}
	}

	get #descriptors(): Gpa {
		return this.get('descriptorLow') + this.get('descriptorHigh') * 0x1_0000_0000
	}

	get #available(): Gpa {
		return this.get('driverLow') + this.get('driverHigh') * 0x1_0000_0000
	}

	get #usedRing(): Gpa {
		return this.get('deviceLow') + this.get('deviceHigh') * 0x1_0000_0000
	}

	#u16(gpa: Gpa): number {
		// Not >>, which is signed: offsets reach 4 GiB.
		return this.ram.ramOffset(gpa, 2) >>> 1
	}
}

function availableBytes(size: number): number {
	return Ring.size + availableEntryBytes * size + 2
}
