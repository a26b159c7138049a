/** The words of a vCPU that any thread may write. They lie at the start of each vCPU's block. */

import {passTurn, waitOn} from '../turns.ts'
import type {SharedMemory} from './shared-memory.ts'
import {array, sharedStruct} from './shared-struct.ts'

/** Written by any thread; one pair of cache lines of its own. */
export const VcpuWords = sharedStruct(
	{
		/** Doorbell bits. A vCPU tests them at safepoints and sleeps on this word. */
		doorbell: 'i32',
		/** mip bits that devices, timers and other harts set: SSIP, MSIP, STIP, MTIP, SEIP, MEIP. */
		pendingInterrupts: 'i32',
		/** HSM state, SBI's numbers (0 STARTED … 6 RESUME_PENDING). */
		hsmState: 'i32',
		/** Odd while the vCPU sleeps in WFI, or stopped or suspended by HSM; grows each time it falls asleep and wakes. */
		sleeps: 'i32',
		/** HSM start arguments, from the starter that moved hsmState to START_PENDING, before it rings Doorbell.hsm. */
		hsmStartAddress: 'i64',
		hsmOpaque: 'i64',
		/** How often in a row the vCPU has looked whether its hart, which is stuck, can execute an instruction; 0 if it is not. */
		stuckLooks: 'i32',
		/** 1 while the vCPU's thread sleeps on its doorbell, or is about to: who rings has to wake it. */
		asleep: 'i32',
		/**
		 * When the first bell that the vCPU has not taken was rung, if times are asked for: microseconds modulo 2^32, at least 1; 0 = none.
		 * Beside the doorbell, as both are written and read together.
		 */
		rungAt: 'i32',
		reserved: array('i32', 21),
	},
	{align: 128},
)

/** Why a doorbell rings. */
export const Doorbell = {
	interrupt: 1,
	flush: 2,
	pause: 4,
	message: 8,
	hsm: 16,
	/** Instruction memory changed: the hart's decoded pages must be verified before they run again. */
	fenceI: 32,
	/** A page became code that this hart may have write entries of. */
	codeMade: 64,
	/** Code changed that was decoded: pages whose version is another one must be compared before they run again. */
	codeChanged: 128,
	/** The hart spins: rung by itself. */
	spin: 256,
	/** Another hart waits for one that has no core: whoever has one naps. */
	giveWay: 512,
} as const

/** Those that are of use to a hart that waits. The others it answers before it runs again: a thread that looks at its doorbell looks on. */
export const wakingBells = Doorbell.interrupt | Doorbell.pause | Doorbell.message | Doorbell.hsm

/** Bits of mip, by the privileged specification's numbers. */
export const Mip = {
	SSIP: 1 << 1,
	MSIP: 1 << 3,
	STIP: 1 << 5,
	MTIP: 1 << 7,
	SEIP: 1 << 9,
	MEIP: 1 << 11,
} as const

/** The interrupts that can be delegated to S-mode, and all interrupts. */
export const supervisorInterrupts = Mip.SSIP | Mip.STIP | Mip.SEIP
export const allInterrupts = supervisorInterrupts | Mip.MSIP | Mip.MTIP | Mip.MEIP

/** The vCPU blocks in shared memory, and the words in them that any thread writes. */
export class VcpuBlocks {
	readonly memory: SharedMemory
	readonly count: number
	/** Bytes from one vCPU's block to the next. */
	readonly stride: number
	readonly #start: number

	constructor(memory: SharedMemory, count: number) {
		const region = memory.region('vcpu')
		this.memory = memory
		this.count = count
		this.stride = region.size / count
		this.#start = region.offset
	}

	/** @returns bytes from the start of the shared memory to the block of `vcpu`. */
	base(vcpu: number): number {
		return this.#start + vcpu * this.stride
	}

	/**
	 * Rings: words written before are visible to the vCPU once it has seen the bit. Pairs with takeDoorbell() and the
	 * safepoints of generated code.
	 */
	ring(vcpu: number, bit: number): void {
		const {i32} = this.memory
		const base = this.base(vcpu)
		const word = (base + VcpuWords.offset.doorbell) >> 2
		POINT: passTurn('ring')
		Atomics.or(i32, word, bit)
		// Ordered after the bit. The vCPU says that it sleeps before it looks at its doorbell: one of both sees the other. Pairs with
		// sleepOnDoorbell(). A notification takes a lock of the whole process.
		if (Atomics.load(i32, (base + VcpuWords.offset.asleep) >> 2) !== 0) Atomics.notify(i32, word)
	}

	/** Sleeps until a bell rings, at most so long. The vCPU's own thread. */
	sleepOnDoorbell(vcpu: number, milliseconds: number): void {
		const {i32} = this.memory
		const base = this.base(vcpu)
		const asleep = (base + VcpuWords.offset.asleep) >> 2
		// Ordered before the wait's look at the doorbell. Pairs with ring().
		Atomics.store(i32, asleep, 1)
		waitOn(i32, (base + VcpuWords.offset.doorbell) >> 2, 0, milliseconds)
		// Orders nothing: a notification too many wakes nobody.
		Atomics.store(i32, asleep, 0)
	}

	/** Clears a bell that its vCPU has not taken. Only while that vCPU is parked; starting it orders this first. */
	silence(vcpu: number, bit: number): void {
		Atomics.and(this.memory.i32, (this.base(vcpu) + VcpuWords.offset.doorbell) >> 2, ~bit)
	}

	/** Raises mip bits and rings only when one of them is new. */
	raise(vcpu: number, mipBits: number): void {
		const word = (this.base(vcpu) + VcpuWords.offset.pendingInterrupts) >> 2
		// Publish: the device state that the bit stands for is ordered before it. Pairs with the hart's atomic load when it
		// checks for interrupts.
		const before = Atomics.or(this.memory.i32, word, mipBits)
		if ((before & mipBits) !== mipBits) this.ringInterrupt(vcpu)
	}

	protected ringInterrupt(vcpu: number): void {
		this.ring(vcpu, Doorbell.interrupt)
	}

	/** Lowers mip bits; the hart needs no wake-up for that. */
	lower(vcpu: number, mipBits: number): void {
		// Ordered after the device state that lowered the line. Pairs with the hart's atomic load when it checks for
		// interrupts.
		Atomics.and(this.memory.i32, (this.base(vcpu) + VcpuWords.offset.pendingInterrupts) >> 2, ~mipBits)
	}

	/** Takes all rung bits. Ordered before the reads of what they announce. Pairs with ring(). */
	takeDoorbell(vcpu: number): number {
		return Atomics.exchange(this.memory.i32, (this.base(vcpu) + VcpuWords.offset.doorbell) >> 2, 0)
	}
}
