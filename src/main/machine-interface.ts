/** What the command line needs of a machine. `Machine` fulfils it; so do the tests' stand-ins. */
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
	/** Stops the machine. */
	signal?: AbortSignal
}> &
	TranslationOptions

/** How guest code runs. */
export type TranslationOptions = Readonly<{
	/** `interp`: decoded instructions, one by one. `jit`: what is hot is translated to WebAssembly. */
	accel?: 'interp' | 'jit'
	/** Jumps to one place that make it hot, 1 to 65535. */
	jitThreshold?: number
	/** Each hart translates by itself, at once, instead of going on meanwhile: for tests. */
	jitSynchronous?: boolean
	/** Bytes of WebAssembly that may be live; above that the oldest modules go. */
	jitBytes?: number
	/** To study the TLB: what differs from its defaults, `{encoding, lookup, lastPages}`; docs/command-line.md. */
	tlb?: Partial<TlbDesign>
	/** Has translated code count how it passes from region to region, at some cost: statistics then show `chains` and `chainRate`. */
	countChains?: boolean
	/** A folder that gets each module as a file; made if it is not there. */
	dumpWasm?: string
	/** Has V8 write the addresses and names of its code where Linux's perf looks for them: see perfMapPath(). */
	perfMap?: boolean
}>

/** How a machine came to its end. */
export type MachineOutcome = Readonly<{
	reason: 'power-off' | 'reboot' | 'exit' | 'error'
	exitCode: number
	message?: string
}>

export interface MachineConsole extends AsyncIterable<Uint8Array> {
	write(data: string | Uint8Array): unknown
}

export interface CommandLineMachine extends AsyncDisposable {
	readonly console: MachineConsole
	/** @returns when the guest has powered off, rebooted, left with a code, or failed. */
	run(): Promise<MachineOutcome>
	statistics(): unknown
	/** @returns the flattened device tree that the guest gets. */
	deviceTree(): Uint8Array
}

export type CreateMachine = (options: MachineOptions) => Promise<CommandLineMachine>
