/** Lays out one machine's shared memory. */
import {boardMap, boardRegion} from '../board/index.ts'
import {expected} from '../errors.ts'
import {codeCacheBytes, VcpuBlock, vcpuRegions} from '../hart/index.ts'
import {decodingTableRegion, writeDecodingTable} from '../interpreter/index.ts'
import {
	askForHugePages,
	GuestPage,
	guestPagesRegion,
	layOut,
	type MemoryMap,
	maximumBytes,
	pageBytes,
	type RegionRequest,
	SharedMemory,
} from '../memory/index.ts'
import {rcuRegion} from '../rcu/index.ts'
import {type SerialConfig, SerialControl} from '../serial/index.ts'
import {shadowRegions, type TlbConfig, tlbRegion} from '../tlb/index.ts'
import {ringEvents, ringsRegion, timesRegion} from '../trace/index.ts'
import {HostCores} from '../vcpu-worker/index.ts'

export type MemoryPlan = Readonly<{
	harts: number
	ramBytes: number
	tlb: TlbConfig
	serial?: SerialConfig | undefined
	notes?: Notes
}>

/** What harts note: nothing, times, or times and events for a trace. */
export type Notes = 'none' | 'times' | 'trace'

/** Decoded pages of all vCPUs together, and those of one vCPU at most and at least. 8192 are the code of a large program: 32 MiB. */
const codePagesInAll = 16_384
const [mostCodePages, fewestCodePages] = [8192, 256]
/** Beside more RAM than this there is room for fewer. */
const [ampleRam, mostBesideMuch] = [3 * 2 ** 30, 2048]

/** Decoded pages of one vCPU. 2048 take about 49 MiB of address space; only pages in use take memory. */
export function codePagesPerVcpu({harts, ramBytes}: Readonly<{harts: number; ramBytes: number}>): number {
	const most = ramBytes > ampleRam ? mostBesideMuch : mostCodePages
	return Math.min(most, Math.max(fewestCodePages, Math.floor(codePagesInAll / harts)))
}

export function planMemory({harts, ramBytes, tlb, serial, notes = 'none'}: MemoryPlan): MemoryMap {
	const regions: RegionRequest[] = [
		rcuRegion(harts),
		boardRegion(),
		decodingTableRegion,
		HostCores.region(),
		...(serial ? [SerialControl.region(harts, serial)] : []),
		{name: vcpuRegions.blocks, size: harts * VcpuBlock.size, align: pageBytes},
		tlbRegion(tlb),
		...shadowRegions(tlb),
		...(notes === 'none' ? [] : [timesRegion(harts)]),
		...(notes === 'trace' ? [ringsRegion(harts, ringEvents(harts))] : []),
		{name: vcpuRegions.codeCaches, size: harts * codeCacheBytes(codePagesPerVcpu({harts, ramBytes})), align: pageBytes},
		{name: guestPagesRegion, size: Math.ceil(ramBytes / pageBytes) * GuestPage.size, align: pageBytes},
		{name: vcpuRegions.rom, size: boardMap.bootRom.size, align: pageBytes},
		{name: vcpuRegions.ram, size: ramBytes, align: pageBytes},
	]
	return layOut(regions)
}

/** @throws UserError if guest RAM and everything else do not fit into 4 GiB, or the host cannot allocate the memory. */
export function createMemory(plan: MemoryPlan): SharedMemory {
	const map = planMemory(plan)
	if (map.size > maximumBytes) {
		// Each page of RAM takes a GuestPage too.
		const perPage = pageBytes + GuestPage.size
		const rest = map.size - Math.ceil(plan.ramBytes / pageBytes) * perPage
		const most = Math.floor(((maximumBytes - rest) / perPage) * (pageBytes / 2 ** 20))
		throw expected(`--memory of at most ${most}M with ${plan.harts} harts`, `${Math.ceil(plan.ramBytes / 2 ** 20)}M`)
	}
	const memory = allocate(map)
	askForHugePages(memory, vcpuRegions.ram)
	writeDecodingTable(memory)
	return memory
}

function allocate(map: MemoryMap): SharedMemory {
	try {
		return SharedMemory.create(map)
	} catch (error) {
		throw expected(`${Math.ceil(map.size / 2 ** 20)} MiB of address space for --memory`, (error as Error).message)
	}
}
