/** The machine as the built-in SBI uses it. The run loop provides one context per vCPU. */
import type {GuestRam, VcpuBlocks} from '../memory/index.ts'
import type {PageRange} from './page-range.ts'
import type {StealTime} from './steal-time.ts'

/** A fence that takes effect on other harts, and perhaps the caller, before the call returns. */
export type RemoteFence =
	| Readonly<{kind: 'fence.i'; targets: readonly number[]}>
	| Readonly<{
			kind: 'sfence.vma'
			targets: readonly number[]
			range: PageRange
			/** 0 to 0xffff; undefined for all address spaces. */
			asid?: number
	  }>

/** How the guest asked to end. `exitCode` is the process's. */
export type StopRequest = Readonly<{reason: 'power off' | 'reboot'; exitCode: number}>

/**
 * A retentive suspend returns from the call: the run loop waits as in WFI and changes no register. A non-retentive
 * one resumes at `address` in S-mode, as a started hart does: see {@link HartStart}.
 */
export type SuspendRequest = Readonly<{kind: 'retentive'} | ({kind: 'non-retentive'} & HartStart)>

/** How a hart starts, in S-mode: pc = address, a0 = its hart id, a1 = opaque, satp = 0, sstatus.SIE = 0. */
export type HartStart = Readonly<{address: bigint; opaque: bigint}>

export type SbiConsole = Readonly<{
	/**
	 * Waits until there is room for at least one byte, unless the machine pauses.
	 * @param bytes may be a view of guest RAM.
	 * @returns how many were written; 0 if the machine pauses.
	 */
	write(bytes: Uint8Array): number
	/** Does not wait. @returns how many bytes were read into the start of `into`; 0 if there is no input. */
	read(into: Uint8Array): number
}>

export type SbiContext = Readonly<{
	/** This vCPU's hart id, which is its number in `blocks`. */
	hart: number
	/** Every hart's words and registers; `blocks.count` is the number of harts. */
	blocks: VcpuBlocks
	ram: GuestRam
	console: SbiConsole
	/** This hart's; undefined where the host does not count it. */
	stealTime: StealTime | undefined
	/** Called after stimecmp was written and STIP lowered: sets the next deadline, and raises STIP if it has passed. */
	timerChanged(): void
	/** Returns once the fence has taken effect on every target. Offline for RCU meanwhile. */
	remoteFence(fence: RemoteFence): void
	/** Loads 8 bytes at a guest-virtual address, as the caller would. @returns undefined if the load faults. */
	loadDoubleword(gva: bigint): bigint | undefined
	/** Stops the whole machine; the calling hart leaves its run loop at the next safepoint. */
	stop(request: StopRequest): void
	/** The calling hart enters STOPPED and runs no guest code until a start arrives; see HartStates.takeStart(). */
	stopHart(): void
	/** The calling hart sleeps until an interrupt that `mie` enables is pending; then SUSPENDED becomes STARTED. */
	suspendHart(request: SuspendRequest): void
}>
