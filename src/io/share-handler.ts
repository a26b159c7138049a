/** virtio-9p: a chain is a request, in the buffers that the device reads, with room for its answer in the others. */
import type {Served, Server} from '../9p/index.ts'
import type {ServedQueues, Taken} from '../board/index.ts'
import type {GuestRam} from '../memory/index.ts'
import type {ChainHandler} from './slot-server.ts'

type Parts = Readonly<{queues: ServedQueues; ram: GuestRam; server: Server}>

export class ShareHandler implements ChainHandler {
	readonly #parts: Parts

	constructor(parts: Parts) {
		this.#parts = parts
	}

	/** Contents pass straight between guest RAM and file. */
	async handle(taken: Taken): Promise<number | 'broken'> {
		const {queues, ram, server} = this.#parts
		const {buffers} = taken.chain
		const pieces = (access: (typeof buffers)[number]['access']) =>
			buffers.filter((buffer) => buffer.access === access).map(({gpa, length}) => ram.bytes(gpa, length))
		let served = 0 as Served | Promise<Served>
		queues.access(taken, () => {
			served = server.serve(pieces('device-reads'), pieces('device-writes'), (body) => queues.access(taken, body))
		})
		const length = await served
		if (length === 'malformed') return 'broken'
		this.#written(taken, length)
		return length
	}

	/** What was written may be code that harts have decoded. */
	#written({chain}: Taken, length: number): void {
		let left = length
		for (const {gpa, length: bytes, access} of chain.buffers) {
			if (left === 0) return
			if (access === 'device-reads') continue
			const part = Math.min(bytes, left)
			this.#parts.ram.written(gpa, part)
			left -= part
		}
	}

	async close(): Promise<void> {
		await this.#parts.server.idle()
		this.#parts.server.close()
	}
}
