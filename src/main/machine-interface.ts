/** The interface of a machine to the command line. `Machine` implements it; so do fakes in tests. */

import type {AgentConnection} from '../agent/index.ts'
import type {OpenForward} from '../net/index.ts'
import type {TlbDesign} from '../tlb/index.ts'
import type {AgentMode} from './agent/agent-archive.ts'
import type {BalloonOptions} from './balloon.ts'
import type {PortOptions} from './consoles.ts'
import type {DriveOptions, OpenDrives} from './drives.ts'
import type {NetworkOptions} from './network-devices.ts'
import type {ShareOptions} from './shares.ts'

export const [usualTraceRate, leastTraceRate] = [10_000, 100] as const
export const [usualTraceBytes, leastTraceBytes] = [256 * 2 ** 20, 2 ** 16] as const
export const [defaultSeed, mostSeed] = [1, 2 ** 32 - 1] as const

export type MachineOptions = Readonly<{
	/** Harts, 1 to 64. */
	smp: number
	/** Bytes of guest RAM, a multiple of 4096. */
	memory: number
	/** Paths of files. */
	kernel?: string
	initrd?: string
	bios?: string
	dtb?: string
	/** The kernel's command line. */
	append?: string
	/** Disks, in this order: Linux calls them /dev/vda and so on. Not with `serial`. */
	drives?: readonly DriveOptions[]
	/** Network devices, each as the command line's --nic takes it: `user,hostfwd=tcp::2222-:22`. Not with `serial`. */
	networks?: readonly string[]
	/** Folders of the host. Not with `serial`. */
	shares?: readonly ShareOptions[]
	/**
	 * Brings an agent into the guest, which must be a Linux with an initramfs: for exec(). `beside`: next to the guest's own init.
	 * `alone`: in its place, so that commands can run sooner. Not with `serial`.
	 */
	agent?: AgentMode
	/** Ports of virtio-console, for programs of the guest. Not with `serial`. */
	ports?: readonly PortOptions[]
	/** A virtio-balloon: memory that the guest does without goes back to the host. Linux only. Not with `serial`. */
	balloon?: BalloonOptions
	/** Of the virtio-mmio transport: 1, the legacy interface, by default, as in QEMU; or 2. */
	virtioMmioVersion?: 1 | 2
	/**
	 * All harts run by turns, one at a time, in virtual time: two runs of one seed end alike, to the last register and byte. Slow.
	 * What is typed comes from outside, and is not repeated.
	 */
	serial?: boolean
	/** Of what is drawn by lot in serial mode, 0 to mostSeed; default defaultSeed. */
	seed?: number
	/** Note where each hart's time goes: `harts[].time` in the statistics. Costs little. */
	times?: boolean
	/** A file to write a trace to, which Perfetto and Chrome open; see docs/tracing.md. With `times`. */
	trace?: string
	/** Bytes that the trace has at most; default 256 MiB. */
	traceBytes?: number
	/** Events that the trace has of each hart in a second, about; default 10000. Others are left out. */
	traceRate?: number
	/** Stops the machine when aborted. */
	signal?: AbortSignal
	/**
	 * The folder of the files that assetPaths() names, as a path or a file URL. Default: that of Manyhart's own module,
	 * or of the bundle that it is part of.
	 */
	assets?: string | URL
}> &
	TranslationOptions

/** How guest code runs. */
export type TranslationOptions = Readonly<{
	/** `interp`: interpreted. `jit`: hot code is translated to WebAssembly. */
	accel?: 'interp' | 'jit'
	/** Jumps that make their target hot, 1 to 65535. */
	jitThreshold?: number
	/** Each hart translates its code itself, and waits for it. */
	jitSynchronous?: boolean
	/** Bytes of live WebAssembly above which the oldest modules are dropped. */
	jitBytes?: number
	/**
	 * A folder in which what is translated is kept for later runs of the same guest; made if missing. Default: none. Not with `serial`,
	 * `jitSynchronous`, `dumpWasm`.
	 */
	translationCache?: string
	/** For study: changes to the TLB's default design, as its fields in TlbDesign; see docs/command-line.md. */
	tlb?: Partial<TlbDesign>
	/** Count how control passes between regions: `chains` and `chainRate` in the statistics. Slower. */
	countChains?: boolean
	/** A folder to write each module to; created if missing. */
	dumpWasm?: string
	/** V8 writes the addresses and names of its code for Linux's perf, to /tmp/perf-PID.map. */
	perfMap?: boolean
}>

/** How a machine ended. */
export type MachineOutcome = Readonly<{
	/**
	 * `power-off`, `reboot`, `exit`: by the guest. `stopped`: by stop(), or since the machine was disposed of.
	 * `aborted`: by the signal among its options. `error`: the emulator or the guest has failed, as `message` says.
	 */
	reason: 'power-off' | 'reboot' | 'exit' | 'stopped' | 'aborted' | 'error'
	/** For the process: the guest's, or one for the error. 0 if neither gave one. */
	exitCode: number
	message?: string
}>

export interface MachineConsole extends AsyncIterable<Uint8Array> {
	/**
	 * Types text or bytes. Resolves once the guest's UART has taken all of it, with true; with false if the machine has
	 * ended before. Wait for it before you write more, or what the guest does not read piles up.
	 */
	write(data: string | Uint8Array): Promise<boolean>
}

export interface CommandLineMachine extends AsyncDisposable {
	readonly console: MachineConsole
	/** The ports that are forwarded, in the order of the options. */
	readonly forwards?: readonly OpenForward[]
	/** To the agent in the guest; undefined without one. */
	readonly agent?: AgentConnection | undefined
	/** Resolves when the guest has powered off, rebooted, exited with a code, or failed. */
	run(): Promise<MachineOutcome>
	statistics(): unknown
	/** @returns a digest of registers, devices and memory, once it has run. */
	digest(): Promise<string>
	/** @returns the guest's flattened device tree. */
	deviceTree(): Uint8Array
}

/** @param drives that are open; else those of the options are opened. @param networks instead of those of the options. */
export type CreateMachine = (
	options: MachineOptions,
	drives?: OpenDrives,
	networks?: readonly NetworkOptions[],
) => Promise<CommandLineMachine>
