/** A board with known neighbours in shared memory: regions that its devices must not touch have checksums. */
import {createHash} from 'node:crypto'
import {Board, boardRegion, type ServedDevice, ticksSince, type VirtioMmioVersion} from '../../src/board/index.ts'
import {VcpuBlock} from '../../src/hart/index.ts'
import {layOut, type MemoryMap, type Region, SharedMemory, VcpuBlocks, VcpuWords} from '../../src/memory/index.ts'

export const harts = 4
/** So much that the offsets of its upper part do not fit into 31 bits. Only what is touched takes memory. */
export const ramBytes = 3 * 2 ** 30
const neighbourBytes = 2 ** 18
const pageBytes = 4096

/** The order of a machine's memory; the neighbours stand for what Board does not know. */
const neighbours = ['rcu', 'tlb', 'code caches', 'rom', 'end'] as const

function neighbour(name: (typeof neighbours)[number]) {
	return {name, size: neighbourBytes, align: pageBytes}
}

export function createHostileMemory(): SharedMemory {
	const memory = SharedMemory.create(
		layOut([
			neighbour('rcu'),
			boardRegion(),
			{name: 'vcpu', size: harts * VcpuBlock.size, align: pageBytes},
			neighbour('tlb'),
			neighbour('code caches'),
			neighbour('rom'),
			{name: 'ram', size: ramBytes, align: pageBytes},
			neighbour('end'),
		]),
	)
	// Plain: no other thread has this memory yet.
	for (const name of [...neighbours, 'vcpu'] as const) {
		const {offset, size} = memory.region(name)
		for (let at = 0; at < size; at += 4) memory.u32[(offset + at) >>> 2] = Math.imul(at + offset, 0x9e37_79b1)
	}
	clearSharedWords(memory)
	return memory
}

export type HostileMachineData = Readonly<{
	memory: WebAssembly.Memory
	map: MemoryMap
	origin: readonly [number, number]
	virtioMmioVersion: VirtioMmioVersion
	/** The hart that the attaching thread is. */
	hart: number
	/** Devices that an I/O worker serves. */
	served?: readonly ServedDevice[]
}>

export function attachHostileMachine(data: HostileMachineData) {
	const {memory: wasmMemory, map, origin, virtioMmioVersion, hart, served} = data
	const memory = new SharedMemory(wasmMemory, map)
	const blocks = new VcpuBlocks(memory, harts)
	const board = new Board(memory, blocks, {now: ticksSince(origin), virtioMmioVersion, hart, served})
	return {memory, blocks, board, virtioMmioVersion}
}

export type HostileMachine = ReturnType<typeof attachHostileMachine>

/** Clears bells and interrupt lines, which devices do write. Plain: only while no other thread runs. */
export function clearSharedWords(memory: SharedMemory): void {
	const {offset, size} = memory.region('vcpu')
	for (let block = offset; block < offset + size; block += size / harts) {
		for (const field of ['doorbell', 'pendingInterrupts'] as const) {
			memory.u32[(block + VcpuWords.offset[field]) >>> 2] = 0
		}
	}
}

/** @returns a checksum of each region that no device may write. Clears bells and interrupt lines first. */
export function checksums(memory: SharedMemory): Record<string, string> {
	clearSharedWords(memory)
	const watched: [string, Region][] = [...neighbours, 'vcpu' as const].map((name) => [name, memory.region(name)])
	watched.push(['address 0', {offset: 0, size: memory.region('rcu').offset}])
	return Object.fromEntries(watched.map(([name, region]) => [name, checksum(memory, region)]))
}

/** Plain: only while no other thread writes the region. */
export function checksum(memory: SharedMemory, {offset, size}: Region): string {
	const hash = createHash('sha1')
	// Copied in pieces: the hash takes no shared memory.
	const piece = 2 ** 20
	for (let at = 0; at < size; at += piece)
		hash.update(memory.u8.slice(offset + at, offset + Math.min(size, at + piece)))
	return hash.digest('hex')
}
