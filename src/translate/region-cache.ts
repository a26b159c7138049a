/** A vCPU's translated regions: the modules' instances, the function table of their regions, and where each may run. */

import {assert} from '../errors.ts'
import {breaks} from '../faults.ts'
import {CodePage, Slot, SlotHandler, slotBytesPerByte} from '../hart/index.ts'
import type {SharedMemory} from '../memory/index.ts'
import {Joins} from './joins.ts'
import {type KnownModule, type KnownRegion, KnownRegions} from './known-regions.ts'
import {placeHash, placeOfRoaming} from './roaming.ts'
import {TableRanges} from './table-ranges.ts'
import {type ModuleRegions, type RegionInfo, regionKey} from './types.ts'

/** Exports of the hart core: src/hart/core/region-filter.ts. */
type RegionFilter = Readonly<{
	notePlace(page: number, entry: number): void
	noteStart(entry: number, start: number): void
	forgetRegionNotes(): void
}>
type Installed = Readonly<{tableIndex: number; region: RegionInfo}>
/** @property placed its regions, where they may run. */
type InstalledModule = Readonly<{base: number; functions: number; placed: RegionInfo[]}>

const smallestTable = 1024
/** Regions that are translated again together. */
const mostAround = 32
const usualLimits = {
	/** Places that regions of earlier runs have at most. The oldest make room: their code may come back elsewhere. */
	knownPlaces: 16_384,
	/** Regions noted in the filter before it is made anew. */
	notes: 16_384,
}

/** Plain throughout: code pages belong to this vCPU, and only its thread runs any of this. Guest memory is compared again once it is covered. */
export class RegionCache {
	/** For `env.regions`. */
	readonly table: WebAssembly.Table
	readonly #memory: SharedMemory
	readonly #hart: WebAssembly.ModuleImports
	readonly #findCodePage: (page: number) => number
	readonly #coverBytes: (codeBase: number, offset: number, length: number) => void
	readonly #filter: RegionFilter
	readonly #ranges = new TableRanges()
	readonly #modules = new Map<number, InstalledModule>()
	/** By regionKey; newest last. */
	readonly #regions = new Map<number, Installed[]>()
	readonly #joins = new Joins()
	readonly #known: KnownRegions
	/** Those of earlier runs that have got a place, by module and pages; oldest first. */
	readonly #knownPlaces = new Map<string, Readonly<{id: number; regions: readonly RegionInfo[]}>>()
	#knownPlaced = 0
	/** Since the filter was made anew. */
	#notes = 0
	readonly #limits: typeof usualLimits

	/** @param hart the exports of this vCPU's hart core. */
	constructor(memory: SharedMemory, hart: WebAssembly.Exports, limits: Partial<typeof usualLimits> = {}) {
		this.#limits = {...usualLimits, ...limits}
		this.#memory = memory
		this.#hart = hart as WebAssembly.ModuleImports
		this.#findCodePage = hart.findCodePage as (page: number) => number
		this.#coverBytes = hart.coverBytes as (codeBase: number, offset: number, length: number) => void
		this.#filter = hart as unknown as RegionFilter
		this.table = new WebAssembly.Table({element: 'anyfunc', initial: 0})
		this.#known = new KnownRegions(memory, this.#filter.noteStart)
	}

	/** How many modules it holds. */
	get size(): number {
		return this.#modules.size
	}

	/** Regions of earlier runs in places of this one. */
	get knownPlaced(): number {
		return this.#knownPlaced
	}

	/**
	 * Instantiates a module, and resets its regions' entry slots: the next jump there decodes anew and finds the region.
	 */
	receive(module: WebAssembly.Module, {id, functions, regions}: ModuleRegions): void {
		assert(!this.#modules.has(id), 'a module is received once')
		this.#place(this.#instantiate(module, {id, functions}), regions)
	}

	/** A module of an earlier run. It is instantiated when some of its code is found. */
	learn(known: KnownModule): void {
		this.#known.add(known)
		// What was decoded before it came is not looked for again. A kernel mostly lies where it lay.
		for (const page of new Set(known.regions.map((region) => region.page))) {
			const region = known.regions.find((each) => each.page === page)!
			if (this.#findCodePage(page) !== 0 && this.#sourcesMatch(region, page))
				this.#placeKnown({of: known, region}, page)
		}
	}

	#instantiate(module: WebAssembly.Module, {id, functions}: Pick<ModuleRegions, 'id' | 'functions'>): InstalledModule {
		const base = this.#ranges.take(functions)
		this.#growTable(this.#ranges.end)
		// The element segment puts its functions into the table, which keeps the instance alive.
		new WebAssembly.Instance(module, {
			env: {
				memory: this.#memory.memory,
				regions: this.table,
				base: new WebAssembly.Global({value: 'i32'}, base),
			},
			hart: this.#hart,
		})
		const installed: InstalledModule = {base, functions, placed: []}
		this.#modules.set(id, installed)
		return installed
	}

	/** From now on the regions may run where their pages are. */
	#place({base, placed}: InstalledModule, regions: readonly RegionInfo[]): void {
		for (const region of regions) {
			const key = regionKey(region.page, region.entry)
			const installed = {tableIndex: base + region.index, region}
			const others = this.#regions.get(key)
			if (others) others.push(installed)
			else this.#regions.set(key, [installed])
			placed.push(region)
			this.#joins.add(region)
			this.#note(region)
			this.#forgetSlot(region)
		}
	}

	/** Where the filter does not know a region, find() is not called. */
	#note({page, entry}: RegionInfo): void {
		this.#filter.notePlace(page, entry)
		if (++this.#notes < this.#limits.notes) return
		// Many may be of regions that are gone.
		this.#notes = 0
		this.#filter.forgetRegionNotes()
		for (const region of this.#newest()) this.#filter.notePlace(region.page, region.entry)
		this.#known.noteAll()
	}

	/** @returns the table index of the newest region that may run at this offset of the code page, or −1. */
	find(codeBase: number, pageOffset: number): number {
		const page = this.#memory.u32[(codeBase + CodePage.offset.page) / 4] ?? 0
		const here = this.#regions.get(regionKey(page, pageOffset))
		for (let index = (here?.length ?? 0) - 1; index >= 0; index--) {
			const {tableIndex, region} = here![index]!
			if (this.#covers(region, codeBase, page)) return tableIndex
		}
		// The scratch page is not a guest page.
		return page === 0 ? -1 : this.#findKnown(codeBase, page, pageOffset)
	}

	/** As find(), among the regions of earlier runs that have no place yet. */
	#findKnown(codeBase: number, page: number, pageOffset: number): number {
		const candidates = this.#known.at(page, pageOffset)
		for (let index = candidates.length - 1; index >= 0; index--) {
			const known = candidates[index]!
			const {region} = known
			if (region.entry !== pageOffset || !this.#sourcesMatch(region, page) || !this.#placeKnown(known, page)) continue
			const placed = this.#modules.get(known.of.id)!
			if (this.#covers(region, codeBase, page)) return placed.base + region.index
		}
		return -1
	}

	/**
	 * Gives all regions that were of one page, and vouch for each other, a place in this one. In generated code no place is left but
	 * ids of registers that roam.
	 * @returns false if they have it already.
	 */
	#placeKnown({of, region}: KnownRegion, page: number): boolean {
		const name = `${of.id} ${region.page} ${page}`
		if (this.#knownPlaces.has(name)) return false
		const regions = of.regions
			.filter((each) => each.page === region.page)
			.map((each) => ({...each, page, watchedAs: each.watchedAs ?? regionKey(each.page, each.entry)}))
		this.#knownPlaces.set(name, {id: of.id, regions})
		this.#knownPlaced += regions.length
		this.#place(this.#modules.get(of.id) ?? this.#instantiate(of.module, of), regions)
		for (const [oldest, {id, regions: gone}] of this.#knownPlaces) {
			if (this.#knownPlaced <= this.#limits.knownPlaces || oldest === name) break
			this.#knownPlaces.delete(oldest)
			this.#knownPlaced -= gone.length
			const holder = this.#modules.get(id)
			if (holder) this.#displace(holder, gone)
		}
		return true
	}

	/** From now on the regions may not run there. */
	#displace({base, placed}: InstalledModule, regions: readonly RegionInfo[]): void {
		for (const region of regions) {
			const key = regionKey(region.page, region.entry)
			const others = this.#regions.get(key)?.filter((installed) => installed.region !== region) ?? []
			if (others.length > 0) this.#regions.set(key, others)
			else this.#regions.delete(key)
			this.#joins.remove(region)
			this.#forgetSlot(region, base + region.index)
		}
		const gone = new Set(regions)
		placed.splice(0, placed.length, ...placed.filter((region) => !gone.has(region)))
	}

	/** Whether a region that begins elsewhere has the place's code, as the page has it now. Plain loads: what has changed meanwhile is asked for later, or once more. */
	covers(page: number, entry: number): boolean {
		return this.#joins.at(regionKey(page, entry)).some((region) => this.#sourcesMatch(region, page))
	}

	/** The newest region of each place that a register's id may stand for: seldom more than one. */
	regionsOf(id: number): RegionInfo[] {
		const place = placeOfRoaming(id)
		return [...this.#newest()].filter(
			({page, entry, watchedAs, within}) =>
				within === undefined && placeHash(watchedAs ?? regionKey(page, entry)) === place,
		)
	}

	/** The newest regions that have its code, too, or may call it without a check, as those of its module and page may; itself included. */
	regionsAround({page, entry}: RegionInfo): RegionInfo[] {
		const has = ([offset, bytes]: RegionInfo['sources'][number]) => entry >= offset && entry < offset + bytes.length
		return [...this.#newest()]
			.filter((other) => other.page === page && other.within === undefined && other.sources.some(has))
			.slice(0, mostAround)
	}

	*#newest(): Generator<RegionInfo> {
		for (const versions of this.#regions.values()) yield versions.at(-1)!.region
	}

	/** Whether memory holds the region's sources. Stores to them are noticed from then on. */
	#covers(region: RegionInfo, codeBase: number, page: number): boolean {
		FAULT: if (breaks('stale-region')) return true
		const snapshot = codeBase + CodePage.offset.snapshot
		// First as it looks, so that only code that is to run is covered.
		if (!this.#sourcesMatch(region, page)) return false
		const number = (codeBase + CodePage.offset.snapshotNumber) / 8
		let before: bigint | undefined
		do {
			before = this.#memory.u64[number]
			for (const [offset, bytes] of region.sources) this.#coverBytes(codeBase, offset, bytes.length)
			// The page began anew, and nothing is covered any more.
		} while (this.#memory.u64[number] !== before)
		if (!this.#sourcesMatch(region, snapshot)) return false
		this.#memory.i32[(codeBase + CodePage.offset.hasRegions) / 4] = 1
		return true
	}

	/** Drops a module, if it is held. Only for the run loop, where none of its regions is on the stack. */
	drop(id: number): void {
		this.#known.drop(id)
		for (const [name, {id: of, regions}] of this.#knownPlaces) {
			if (of !== id) continue
			this.#knownPlaces.delete(name)
			this.#knownPlaced -= regions.length
		}
		const module = this.#modules.get(id)
		if (!module) return
		this.#modules.delete(id)
		const {base, functions, placed} = module
		this.#displace(module, [...placed])
		for (let index = base; index < base + functions; index++) this.table.set(index, null)
		this.#ranges.give(base, functions)
	}

	/** @param first place of the page's first byte. */
	#sourcesMatch({sources}: RegionInfo, first: number): boolean {
		const {u8} = this.#memory
		for (const [offset, bytes] of sources) {
			const start = first + offset
			for (let index = 0; index < bytes.length; index++) if (u8[start + index] !== bytes[index]) return false
		}
		return true
	}

	/** Resets the entry's slot, so that it is decoded anew. @param tableIndex only if the slot leads to this region. */
	#forgetSlot({page, entry}: RegionInfo, tableIndex?: number): void {
		const code = this.#findCodePage(page) >>> 0
		if (code === 0) return
		const {u16, u32} = this.#memory
		const slot = code + CodePage.offset.slots + entry * slotBytesPerByte
		const handler = (slot + Slot.offset.handler) / 2
		if (tableIndex !== undefined) {
			const runsIt = u16[handler] === SlotHandler.region && u32[(slot + Slot.offset.c) / 4] === tableIndex
			if (!runsIt) return
		}
		u16[handler] = 0
		u16[(code + CodePage.offset.counters + entry) / 2] = 0
	}

	#growTable(needed: number): void {
		const {length} = this.table
		if (needed > length) this.table.grow(Math.max(needed - length, length, smallestTable))
	}
}
