/** What the built-in SBI needs from the machine around it. The run loop provides it, one per vCPU. */
import type {GuestRam, VcpuBlocks} from '../memory/index.ts'
import type {PageRange} from './page-range.ts'

/** A fence that other harts (and perhaps the caller) must have carried out before the call returns. */
export type RemoteFence =
	| Readonly<{kind: 'fence.i'; targets: readonly number[]}>
	| Readonly<{
			kind: 'sfence.vma'
			targets: readonly number[]
			range: PageRange
			/** 0 to 0xffff; none: every address space. */
			asid?: number
	  }>

/** How the guest asked to end. `exitCode` is the process's. */
export type StopRequest = Readonly<{reason: 'power off' | 'reboot'; exitCode: number}>

/**
 * A retentive suspend returns from the call: the run loop waits as for WFI and writes no register. A non-retentive
 * one resumes at `address` in S-mode as a started hart does, see {@link HartStart}.
 */
export type SuspendRequest = Readonly<{kind: 'retentive'} | ({kind: 'non-retentive'} & HartStart)>

/** Where a hart begins in S-mode: pc = address, a0 = its hart id, a1 = opaque, satp = 0, sstatus.SIE = 0. */
export type HartStart = Readonly<{address: bigint; opaque: bigint}>

export type SbiConsole = Readonly<{
	/**
	 * Waits until at least one byte can be taken.
	 * @param bytes may be a view of guest RAM.
	 * @returns how many were taken.
	 */
	write(bytes: Uint8Array): number
	/** Does not wait. @returns how many bytes of `into` were written, from its start; 0 when nothing was typed. */
	read(into: Uint8Array): number
}>

export type SbiContext = Readonly<{
	/** This vCPU's hart id, which is its number in `blocks`. */
	hart: number
	/** Every hart's words and registers; `blocks.count` is the number of harts. */
	blocks: VcpuBlocks
	ram: GuestRam
	console: SbiConsole
	/** stimecmp was written and STIP lowered: sets the next deadline, and raises STIP when it has passed. */
	timerChanged(): void
	/** Returns once every target has carried the fence out. Goes offline for RCU meanwhile. */
	remoteFence(fence: RemoteFence): void
	/** Reads 8 bytes at a guest-virtual address, with the caller's translation. @returns undefined when the load faults. */
	loadDoubleword(gva: bigint): bigint | undefined
	/** The whole machine stops; the calling hart leaves its run loop at the next safepoint. */
	stop(request: StopRequest): void
	/** The calling hart leaves guest code and waits for HartStates.takeStart(). The run loop enters STOPPED by itself. */
	stopHart(): void
	/** The calling hart sleeps until an interrupt that `mie` enables is pending, and moves SUSPENDED → STARTED by itself. */
	suspendHart(request: SuspendRequest): void
}>
