/** What the I/O worker is given when it starts: plain data. */
import type {ServedDevice, VirtioMmioVersion} from '../board/index.ts'
import type {DiskFiles} from '../disk/index.ts'
import type {MemoryMap} from '../memory/index.ts'
import type {BlockOptions} from './block-handler.ts'

/** @property slot of virtio-mmio. @property name for messages. */
export type BlockSlot = Readonly<{slot: number; name: string; files: DiskFiles; options: BlockOptions}>

export type IoConfig = Readonly<{
	/** The number among the machine's I/O workers. */
	worker: number
	harts: number
	memory: WebAssembly.Memory
	map: MemoryMap
	virtioMmioVersion: VirtioMmioVersion | undefined
	/** All devices of all I/O workers, as all boards of the machine have them. */
	served: readonly ServedDevice[]
	blocks: readonly BlockSlot[]
}>

/** What the main thread calls. */
export type IoApi = Readonly<{
	/** Serves until the bell `stop` rings; then ends what is under way, and writes all to the disks. */
	run(): Promise<void>
}>
