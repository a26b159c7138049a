/**
 * A place where QEMU's `virt` has a device and this board has none: reads give all ones and writes are ignored, as on a
 * bus that nobody drives. A guest that looks there, led by a device tree that QEMU dumped or by addresses that it knows,
 * finds a PCI bus without functions and a flash that does not answer. An access fault would end it instead.
 */
import type {AccessBytes, Device} from './bus.ts'
import {emptyPlaces} from './memory-map.ts'

export class EmptyPlace implements Device {
	readonly name: string
	readonly base: number
	readonly size: number
	readonly narrowest = 1

	constructor(name: keyof typeof emptyPlaces) {
		this.name = `empty ${name}`
		this.base = emptyPlaces[name].base
		this.size = emptyPlaces[name].size
	}

	read(_offset: number, bytes: AccessBytes): number {
		return 2 ** (8 * bytes) - 1
	}

	write(): void {}
}
