/** The disks of the board that is attacked: a raw image, and a snapshot of another, which is qcow2; a folder; a network; a balloon. */
import {createHash} from 'node:crypto'
import {once} from 'node:events'
import {mkdir, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {Worker} from 'node:worker_threads'
import type {VirtioMmioVersion} from '../../src/board/index.ts'
import {WorkerBell} from '../../src/board/index.ts'
import {OpenDisk} from '../../src/disk/index.ts'
import {type BlockSlot, balloonDevice, blockDevice, type IoConfig, netDevice, shareDevice} from '../../src/io/index.ts'
import type {SharedMemory} from '../../src/memory/index.ts'
import {defaultSettings} from '../../src/net/settings.ts'
import {patience} from '../support/patience.ts'
import {blockSectors} from './block-attacks.ts'
import {type HostileMachine, harts} from './board-machine.ts'

const bytes = blockSectors * 512
const mac = Uint8Array.of(0x52, 0x54, 0, 0x12, 0x34, 0x56)
/** Disks in slots 1 and 2, the folder in slot 3, the network in slot 4, the balloon in slot 5. */
export const hostileDevices = [
	...[1, 2].map(() => blockDevice({size: bytes, isReadOnly: false, worker: 0})),
	shareDevice({tag: 'fuzz', worker: 0}),
	netDevice({mac, worker: 0}),
	balloonDevice({deflateOnOom: true, freePageReporting: true, worker: 0}),
]
const shared = 'shared'

export class FuzzDisks implements AsyncDisposable {
	readonly #worker: Worker
	readonly #file: string
	readonly #before: string
	readonly #opened: AsyncDisposableStack
	/** Whether there was anything in the folder. */
	#isShared = false

	private constructor(parts: {worker: Worker; file: string; before: string; opened: AsyncDisposableStack}) {
		this.#worker = parts.worker
		this.#file = parts.file
		this.#before = parts.before
		this.#opened = parts.opened
	}

	static async create({memory, map}: SharedMemory, virtioMmioVersion: VirtioMmioVersion): Promise<FuzzDisks> {
		await using opened = new AsyncDisposableStack()
		const folder = await mkdtemp(join(tmpdir(), 'manyhart-fuzz-'))
		opened.defer(() => rm(folder, {recursive: true, force: true}))
		const files = ['raw', 'base'].map((name) => join(folder, name))
		const blocks: BlockSlot[] = []
		for (const [index, file] of files.entries()) {
			await writeFile(file, Buffer.alloc(bytes, 0x77))
			const disk = opened.use(await OpenDisk.open({file, format: 'raw', isSnapshot: index === 1}))
			const options = {isReadOnly: false, serial: 'fuzz', isDiscarding: true, caching: 'writeback' as const}
			blocks.push({slot: 1 + index, name: file, files: disk.files, options})
		}
		await mkdir(join(folder, shared))
		const shares = [{slot: 3, server: {folder: join(folder, shared)}}]
		// Restricted: what a fuzzer sends reaches nobody.
		const networks = [{slot: 4, mac, settings: {...defaultSettings, isRestricted: true}, dumps: []}]
		const balloons = process.platform === 'linux' ? [{slot: 5}] : []
		const served = hostileDevices
		const workerData: IoConfig = {
			...{worker: 0, harts, memory, map, virtioMmioVersion, served},
			...{blocks, shares, networks, balloons},
		}
		const worker = new Worker(join(import.meta.dirname, 'fuzz-io-thread.ts'), {workerData})
		opened.defer(async () => void (await worker.terminate()))
		const parts = {worker, file: files[0]!, before: await hashOf(files[0]!)}
		return new FuzzDisks({...parts, opened: opened.move()})
	}

	/** Begins to serve. */
	async serve(): Promise<void> {
		this.#worker.postMessage('serve')
		await this.#answer('to begin')
	}

	/** Ends what is under way. */
	async rest({board}: HostileMachine): Promise<void> {
		board.workerBells.ring(0, WorkerBell.stop)
		await this.#answer('to end')
	}

	/** What the guest wrote is in the image, which is as long as it was; there is nothing new beside the folder. */
	async outcome(): Promise<Readonly<{isWritten: boolean; isSound: boolean}>> {
		const beside = await readdir(join(this.#file, '..'))
		const isSound = (await readFile(this.#file)).length === bytes && beside.length === 3
		this.#isShared ||= (await readdir(join(this.#file, '..', shared))).length > 0
		return {isWritten: this.#isShared && (await hashOf(this.#file)) !== this.#before, isSound}
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#opened[Symbol.asyncDispose]()
	}

	async #answer(what: string): Promise<void> {
		await once(this.#worker, 'message', {signal: AbortSignal.timeout(patience)}).catch((error) => {
			throw new Error(`Expected the I/O worker ${what} in time, got ${error.message}`)
		})
	}
}

async function hashOf(file: string): Promise<string> {
	return createHash('sha1')
		.update(await readFile(file))
		.digest('hex')
}
