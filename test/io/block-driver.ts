/** A driver of virtio-blk, with the service that serves it on the same thread, for tests. */
import type {ExecutionContext} from 'ava'
import {WorkerBell} from '../../src/board/index.ts'
import {type DiskOptions, OpenDisk} from '../../src/disk/index.ts'
import {type BlockOptions, blockDevice} from '../../src/io/index.ts'
import {createIoService} from '../../src/io/io-service.ts'
import {ramBase} from '../../src/memory/index.ts'
import {createBoard} from '../board/support.ts'
import {type Descriptor, Feature, Flag, queueDriver} from '../board/virtio/queue-driver.ts'
import {eventually} from '../support/eventually.ts'

export const RequestType = {read: 0, write: 1, flush: 4, getId: 8, discard: 11, writeZeroes: 13} as const

/** Where request n keeps its header and status, and its data. */
const headerOf = (request: number) => ramBase + 0x4000 + request * 64
export const dataOf = (request: number) => ramBase + 0x2_0000 + request * 0x1_0000

export type BlockDriver = Awaited<ReturnType<typeof blockDriver>>

export async function blockDriver(
	t: ExecutionContext,
	{
		options,
		features = Feature.eventIndex | Feature.indirect,
		...disk
	}: DiskOptions & {options?: Partial<BlockOptions>; features?: number},
) {
	const open = await OpenDisk.open(disk)
	const isReadOnly = disk.isReadOnly === true
	const served = [blockDevice({size: open.size, isReadOnly, worker: 0})]
	const machine = createBoard({hart: 0, served, virtioMmioVersion: 2})
	machine.board.reset()
	const {memory} = machine
	const blockOptions = {isReadOnly, serial: '', isDiscarding: true, caching: 'writeback' as const, ...options}
	const service = await createIoService(
		{
			worker: 0,
			harts: 2,
			memory: memory.memory,
			map: memory.map,
			virtioMmioVersion: 2,
			served,
			blocks: [{slot: 1, name: disk.file, files: open.files, options: blockOptions}],
		},
		{sleeps: 'event loop'},
	)
	const running = service.run()
	const driver = queueDriver(machine, {size: 64})
	driver.setUp({features})
	const stop = async () => {
		machine.board.workerBells.ring(0, WorkerBell.stop)
		await running
		await open[Symbol.asyncDispose]()
	}
	t.teardown(stop)
	const bytes = driver.ram.bytes(ramBase, driver.ram.size)
	const statusOf = (request: number) => bytes[headerOf(request) - ramBase + 16]!
	return {
		...machine,
		...driver,
		bytes,
		stop,
		statusOf,
		/** Offers request `request`, which takes three descriptors and those of its data. */
		submit(
			request: number,
			{type, sector = 0, data}: {type: number; sector?: number; data: readonly Descriptor[]},
		): void {
			const header = headerOf(request)
			driver.view.setUint32(header - ramBase, type, true)
			driver.view.setBigUint64(header - ramBase + 8, BigInt(sector), true)
			driver.view.setUint8(header - ramBase + 16, 0xff)
			const first = request * 8
			driver.describeChain(first, [
				{gpa: header, length: 16},
				...data,
				{gpa: header + 16, length: 1, flags: Flag.write},
			])
			driver.offer(first)
			driver.notify()
		},
		/** Resolves once so many requests are done. */
		done: (count: number) => eventually(() => driver.usedIndex() >= count, `${count} requests are done`),
		/** One request after the other, by its number from 0. @returns its status. */
		async request(
			request: number,
			{type, sector, data = []}: {type: number; sector?: number; data?: readonly Descriptor[]},
		): Promise<number> {
			const before = driver.usedIndex()
			this.submit(request, {type, data, ...(sector !== undefined && {sector})})
			await this.done(before + 1)
			return statusOf(request)
		},
	}
}
