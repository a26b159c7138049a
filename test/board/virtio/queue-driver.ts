/** A driver of one queue of a device, with rings in guest RAM, for tests. */
import {type Board, type ServedDevice, virtioSlot} from '../../../src/board/index.ts'
import {GuestRam, ramBase, type SharedMemory} from '../../../src/memory/index.ts'

const Register = {
	deviceId: 0x08,
	deviceFeatures: 0x10,
	deviceFeaturesSelect: 0x14,
	driverFeatures: 0x20,
	driverFeaturesSelect: 0x24,
	queueSelect: 0x30,
	queueSize: 0x38,
	queueReady: 0x44,
	queueNotify: 0x50,
	interruptStatus: 0x60,
	interruptAcknowledge: 0x64,
	status: 0x70,
	descriptors: 0x80,
	driver: 0x90,
	device: 0xa0,
	configGeneration: 0xfc,
} as const

export const Flag = {next: 1, write: 2, indirect: 4} as const
export const Feature = {indirect: 1 << 28, eventIndex: 1 << 29} as const
export const needsReset = 64

export type Descriptor = Readonly<{gpa: number; length: number; flags?: number; next?: number}>

/** A device for I/O worker 0. */
export function servedDevice(options: Partial<ServedDevice> = {}): ServedDevice {
	return {id: 2, queueCount: 1, features: Feature.eventIndex, config: new Uint8Array(8), worker: 0, ...options}
}

export type QueueDriver = ReturnType<typeof queueDriver>

/** @param options.at where the rings are; they and their neighbours take 12 KiB. */
export function queueDriver(
	{board, memory}: {board: Board; memory: SharedMemory},
	{slot = 1, queue = 0, size = 8, at = ramBase}: {slot?: number; queue?: number; size?: number; at?: number} = {},
) {
	const {base} = virtioSlot(slot)
	const ram = new GuestRam(memory)
	const bytes = ram.bytes(ramBase, ram.size)
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
	const [table, available, used] = [at, at + 0x1000, at + 0x2000].map((gpa) => gpa - ramBase) as [
		number,
		number,
		number,
	]
	const write = (register: keyof typeof Register, value: number) => board.bus.write(base + Register[register], 4, value)
	const read = (register: keyof typeof Register) => board.bus.read(base + Register[register], 4)
	let offered = 0
	return {
		view,
		ram,
		read,
		write,
		config: (offset: number, width: 1 | 2 | 4) => board.bus.read(base + 0x100 + offset, width),
		writeConfig: (offset: number, width: 1 | 2 | 4, value: number) =>
			board.bus.write(base + 0x100 + offset, width, value),
		setUp({features = 0}: {features?: number} = {}): void {
			write('status', 0)
			write('status', 3)
			write('driverFeaturesSelect', 0)
			write('driverFeatures', features)
			write('driverFeaturesSelect', 1)
			write('driverFeatures', 1)
			write('status', 11)
			write('queueSelect', queue)
			write('queueSize', size)
			for (const [register, offset] of [
				['descriptors', table],
				['driver', available],
				['device', used],
			] as const) {
				board.bus.write(base + Register[register], 4, ramBase + offset)
				board.bus.write(base + Register[register] + 4, 4, 0)
			}
			for (const ring of [available, used]) bytes.fill(0, ring, ring + 0x1000)
			offered = 0
			write('queueReady', 1)
			write('status', 15)
		},
		describe(index: number, {gpa, length, flags = 0, next = 0}: Descriptor, inTable = table + ramBase): void {
			const entry = inTable - ramBase + index * 16
			view.setBigUint64(entry, BigInt(gpa), true)
			view.setUint32(entry + 8, length, true)
			view.setUint16(entry + 12, flags, true)
			view.setUint16(entry + 14, next, true)
		},
		/** Descriptors in a row, from `first`, each with the next. */
		describeChain(first: number, descriptors: readonly Descriptor[], inTable?: number): void {
			for (const [index, {flags = 0, ...rest}] of descriptors.entries()) {
				const isLast = index === descriptors.length - 1
				const next = first + index + 1
				this.describe(first + index, {...rest, flags: flags | (isLast ? 0 : Flag.next), next}, inTable)
			}
		},
		/** Makes chains available, without a notification. */
		offer(...heads: readonly number[]): void {
			for (const head of heads) view.setUint16(available + 4 + (offered++ % size) * 2, head, true)
			view.setUint16(available + 2, offered & 0xffff, true)
		},
		notify: () => write('queueNotify', queue),
		usedIndex: () => view.getUint16(used + 2, true),
		usedElement: (index: number) => ({
			id: view.getUint32(used + 4 + (index % size) * 8, true),
			length: view.getUint32(used + 8 + (index % size) * 8, true),
		}),
		/** The used index of which the driver wants to be told. */
		setUsedEvent: (index: number) => view.setUint16(available + 4 + 2 * size, index, true),
		availableEvent: () => view.getUint16(used + 4 + 8 * size, true),
	}
}
