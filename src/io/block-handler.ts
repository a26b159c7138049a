/** What virtio-blk does with a request. virtio 1.2, 5.2.6 "Device Operation". */
import type {ChainBuffer, ServedQueues, Taken} from '../board/index.ts'
import {type DiskImage, sectorBytes} from '../disk/index.ts'
import type {GuestRam} from '../memory/index.ts'
import {mostZeroedSectors} from './block-config.ts'
import {type BufferPool, pieceBytes} from './buffer-pool.ts'
import {GuestBuffers} from './guest-buffers.ts'
import type {ChainHandler} from './slot-server.ts'

const RequestType = {read: 0, write: 1, flush: 4, getId: 8, discard: 11, writeZeroes: 13} as const
/** Of the legacy interface, with which it orders nothing any more. */
const barrier = 0x8000_0000
const Status = {ok: 0, ioError: 1, unsupported: 2} as const
type Status = (typeof Status)[keyof typeof Status]
const unmapFlag = 1

const headerBytes = 16
const segmentBytes = 16
const idBytes = 20

export type BlockOptions = Readonly<{
	isReadOnly: boolean
	/** What the driver is told; 20 bytes at most. */
	serial: string
	/** Whether what the guest discards is given back. */
	isDiscarding: boolean
	/** When what the guest writes is on the host's disk: when it flushes, or when the write is done; or nobody cares. */
	caching: 'writeback' | 'writethrough' | 'unsafe'
}>

type Parts = Readonly<{
	queues: ServedQueues
	ram: GuestRam
	disk: DiskImage
	pool: BufferPool
	options: BlockOptions
	/** Told of what the guest gets as an I/O error. */
	onError: (error: Error) => void
}>

type Request = Readonly<{taken: Taken; readable: GuestBuffers; writable: GuestBuffers; position: number}>

export class BlockHandler implements ChainHandler {
	readonly #parts: Parts
	/** Requests that are served. */
	readonly #underWay = new Set<Promise<number | 'broken'>>()
	#epoch = -1
	/** Resolves once those from before the last reset are done. */
	#older: Promise<unknown> | undefined

	constructor(parts: Parts) {
		this.#parts = parts
	}

	async handle(taken: Taken): Promise<number | 'broken'> {
		if (taken.epoch !== this.#epoch) {
			this.#epoch = taken.epoch
			this.#older = this.#underWay.size > 0 ? Promise.all(this.#underWay) : undefined
		}
		const handling = this.#handle(taken, this.#older)
		this.#underWay.add(handling)
		return await handling.finally(() => this.#underWay.delete(handling))
	}

	/** @param older what the driver before a reset has begun to write comes before all that the next one does. */
	async #handle(taken: Taken, older: Promise<unknown> | undefined): Promise<number | 'broken'> {
		if (older) await older
		const {ram, queues} = this.#parts
		const {buffers} = taken.chain
		const of = (access: ChainBuffer['access']) =>
			new GuestBuffers(
				ram,
				buffers.filter((buffer) => buffer.access === access),
			)
		const [readable, writable] = [of('device-reads'), of('device-writes')]
		if (readable.length < headerBytes || writable.length < 1) return 'broken'
		const header = new Uint8Array(headerBytes)
		if (!queues.access(taken, () => readable.read(0, header))) return 0
		const view = new DataView(header.buffer)
		const type = (view.getUint32(0, true) & ~barrier) >>> 0
		const position = Number(view.getBigUint64(8, true)) * sectorBytes
		const status = await this.#serve(type, {taken, readable, writable, position}).catch((error: Error) => {
			this.#parts.onError(error)
			return Status.ioError
		})
		queues.access(taken, () => writable.write(writable.length - 1, Uint8Array.of(status)))
		return writable.length
	}

	async close(): Promise<void> {
		if (!this.#parts.options.isReadOnly) await this.#parts.disk.close()
	}

	async #serve(type: number, request: Request): Promise<Status> {
		const {disk, options} = this.#parts
		switch (type) {
			case RequestType.read:
				return await this.#read(request)
			case RequestType.write:
				return await this.#write(request)
			case RequestType.flush:
				if (!options.isReadOnly && options.caching !== 'unsafe') await disk.flush()
				return Status.ok
			case RequestType.getId:
				return this.#getId(request)
			case RequestType.discard:
			case RequestType.writeZeroes:
				return await this.#zero(type, request)
			default:
				return Status.unsupported
		}
	}

	async #read({taken, writable, position}: Request): Promise<Status> {
		const {disk, queues, pool} = this.#parts
		const length = writable.length - 1
		if (!this.#isOnDisk(position, length)) return Status.ioError
		for (let done = 0; done < length; done += pieceBytes) {
			const goesOn = await pool.use(Math.min(pieceBytes, length - done), async (buffer) => {
				await disk.read(position + done, buffer)
				return queues.access(taken, () => writable.write(done, buffer))
			})
			if (!goesOn) break
		}
		return Status.ok
	}

	async #write({taken, readable, position}: Request): Promise<Status> {
		const {disk, queues, pool, options} = this.#parts
		const length = readable.length - headerBytes
		if (options.isReadOnly || !this.#isOnDisk(position, length)) return Status.ioError
		for (let done = 0; done < length; done += pieceBytes) {
			const goesOn = await pool.use(Math.min(pieceBytes, length - done), async (buffer) => {
				if (!queues.access(taken, () => readable.read(headerBytes + done, buffer))) return false
				await disk.write(position + done, buffer)
				return true
			})
			if (!goesOn) break
		}
		await this.#writeThrough()
		return Status.ok
	}

	async #writeThrough(): Promise<void> {
		if (this.#parts.options.caching === 'writethrough') await this.#parts.disk.flush()
	}

	#getId({taken, writable}: Request): Status {
		const id = new Uint8Array(Math.min(idBytes, writable.length - 1))
		new TextEncoder().encodeInto(this.#parts.options.serial, id)
		this.#parts.queues.access(taken, () => writable.write(0, id))
		return Status.ok
	}

	/** One segment, as the configuration space says. The same answers as QEMU's. */
	async #zero(type: number, {taken, readable}: Request): Promise<Status> {
		const {disk, queues, options} = this.#parts
		if (readable.length - headerBytes !== segmentBytes) return Status.unsupported
		const segment = new Uint8Array(segmentBytes)
		if (!queues.access(taken, () => readable.read(headerBytes, segment))) return Status.ok
		const view = new DataView(segment.buffer)
		const position = Number(view.getBigUint64(0, true)) * sectorBytes
		const [sectors, flags] = [view.getUint32(8, true), view.getUint32(12, true)]
		const length = sectors * sectorBytes
		const isDiscard = type === RequestType.discard
		if (flags & ~(isDiscard ? 0 : unmapFlag)) return Status.unsupported
		if (options.isReadOnly || sectors > mostZeroedSectors || !this.#isOnDisk(position, length)) return Status.ioError
		const isUnmapping = options.isDiscarding && (flags & unmapFlag) !== 0
		if (!isDiscard) await disk.writeZeroes(position, length, {isUnmapping})
		else if (options.isDiscarding) await disk.discard(position, length)
		await this.#writeThrough()
		return Status.ok
	}

	#isOnDisk(position: number, length: number): boolean {
		return length % sectorBytes === 0 && position + length <= this.#parts.disk.size
	}
}
