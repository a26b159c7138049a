/**
 * The I/O worker: a thread that serves queues. It sleeps until a vCPU rings, takes chains from guest RAM, does its I/O
 * meanwhile holding no lock, and interrupts the guest itself. It waits for no vCPU and not for the main thread, nor they for it.
 */
import {Server} from '../9p/index.ts'
import {Board, type ServedQueues} from '../board/index.ts'
import {attachDisk} from '../disk/index.ts'
import {assert} from '../errors.ts'
import {GuestRam, HostPages, SharedMemory, VcpuBlocks} from '../memory/index.ts'
import {BalloonConfig, type BalloonSlot} from './balloon-config.ts'
import {BalloonHandler} from './balloon-handler.ts'
import {type Serving, serveBells} from './bell-loop.ts'
import {BlockHandler} from './block-handler.ts'
import {BufferPool} from './buffer-pool.ts'
import type {ConsoleSlot} from './console-config.ts'
import {ConsoleServer} from './console-server.ts'
import type {BlockSlot, IoApi, IoConfig} from './io-config.ts'
import type {NetServer} from './net-server.ts'
import {NetSlotServer} from './net-slot-server.ts'
import {connectPort} from './port-ends.ts'
import type {ShareSlot} from './share-config.ts'
import {ShareHandler} from './share-handler.ts'
import {SlotServer} from './slot-server.ts'

/** @param options.sleeps see serveBells(). */
export async function createIoService(config: IoConfig, {sleeps}: Pick<Serving, 'sleeps'> = {}): Promise<IoApi> {
	const memory = new SharedMemory(config.memory, config.map)
	const blocks = new VcpuBlocks(memory, config.harts)
	const {worker, served, virtioMmioVersion} = config
	// It has neither a clock nor a console.
	const board = new Board(memory, blocks, {now: () => 0, worker, served, virtioMmioVersion})
	const ram = new GuestRam(memory, blocks)
	const pool = new BufferPool()
	const servers = new Map<number, SlotServer | NetServer | ConsoleServer>()
	for (const block of config.blocks ?? []) servers.set(block.slot, await serverOf(block, {board, ram, pool}))
	for (const share of config.shares ?? []) servers.set(share.slot, shareServerOf(share, {board, ram}))
	const networks = (config.networks ?? []).map(
		(slot) => new NetSlotServer(slot, {queues: queuesOf(board, slot.slot), ram}),
	)
	for (const {slot, server} of networks) servers.set(slot, server)
	for (const console of config.consoles ?? []) servers.set(console.slot, consoleServerOf(console, {board, ram}))
	for (const balloon of config.balloons ?? []) servers.set(balloon.slot, balloonServerOf(balloon, {board, ram}))
	return {
		open: async () => ({forwards: (await Promise.all(networks.map(({network}) => network.open()))).flat()}),
		resizeBalloon: async (pages) => {
			for (const {slot} of config.balloons ?? []) queuesOf(board, slot).changeConfig(BalloonConfig.wanted, word(pages))
		},
		run: async () => {
			await serveBells(board.workerBells, {worker, servers, ...(sleeps && {sleeps})})
			await Promise.all(Array.from(servers.values(), (server) => server.close()))
		},
	}
}

function queuesOf(board: Board, slot: number): ServedQueues {
	const queues = board.virtio[slot]?.served
	assert(queues, 'every slot of the configuration has a device that an I/O worker serves')
	return queues
}

async function serverOf(
	{slot, name, files, options}: BlockSlot,
	{board, ram, pool}: {board: Board; ram: GuestRam; pool: BufferPool},
): Promise<SlotServer> {
	const queues = queuesOf(board, slot)
	const disk = await attachDisk(files, 'adaptive')
	const told = new Set<string>()
	const onError = ({message}: Error) => {
		// The guest may try again and again.
		if (!told.has(message)) console.error(`manyhart: the disk ${name}: ${message}`)
		told.add(message)
	}
	return new SlotServer(queues, new BlockHandler({queues, ram, disk, pool, options, onError}))
}

function shareServerOf({slot, server: options}: ShareSlot, {board, ram}: {board: Board; ram: GuestRam}): SlotServer {
	const queues = board.virtio[slot]?.served
	assert(queues, 'every slot of the configuration has a device that an I/O worker serves')
	const onMistake = (error: unknown) => console.error(`manyhart: the folder ${options.folder}:`, error)
	return new SlotServer(queues, new ShareHandler({queues, ram, server: new Server({...options, onMistake})}))
}

function consoleServerOf({slot, ports}: ConsoleSlot, {board, ram}: {board: Board; ram: GuestRam}): ConsoleServer {
	const onError = (line: string) => console.error(`manyhart: ${line}`)
	return new ConsoleServer({
		queues: queuesOf(board, slot),
		ram,
		ports: ports.map((port) => ({name: port.name, connect: (link) => connectPort(port, {link, onError})})),
	})
}

function word(value: number): Uint8Array {
	const bytes = new Uint8Array(4)
	new DataView(bytes.buffer).setUint32(0, value, true)
	return bytes
}

function balloonServerOf({slot}: BalloonSlot, {board, ram}: {board: Board; ram: GuestRam}): SlotServer {
	const queues = queuesOf(board, slot)
	const pages = HostPages.open(ram.memory)
	assert(pages, 'the main thread has looked whether the host takes pages back')
	return new SlotServer(queues, new BalloonHandler({queues, ram, pages}))
}
