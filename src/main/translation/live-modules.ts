/** The modules that vCPUs hold: which places they serve, how large they are, and which to drop. */
import {countRegions, Joins, type RegionInfo, regionKey} from '../../translate/index.ts'

export type LiveModule = Readonly<{id: number; wasmBytes: number; regions: readonly RegionInfo[]}>

export type ModuleLimits = Readonly<{
	/** Of all live modules. */
	wasmBytes: number
	regions: number
}>

/** Regions kept per place, so that code that changes back finds its older region again. */
const versionsOfPlace = 4

type Held = LiveModule & {/** Regions that are among the newest of their place. */ current: number}

export class LiveModules {
	readonly #limits: ModuleLimits
	/** Oldest first. */
	readonly #modules = new Map<number, Held>()
	/** By regionKey, oldest first. */
	readonly #places = new Map<number, {module: Held; region: RegionInfo}[]>()
	readonly #joins = new Joins()
	/** By page: the keys of places with regions, in the order in which they came. */
	readonly #pages = new Map<number, Set<number>>()
	#wasmBytes = 0
	#regions = 0

	constructor(limits: ModuleLimits) {
		this.#limits = limits
	}

	get modules(): number {
		return this.#modules.size
	}

	get regions(): number {
		return this.#regions
	}

	get wasmBytes(): number {
		return this.#wasmBytes
	}

	/** @returns the modules to drop now, no longer counted: superseded ones, and the oldest above the limits. */
	add(module: LiveModule): LiveModule[] {
		const held = {...module, current: module.regions.length}
		this.#modules.set(module.id, held)
		this.#wasmBytes += module.wasmBytes
		this.#regions += countRegions(module.regions)
		const superseded = new Set<Held>()
		for (const region of module.regions) {
			const key = regionKey(region.page, region.entry)
			const versions = this.#places.get(key) ?? []
			if (versions.length === 0) this.#addPlace(key, versions, region.page)
			versions.push({module: held, region})
			this.#joins.add(region)
			if (versions.length <= versionsOfPlace) continue
			const oldest = versions.shift()!.module
			oldest.current--
			if (oldest.current === 0) superseded.add(oldest)
		}
		const going = [...superseded]
		for (const old of going) this.#remove(old)
		for (const oldest of this.#modules.values()) {
			const fits = this.#wasmBytes <= this.#limits.wasmBytes && this.#regions <= this.#limits.regions
			// The newest stays, however large it is.
			if (fits || oldest === held) break
			this.#remove(oldest)
			going.push(oldest)
		}
		return going
	}

	/** The regions of a place, oldest first. */
	at(key: number): RegionInfo[] {
		return this.#places.get(key)?.map(({region}) => region) ?? []
	}

	/** The newest region that begins at each place in a page, the place that came first first. */
	ofPage(page: number): readonly RegionInfo[] {
		return [...(this.#pages.get(page) ?? [])]
			.map((key) => this.#places.get(key)!.at(-1)!.region)
			.filter(({within}) => within === undefined)
	}

	/** The regions that have a place's code, but begin elsewhere. */
	around(key: number): readonly RegionInfo[] {
		return this.#joins.at(key)
	}

	#addPlace(key: number, versions: {module: Held; region: RegionInfo}[], page: number): void {
		this.#places.set(key, versions)
		const places = this.#pages.get(page)
		if (places) places.add(key)
		else this.#pages.set(page, new Set([key]))
	}

	#removePlace(key: number, page: number): void {
		this.#places.delete(key)
		const places = this.#pages.get(page)
		places?.delete(key)
		if (places?.size === 0) this.#pages.delete(page)
	}

	#remove(module: Held): void {
		this.#modules.delete(module.id)
		this.#wasmBytes -= module.wasmBytes
		this.#regions -= countRegions(module.regions)
		for (const region of module.regions) {
			this.#joins.remove(region)
			const key = regionKey(region.page, region.entry)
			const rest = this.#places.get(key)?.filter((version) => version.module !== module) ?? []
			if (rest.length > 0) this.#places.set(key, rest)
			else this.#removePlace(key, region.page)
		}
	}
}
