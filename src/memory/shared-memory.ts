/** The one shared memory: its WebAssembly.Memory, its named regions, and the views over it. */
import {roundUp} from './shared-struct.ts'

export const wasmPageBytes = 65_536
/** wasm32 addresses 4 GiB; one page less keeps every length below 2^32. */
export const maximumBytes = 0x1_0000_0000 - wasmPageBytes

export type Region = Readonly<{offset: number; size: number}>

/** The layout: region name → bytes from the start of the shared memory. Plain data, posted to every thread. */
export type MemoryMap = Readonly<{regions: Readonly<Record<string, Region>>; size: number}>

export type RegionRequest = Readonly<{name: string; size: number; align: number}>

/** Lays regions out in order. The first 64 KiB stay unused, so that address 0 means "none" everywhere. */
export function layOut(requests: readonly RegionRequest[]): MemoryMap {
	const regions: Record<string, Region> = {}
	let end = wasmPageBytes
	for (const {name, size, align} of requests) {
		end = roundUp(end, align)
		regions[name] = {offset: end, size}
		end += size
	}
	return {regions, size: roundUp(end, wasmPageBytes)}
}

/** The views over the shared memory. The memory never grows, so a view never goes stale. */
export class SharedMemory {
	readonly memory: WebAssembly.Memory
	readonly map: MemoryMap
	readonly u8: Uint8Array<SharedArrayBuffer>
	readonly u16: Uint16Array<SharedArrayBuffer>
	readonly i32: Int32Array<SharedArrayBuffer>
	readonly u32: Uint32Array<SharedArrayBuffer>
	readonly i64: BigInt64Array<SharedArrayBuffer>
	readonly u64: BigUint64Array<SharedArrayBuffer>

	constructor(memory: WebAssembly.Memory, map: MemoryMap) {
		const buffer = memory.buffer as unknown as SharedArrayBuffer
		this.memory = memory
		this.map = map
		this.u8 = new Uint8Array(buffer)
		this.u16 = new Uint16Array(buffer)
		this.i32 = new Int32Array(buffer)
		this.u32 = new Uint32Array(buffer)
		this.i64 = new BigInt64Array(buffer)
		this.u64 = new BigUint64Array(buffer)
	}

	/** @throws RangeError when the map needs more than wasm32 can address or the host can reserve. */
	static create(map: MemoryMap): SharedMemory {
		if (map.size > maximumBytes) {
			throw new RangeError(`Expected at most ${maximumBytes} bytes of shared memory, got ${map.size}`)
		}
		const pages = map.size / wasmPageBytes
		return new SharedMemory(new WebAssembly.Memory({shared: true, initial: pages, maximum: pages}), map)
	}

	region(name: string): Region {
		const region = this.map.regions[name]
		if (!region) throw new Error(`The memory map must name region ${name}; it has ${Object.keys(this.map.regions)}`)
		return region
	}
}
