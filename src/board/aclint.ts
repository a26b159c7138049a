/** ACLINT: software interrupts (MSWI) and timers (MTIMER) of all harts, in the layout of SiFive's CLINT. */
import {array, Doorbell, Mip, type SharedMemory, sharedStruct, type VcpuBlocks, VcpuWords} from '../memory/index.ts'
import type {AccessBytes, Device} from './bus.ts'
import {boardMap, maximumHarts} from './memory-map.ts'

// Register offsets: RISC-V ACLINT specification, "Backward Compatibility With SiFive CLINT".
const msipBase = 0x0000
const mtimecmpBase = 0x4000
const mtimeLow = 0xbff8
const mtimeHigh = 0xbffc

const twoTo32 = 0x1_0000_0000

export const AclintState = sharedStruct(
	{
		/** Per hart: the comparator's low and high words. */
		mtimecmp: array('i32', maximumHarts * 2),
	},
	{align: 128},
)

export class Aclint implements Device {
	readonly name = 'aclint'
	readonly base = boardMap.aclint.base
	/** Ends behind mtime; the rest of the range in the device tree is empty. */
	readonly size = 0xc000
	readonly narrowest = 4
	readonly #blocks: VcpuBlocks
	readonly #words: Int32Array<SharedArrayBuffer>
	readonly #mtimecmp: number
	readonly #now: () => number

	/** @param options.now ticks of mtime. */
	constructor(memory: SharedMemory, options: {state: number; blocks: VcpuBlocks; now: () => number}) {
		this.#words = memory.i32
		this.#mtimecmp = (options.state + AclintState.offset.mtimecmp) >> 2
		this.#blocks = options.blocks
		this.#now = options.now
	}

	/** Sets every comparator to "never". Only while no vCPU runs. */
	reset(): void {
		// Plain: no other thread runs; starting the vCPUs orders it before them.
		this.#words.fill(-1, this.#mtimecmp, this.#mtimecmp + maximumHarts * 2)
	}

	/**
	 * For the run loop, which raises and lowers MTIP.
	 * @returns the tick at which the hart's MTIP rises. Rounded from 2^53 on, which is practically never.
	 */
	mtimecmpTicks(hart: number): number {
		const low = this.#mtimecmp + hart * 2
		// A torn pair does no harm: the writer rings after each of its two stores, and this is read again. Pairs with
		// #writeMtimecmp().
		return (Atomics.load(this.#words, low + 1) >>> 0) * twoTo32 + (Atomics.load(this.#words, low) >>> 0)
	}

	read(offset: number, _bytes: AccessBytes): number {
		if (offset === mtimeLow) return this.#now() % twoTo32
		if (offset === mtimeHigh) return Math.floor(this.#now() / twoTo32)
		if (offset >= mtimecmpBase) {
			const word = (offset - mtimecmpBase) >> 2
			// Orders nothing: any hart may read any comparator. Its writer is #writeMtimecmp().
			return word < this.#blocks.count * 2 ? Atomics.load(this.#words, this.#mtimecmp + word) : 0
		}
		const hart = (offset - msipBase) >> 2
		return hart < this.#blocks.count ? this.#msip(hart) : 0
	}

	/** Writes of mtime are ignored: the `time` CSR reads the machine's clock and must agree with it. */
	write(offset: number, _bytes: AccessBytes, value: number): void {
		if (offset >= mtimecmpBase) {
			this.#writeMtimecmp((offset - mtimecmpBase) >> 2, value)
			return
		}
		const hart = (offset - msipBase) >> 2
		if (hart >= this.#blocks.count) return
		if (value & 1) this.#blocks.raise(hart, Mip.MSIP)
		else this.#blocks.lower(hart, Mip.MSIP)
	}

	#msip(hart: number): 0 | 1 {
		// A snapshot; orders nothing. Its writers are VcpuBlocks.raise() and lower().
		const pending = Atomics.load(this.#words, (this.#blocks.base(hart) + VcpuWords.offset.pendingInterrupts) >> 2)
		return pending & Mip.MSIP ? 1 : 0
	}

	#writeMtimecmp(word: number, value: number): void {
		const hart = word >> 1
		if (hart >= this.#blocks.count) return
		// Publish, before the ring that makes the hart's run loop look again. Pairs with mtimecmpTicks().
		Atomics.store(this.#words, this.#mtimecmp + word, value | 0)
		// Here and not in the run loop, so that a handler that moves its comparator does not take the same interrupt again.
		if (this.mtimecmpTicks(hart) > this.#now()) this.#blocks.lower(hart, Mip.MTIP)
		this.#blocks.ring(hart, Doorbell.interrupt)
	}
}
