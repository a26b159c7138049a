/** The bus: looks up the device at a guest-physical address. */
import {assert} from '../errors.ts'
import type {Gpa} from '../memory/index.ts'

export type AccessBytes = 1 | 2 | 4

export interface Device {
	readonly name: string
	readonly base: Gpa
	/** Bytes. */
	readonly size: number
	/** Narrower accesses fault. */
	readonly narrowest: AccessBytes
	/** @param offset from `base`, a multiple of `bytes`. @returns the value, unsigned. From any vCPU's thread. */
	read(offset: number, bytes: AccessBytes): number
	/** @param value unsigned, already truncated to `bytes`. From any vCPU's thread. */
	write(offset: number, bytes: AccessBytes, value: number): void
}

export class Bus {
	readonly #devices: readonly Device[]
	/** The device of the last access, tried first: drivers poll. */
	#last: Device | undefined

	constructor(devices: readonly Device[]) {
		this.#devices = devices.toSorted((left, right) => left.base - right.base)
		for (const [index, device] of this.#devices.entries()) {
			const next = this.#devices[index + 1]
			assert(!next || device.base + device.size <= next.base, `${device.name} and ${next?.name} do not overlap`)
		}
	}

	/** @param bytes 1, 2 or 4. @returns the value, unsigned; −1 for an access fault. */
	read(gpa: Gpa, bytes: number): number {
		const device = this.#find(gpa, bytes)
		return device ? device.read(gpa - device.base, bytes as AccessBytes) >>> 0 : -1
	}

	/** @returns 1 if a device took the write, 0 for an access fault. */
	write(gpa: Gpa, bytes: number, value: number): 0 | 1 {
		const device = this.#find(gpa, bytes)
		if (!device) return 0
		device.write(
			gpa - device.base,
			bytes as AccessBytes,
			bytes === 4 ? value >>> 0 : value & (bytes === 1 ? 0xff : 0xffff),
		)
		return 1
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
