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

export class KnownRegions {
	readonly #memory: SharedMemory
	/** By keyOf(), newest last. */
	readonly #byStart = new Map<number, KnownRegion[]>()
	readonly #note: (entry: number, start: number) => void

	/** @param note called with each way in which regions begin: an offset in the page, and the four bytes there, or the page's last two. */
	constructor(memory: SharedMemory, note: (entry: number, start: number) => void) {
		this.#memory = memory
		this.#note = note
	}

	add(of: KnownModule): void {
		for (const region of of.regions) {
			const start = startOf(region)
			if (start === undefined) continue
			this.#note(region.entry, start)
			const key = keyOf(region.entry, start)
			const others = this.#byStart.get(key)
			if (others) others.push({of, region})
			else this.#byStart.set(key, [{of, region}])
		}
	}

	/** Notes all ways anew, for a filter that has forgotten them. */
	noteAll(): void {
		for (const key of this.#byStart.keys()) this.#note(Math.floor(key / keyStep), key % keyStep)
	}

	/** @param place of the code. @returns those that may begin there, newest last. Plain: who asks compares all their code. */
	at(page: number, entry: number): readonly KnownRegion[] {
		const {u16} = this.#memory
		const first = (page + entry) / parcelBytes
		const start = startWith(u16[first]!, entry + parcelBytes < pageBytes ? u16[first + 1]! : 0)
		return this.#byStart.get(keyOf(entry, start)) ?? []
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

/** @returns the four bytes at its entry, or the last two of the page; undefined if the sources do not have them: such a region is not found. */
function startOf({entry, sources}: RegionInfo): number | undefined {
	const parcelAt = (at: number): number | undefined => {
		const piece = sources.find(([offset, bytes]) => offset <= at && at + parcelBytes <= offset + bytes.length)
		return piece && piece[1][at - piece[0]]! + 256 * piece[1][at - piece[0] + 1]!
	}
	const first = parcelAt(entry)
	if (first === undefined) return undefined
	if (entry + parcelBytes >= pageBytes) return startWith(first, 0)
	const second = parcelAt(entry + parcelBytes)
	// A region of one short instruction: what follows is not its code, and could be anything.
	return second === undefined ? undefined : startWith(first, second)
}

function startWith(first: number, second: number): number {
	return (first | (second << 16)) >>> 0
}

/** From one offset to the next. */
const keyStep = 2 ** 32

function keyOf(entry: number, start: number): number {
	return entry * keyStep + start
}
