/** A split virtqueue in guest RAM, as a device sees it. Nothing in guest RAM is trusted. */
import {type Gpa, type GuestRam, type SharedMemory, sharedStruct} from '../memory/index.ts'
import {StateWords} from './state-words.ts'

// Layout: virtio 1.2, 2.7 "Split Virtqueues".
const Descriptor = sharedStruct({address: 'i64', length: 'i32', flags: 'i16', next: 'i16'})
const DescriptorFlag = {next: 1, write: 2, indirect: 4} as const
const Available = sharedStruct({flags: 'i16', index: 'i16'})
const availableNoInterrupt = 1
const Used = sharedStruct({flags: 'i16', index: 'i16'})
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
})

export type QueueField = keyof typeof QueueState.offset

/** One buffer of a chain; it was checked to lie in guest RAM. */
export type Buffer = Readonly<{gpa: Gpa; length: number; access: 'device-reads' | 'device-writes'}>
export type Chain = Readonly<{head: number; buffers: readonly Buffer[]}>
/** `broken`: the driver's rings are invalid, and the device needs a reset. */
export type Next = Readonly<{kind: 'chain'; chain: Chain}> | Readonly<{kind: 'empty'}> | Broken
export type Broken = Readonly<{kind: 'broken'; reason: string}>

export class Virtqueue {
	readonly ram: GuestRam
	readonly #state: StateWords

	/** @param options.state the offset of the QueueState in shared memory, bytes. */
	constructor(memory: SharedMemory, options: {ram: GuestRam; state: number}) {
		this.ram = options.ram
		this.#state = new StateWords(memory, options.state)
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
		const available = descriptors + Descriptor.size * size
		// The available ring ends with a field of two bytes, used_event.
		const used = Math.ceil((available + Available.size + 2 * size + 2) / align) * align
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
			{name: 'descriptor table', gpa: this.#descriptors, align: 16, length: Descriptor.size * size},
			{name: 'available ring', gpa: this.#available, align: 2, length: Available.size + 2 * size + 2},
			{name: 'used ring', gpa: this.#usedRing, align: 4, length: Used.size + UsedElement.size * size + 2},
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
		// Acquire: ordered before the reads of ring and descriptors. Pairs with the driver's barrier before its store.
		const available = Atomics.load(this.ram.memory.u16, this.#u16(this.#available + Available.offset.index))
		const waiting = (available - taken) & 0xffff
		if (waiting === 0) return {kind: 'empty'}
		if (waiting > this.get('size'))
			return broken(`the available index is ${waiting} ahead of ${this.get('size')} entries`)
		const entry = this.#available + Available.size + 2 * (taken % this.get('size'))
		const chain = this.#walk(this.#load16(entry))
		if (chain.kind === 'chain') this.set('taken', (taken + 1) & 0xffff)
		return chain
	}

	/** Returns a chain to the driver. @param written bytes that the device wrote into it. */
	giveBack(chain: Chain, written: number): void {
		const used = this.get('used')
		const element = this.#usedRing + Used.size + UsedElement.size * (used % this.get('size'))
		const {u32, u16} = this.ram.memory
		// Plain: ordered before the store of the index below; the driver reads no element behind the index.
		u32[this.ram.ramOffset(element + UsedElement.offset.id, 4) >>> 2] = chain.head
		u32[this.ram.ramOffset(element + UsedElement.offset.length, 4) >>> 2] = written
		this.ram.written(element, UsedElement.size)
		this.set('used', (used + 1) & 0xffff)
		// Publish: element and buffers are ordered before it. Pairs with the driver's barrier after it loads the index.
		Atomics.store(u16, this.#u16(this.#usedRing + Used.offset.index), (used + 1) & 0xffff)
		this.ram.written(this.#usedRing, Used.size)
	}

	wantsInterrupt(): boolean {
		// Ordered after the store of the used index. Pairs with the driver, which changes the flags and then loads that
		// index (virtio 1.2, 2.7.7.1).
		return !(
			Atomics.load(this.ram.memory.u16, this.#u16(this.#available + Available.offset.flags)) & availableNoInterrupt
		)
	}

	#walk(head: number): Next {
		const size = this.get('size')
		const buffers: Buffer[] = []
		let index = head
		while (buffers.length < size) {
			if (index >= size) return broken(`descriptor ${index} is outside a table of ${size}`)
			const at = this.#descriptors + Descriptor.size * index
			const {address} = Descriptor.offset
			const gpa = this.#load32(at + address) + this.#load32(at + address + 4) * 0x1_0000_0000
			const length = this.#load32(at + Descriptor.offset.length)
			const flags = this.#load16(at + Descriptor.offset.flags)
			if (flags & DescriptorFlag.indirect) return broken(`descriptor ${index} is indirect, which was not negotiated`)
			if (!this.ram.contains(gpa, length)) return broken(`descriptor ${index} points outside guest RAM`)
			buffers.push({gpa, length, access: flags & DescriptorFlag.write ? 'device-writes' : 'device-reads'})
			if (!(flags & DescriptorFlag.next)) return {kind: 'chain', chain: {head, buffers}}
			index = this.#load16(at + Descriptor.offset.next)
		}
		return broken(`the chain of descriptor ${head} has more than ${size} descriptors`)
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

	/** Plain: ordered by the load of the available index. */
	#load16(gpa: Gpa): number {
		return this.ram.memory.u16[this.#u16(gpa)] as number
	}

	/** Plain: ordered by the load of the available index. */
	#load32(gpa: Gpa): number {
		return this.ram.memory.u32[this.ram.ramOffset(gpa, 4) >>> 2] as number
	}
}

function broken(reason: string): Broken {
	return {kind: 'broken', reason}
}
