/**
 * Regions of earlier runs. Where their code will lie is not known yet, so they are found by what it is: by an entry's offset in
 * its page and the first bytes there. Whether all their code is there, and nothing else, is checked by who asks.
 */
import {parcelBytes} from '../hart/index.ts'
import {pageBytes, type SharedMemory} from '../memory/index.ts'
import type {ModuleRegions, RegionInfo} from './types.ts'

export type KnownModule = ModuleRegions & Readonly<{module: WebAssembly.Module}>
/** A region, and the module that it is of. Its page is that of the earlier run. */
export type KnownRegion = Readonly<{of: KnownModule; region: RegionInfo}>

/** Bits of a hash. A filter that most code does not pass spares a look at the map for each instruction that is decoded. */
const hashBits = 16

export class KnownRegions {
	readonly #memory: SharedMemory
	/** A bit per hash. */
	readonly #filter = new Int32Array(2 ** hashBits / 32)
	/** By hash, newest last. */
	readonly #byStart = new Map<number, KnownRegion[]>()

	constructor(memory: SharedMemory) {
		this.#memory = memory
	}

	add(of: KnownModule): void {
		for (const region of of.regions) {
			const start = startOf(region)
			if (start === undefined) continue
			this.#filter[start >> 5]! |= 1 << (start & 31)
			const others = this.#byStart.get(start)
			if (others) others.push({of, region})
			else this.#byStart.set(start, [{of, region}])
		}
	}

	/** @param place of the code. @returns those that may begin there, newest last. Plain: who asks compares all their code. */
	at(page: number, entry: number): readonly KnownRegion[] {
		const {u16} = this.#memory
		const first = (page + entry) / parcelBytes
		const start = hashOf(entry, u16[first]!, entry + parcelBytes < pageBytes ? u16[first + 1]! : 0)
		if (((this.#filter[start >> 5]! >> (start & 31)) & 1) === 0) return []
		return this.#byStart.get(start) ?? []
	}

	/** Forgets a module. */
	drop(id: number): void {
		for (const [start, regions] of this.#byStart) {
			const others = regions.filter(({of}) => of.id !== id)
			if (others.length > 0) this.#byStart.set(start, others)
			else this.#byStart.delete(start)
		}
	}
}

/** @returns undefined if the sources do not have the entry: such a region is not found. */
function startOf({entry, sources}: RegionInfo): number | undefined {
	const parcelAt = (at: number): number | undefined => {
		const piece = sources.find(([offset, bytes]) => offset <= at && at + parcelBytes <= offset + bytes.length)
		return piece && piece[1][at - piece[0]]! + 256 * piece[1][at - piece[0] + 1]!
	}
	const first = parcelAt(entry)
	if (first === undefined) return undefined
	if (entry + parcelBytes >= pageBytes) return hashOf(entry, first, 0)
	const second = parcelAt(entry + parcelBytes)
	// A region of one short instruction: what follows is not its code, and could be anything.
	return second === undefined ? undefined : hashOf(entry, first, second)
}

/** Fibonacci hashing. */
function hashOf(entry: number, first: number, second: number): number {
	return Math.imul(Math.imul(first | (second << 16), 0x9e37_79b1) ^ entry, 0x85eb_ca6b) >>> (32 - hashBits)
}
