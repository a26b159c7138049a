/** Guest RAM with checked access, for loaders and devices. */
import {rangeError} from '../errors.ts'
import {announceWrite} from './guest-pages.ts'
import type {SharedMemory} from './shared-memory.ts'
import {Doorbell, type VcpuBlocks} from './vcpu-words.ts'

/** A guest-physical address in bytes; below 2^53, so a number holds it exactly. */
export type Gpa = number & {readonly space?: 'guest-physical'}
/** A guest-virtual address, 64 bits. Not for hot paths, which have no BigInt. */
export type Gva = bigint & {readonly space?: 'guest-virtual'}
/** Bytes from the start of the shared memory. */
export type Offset = number & {readonly space?: 'shared-memory'}

/** The first address of RAM on QEMU's riscv `virt` board. */
export const ramBase: Gpa = 0x8000_0000

export class GuestRam {
	readonly memory: SharedMemory
	/** Bytes. */
	readonly size: number
	readonly #offset: Offset

	readonly #blocks: VcpuBlocks | undefined

	/** @param blocks of the harts that are told when code is written; none = none runs yet. */
	constructor(memory: SharedMemory, blocks?: VcpuBlocks) {
		this.#blocks = blocks
		const region = memory.region('ram')
		this.memory = memory
		this.size = region.size
		this.#offset = region.offset
	}

	contains(gpa: Gpa, length: number): boolean {
		return length >= 0 && gpa >= ramBase && gpa - ramBase + length <= this.size
	}

	/** @throws RangeError when any byte lies outside guest RAM. */
	ramOffset(gpa: Gpa, length: number): Offset {
		if (!this.contains(gpa, length)) {
			throw rangeError(`${length} bytes within guest RAM [${hex(ramBase)}, ${hex(ramBase + this.size)})`, hex(gpa))
		}
		return this.#offset + (gpa - ramBase)
	}

	/** A live view of guest RAM. @throws RangeError when any byte lies outside. */
	bytes(gpa: Gpa, length: number): Uint8Array<SharedArrayBuffer> {
		const offset = this.ramOffset(gpa, length)
		return this.memory.u8.subarray(offset, offset + length)
	}

	/**
	 * Plain: harts start after the loader's writes, and a device publishes its own with the used index.
	 * @throws RangeError when any byte lies outside.
	 */
	write(gpa: Gpa, bytes: Uint8Array): void {
		this.memory.u8.set(bytes, this.ramOffset(gpa, bytes.length))
		this.written(gpa, bytes.length)
	}

	/** To be called after guest RAM was written by other means than write(): the bytes may be code that harts have decoded. */
	written(gpa: Gpa, length: number): void {
		const blocks = this.#blocks
		if (!blocks) return
		const ring = () => {
			for (let vcpu = 0; vcpu < blocks.count; vcpu++) blocks.ring(vcpu, Doorbell.codeChanged)
		}
		announceWrite(this.memory, {first: gpa - ramBase, length, ring})
	}
}

function hex(value: number): string {
	return `0x${value.toString(16)}`
}
