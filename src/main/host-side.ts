/**
 * Guest memory and fences from outside, as a device or a debugger needs them that changes page tables. A fence is what a hart's SBI RFENCE
 * is (src/tlb/tlb.ts), but its initiator is no reader, and it does not block.
 */
import {setTimeout as delay} from 'node:timers/promises'
import {type Gpa, GuestRam, type SharedMemory, type VcpuBlocks} from '../memory/index.ts'
import type {RemoteFlush, Tlb} from '../tlb/index.ts'

/** Milliseconds between two looks at a grace period. */
const pause = 1

export class HostSide {
	readonly #tlb: Tlb
	readonly #ram: GuestRam
	readonly #harts: readonly number[]

	/** @param parts.tlb the calling thread's own. */
	constructor(memory: SharedMemory, {blocks, tlb}: Readonly<{blocks: VcpuBlocks; tlb: Tlb}>) {
		this.#tlb = tlb
		this.#ram = new GuestRam(memory, blocks)
		this.#harts = Array.from({length: blocks.count}, (_, hart) => hart)
	}

	/** Acquire: pairs with the guest's releases. @throws RangeError outside guest RAM. */
	load(gpa: Gpa): bigint {
		return Atomics.load(this.#ram.memory.u64, this.#ram.ramOffset(gpa, 8) / 8)
	}

	/**
	 * Ordered after the caller's earlier stores; pairs with the guest's acquires, and with page walks.
	 * @throws RangeError outside guest RAM.
	 */
	store(gpa: Gpa, value: bigint): void {
		Atomics.store(this.#ram.memory.u64, this.#ram.ramOffset(gpa, 8) / 8, value)
		this.#ram.written(gpa, 8)
	}

	/**
	 * Resolves once no hart can use a translation from before the call. A hart that sleeps, is stopped or parked is offline, and holds nothing
	 * up.
	 * @param what default: all translations. @param signal ends the wait, e.g. when the machine is over.
	 */
	async fence(what: Pick<RemoteFlush, 'range' | 'asid'>, signal: AbortSignal): Promise<void> {
		const gracePeriod = this.#tlb.startRemoteFlush({...what, targets: this.#harts})
		// At least once: else a caller that fences again and again would keep the event loop, while every hart is offline.
		do {
			await delay(pause)
			signal.throwIfAborted()
		} while (!this.#tlb.rcu.poll(gracePeriod))
	}
}
