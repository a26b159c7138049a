/** The bus: looks up the device at a guest-physical address. */
import {assert} from '../errors.ts'
import type {Gpa, WordPair} from '../memory/index.ts'
import type {DeviceLock} from './device-lock.ts'
import {amoResult} from './read-modify-write.ts'

export type AccessBytes = 1 | 2 | 4

export interface Device {
	readonly name: string
	readonly base: Gpa
	/** Bytes. */
	readonly size: number
	/** Narrower accesses fault. */
	readonly narrowest: AccessBytes
	/** Guards the registers, if they can be written one after the other. The bus holds it during an atomic operation. */
	readonly lock?: DeviceLock
	/** @param offset from `base`, a multiple of `bytes`. @returns the value, unsigned. From any vCPU's thread. */
	read(offset: number, bytes: AccessBytes): number
	/** @param value unsigned, already truncated to `bytes`. From any vCPU's thread. */
	write(offset: number, bytes: AccessBytes, value: number): void
	/** Reads 8 bytes as one value. A device without it is read as two words, the low one first. */
	readPair?(offset: number, into: WordPair): void
	/** The same for writes. */
	writePair?(offset: number, value: Readonly<WordPair>): void
}

/** Values are passed as two words, unsigned: 1, 2 and 4 bytes are the low one. */
export class Bus {
	readonly #devices: readonly Device[]
	/** The device of the last access, tried first: drivers poll. */
	#last: Device | undefined
	/** What was read last, and what is written; made once. */
	readonly #pair: WordPair = {low: 0, high: 0}
	readonly #written: WordPair = {low: 0, high: 0}

	constructor(devices: readonly Device[]) {
		this.#devices = devices.toSorted((left, right) => left.base - right.base)
		for (const [index, device] of this.#devices.entries()) {
			const next = this.#devices[index + 1]
			assert(!next || device.base + device.size <= next.base, `${device.name} and ${next?.name} do not overlap`)
		}
	}

	/** The high word of what the last read() or amo() of 8 bytes read. */
	get high(): number {
		return this.#pair.high
	}

	/** @returns the name of the device at a place, for reports. */
	nameAt(gpa: Gpa): string | undefined {
		return this.#devices.find(({base, size}) => gpa >= base && gpa < base + size)?.name
	}

	/** @param bytes 1, 2, 4 or 8. @returns the low word; −1 for an access fault. */
	read(gpa: Gpa, bytes: number): number {
		if (bytes === 8) return this.#readPair(gpa)
		const device = this.#find(gpa, bytes)
		return device ? device.read(gpa - device.base, bytes as AccessBytes) >>> 0 : -1
	}

	/** @param bytes 1, 2, 4 or 8. @returns 1 if a device took the write, 0 for an access fault. */
	write(gpa: Gpa, bytes: number, low: number, high = 0): 0 | 1 {
		if (bytes === 8) return this.#writePair(gpa, low >>> 0, high >>> 0)
		const device = this.#find(gpa, bytes)
		if (!device) return 0
		device.write(gpa - device.base, bytes as AccessBytes, bytes === 4 ? low >>> 0 : low & (bytes === 1 ? 0xff : 0xffff))
		return 1
	}

	/**
	 * Reads a register and writes what the AMO makes of it, with no other access of the device in between.
	 * @param bytes 4 or 8. @param access.operation an AMO's number in AtomicOperation. @returns the low word of the old
	 * value; −1 for an access fault.
	 */
	amo(gpa: Gpa, bytes: number, {operation, low, high}: {operation: number} & WordPair): number {
		return this.#atomically(gpa, () => {
			const old = {low: this.read(gpa, bytes), high: this.high}
			if (old.low < 0) return -1
			const result = amoResult(operation, {bytes, old, value: {low, high}})
			const written = this.write(gpa, bytes, result.low, result.high)
			this.#pair.high = old.high
			return written ? old.low : -1
		})
	}

	/**
	 * Writes a register if it holds the expected value, with no other access of the device in between.
	 * @param bytes 4 or 8. @param expected undefined: nothing is reserved. @returns 1 if written, 0 if not; −1 for an access
	 * fault.
	 */
	storeConditional(
		gpa: Gpa,
		bytes: number,
		{expected, value}: Readonly<{expected: WordPair | undefined; value: WordPair}>,
	): 0 | 1 | -1 {
		if (!expected) return this.#find(gpa, 4) ? 0 : -1
		return this.#atomically(gpa, () => {
			const low = this.read(gpa, bytes)
			if (low < 0) return -1
			if (low !== expected.low || (bytes === 8 && this.high !== expected.high)) return 0
			return this.write(gpa, bytes, value.low, value.high) || -1
		})
	}

	#readPair(gpa: Gpa): number {
		const device = this.#find(gpa, 8)
		if (device?.readPair) {
			device.readPair(gpa - device.base, this.#pair)
			return this.#pair.low
		}
		const low = device ? this.read(gpa, 4) : -1
		const high = low < 0 ? -1 : this.read(gpa + 4, 4)
		if (high < 0) return -1
		this.#pair.high = high
		return low
	}

	#writePair(gpa: Gpa, low: number, high: number): 0 | 1 {
		const device = this.#find(gpa, 8)
		if (device?.writePair) {
			this.#written.low = low
			this.#written.high = high
			device.writePair(gpa - device.base, this.#written)
			return 1
		}
		return device && this.write(gpa, 4, low) ? this.write(gpa + 4, 4, high) : 0
	}

	#atomically<Result>(gpa: Gpa, body: () => Result): Result {
		const lock = this.#find(gpa, 4)?.lock
		return lock ? lock.run(body) : body()
	}

	#find(gpa: Gpa, bytes: number): Device | undefined {
		let device = this.#last
		if (!device || gpa < device.base || gpa >= device.base + device.size) {
			device = this.#devices.find(({base, size}) => gpa >= base && gpa < base + size)
			if (!device) return undefined
			this.#last = device
		}
		const offset = gpa - device.base
		return bytes >= device.narrowest && (offset & (bytes - 1)) === 0 ? device : undefined
	}
}
