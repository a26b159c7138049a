/** The interface of a machine to the command line. `Machine` implements it; so do fakes in tests. */
import type {TlbDesign} from '../tlb/index.ts'

export type MachineOptions = Readonly<{
	/** Harts, 1 to 64. */
	smp: number
	/** Bytes of guest RAM. */
	memory: number
	/** Paths of files. */
	kernel?: string
	initrd?: string
	bios?: string
	dtb?: string
	/** The kernel's command line. */
	append?: string
	/** Stops the machine when aborted. */
	signal?: AbortSignal
}> &
	TranslationOptions

/** How guest code runs. */
export type TranslationOptions = Readonly<{
	/** `interp`: interpreted. `jit`: hot code is translated to WebAssembly. */
	accel?: 'interp' | 'jit'
	/** Jumps that make their target hot, 1 to 65535. */
	jitThreshold?: number
	/** Each hart translates its code itself, and waits for it. For tests. */
	jitSynchronous?: boolean
	/** Bytes of live WebAssembly above which the oldest modules are dropped. */
	jitBytes?: number
	/** For study: changes to the TLB's default design, `{encoding, lookup, lastPages}`; see docs/command-line.md. */
	tlb?: Partial<TlbDesign>
	/** Count how control passes between regions: `chains` and `chainRate` in the statistics. Slower. */
	countChains?: boolean
	/** A folder to write each module to; created if missing. */
	dumpWasm?: string
	/** V8 writes the addresses and names of its code for Linux's perf; see perfMapPath(). */
	perfMap?: boolean
}>

/** How a machine ended. */
export type MachineOutcome = Readonly<{
	reason: 'power-off' | 'reboot' | 'exit' | 'error'
	exitCode: number
	message?: string
}>

export interface MachineConsole extends AsyncIterable<Uint8Array> {
	/** Types at the console. Resolves when the guest's UART has taken all that was typed, or the machine is over. */
	write(data: string | Uint8Array): Promise<void>
}

export interface CommandLineMachine extends AsyncDisposable {
	readonly console: MachineConsole
	/** Resolves when the guest has powered off, rebooted, exited with a code, or failed. */
	run(): Promise<MachineOutcome>
	statistics(): unknown
	/** @returns the guest's flattened device tree. */
	deviceTree(): Uint8Array
}

export type CreateMachine = (options: MachineOptions) => Promise<CommandLineMachine>
