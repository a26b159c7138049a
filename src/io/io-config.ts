/** What the I/O worker is given when it starts: plain data. */
import type {ServedDevice, VirtioMmioVersion} from '../board/index.ts'
import type {DiskFiles} from '../disk/index.ts'
import type {MemoryMap} from '../memory/index.ts'
import type {Mac, OpenForward, UserNetworkSettings} from '../net/index.ts'
import type {BalloonSlot} from './balloon-config.ts'
import type {BlockOptions} from './block-handler.ts'
import type {ConsoleSlot} from './console-config.ts'
import type {ShareSlot} from './share-config.ts'

/** @property slot of virtio-mmio. @property name for messages. */
export type BlockSlot = Readonly<{slot: number; name: string; files: DiskFiles; options: BlockOptions}>

/** @property dumps files that get the frames of both directions. */
export type NetSlot = Readonly<{slot: number; mac: Mac; settings: UserNetworkSettings; dumps: readonly string[]}>

export type IoConfig = Readonly<{
	/** The number among the machine's I/O workers. */
	worker: number
	harts: number
	memory: WebAssembly.Memory
	map: MemoryMap
	virtioMmioVersion: VirtioMmioVersion | undefined
	/** All devices of all I/O workers, as all boards of the machine have them. */
	served: readonly ServedDevice[]
	blocks?: readonly BlockSlot[]
	shares?: readonly ShareSlot[]
	networks?: readonly NetSlot[]
	consoles?: readonly ConsoleSlot[]
	balloons?: readonly BalloonSlot[]
}>

/** The ports that are forwarded, or the user's mistake. */
export type OpenedPorts = Readonly<{forwards: readonly OpenForward[]; mistake?: string}>

/** What the main thread calls. */
export type IoApi = Readonly<{
	/** Before run(). */
	open(): Promise<OpenedPorts>
	/** The number of pages that the balloon shall have. */
	resizeBalloon(pages: number): Promise<void>
	/** Serves until the bell `stop` rings; then ends what is under way, and writes all to the disks. */
	run(): Promise<void>
}>
