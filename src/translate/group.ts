/** Which regions go into one module: the requested ones, and the warm ones that they call or jump to. */

import {CodePage, parcelBytes, Slot, slotBytesPerByte} from '../hart/index.ts'
import {pageBytes, type SharedMemory} from '../memory/index.ts'
import type {LookupForm} from '../tlb/index.ts'
import {regionHandler} from './enter.ts'
import {lookUp} from './fetch-hint.ts'
import {PageCode} from './page-code.ts'
import {continuations, discoverRegion, type Region} from './region.ts'
import type {RegionRequest} from './types.ts'

export type GroupMember = Readonly<{
	page: number
	entry: number
	pageGva: bigint
	region: Region
	/** Where in shared memory the instruction at an offset lies, if known. */
	placeOf(offset: number): number | undefined
}>

/** Regions in one module. */
const largestGroup = 64
/** Known targets of one computed jump. */
const mostLandings = 16
/** A callee or jump target is warm when its jumps reach this share of the threshold. */
const warmShare = 1 / 8

export function gatherGroup(
	memory: SharedMemory,
	requests: readonly RegionRequest[],
	{threshold, form, onlyRun}: {threshold: number; form: LookupForm; onlyRun: boolean},
): GroupMember[] {
	const warm = Math.max(1, threshold * warmShare)
	const code = new GuestCode(memory)
	const members = new Map<number, GroupMember>()
	const queue: RegionRequest[] = [...requests]
	for (let next = queue.shift(); next && members.size < largestGroup; next = queue.shift()) {
		const {page, entry, pageGva, fetchTable, nextPage} = next
		if (members.has(page + entry)) continue
		const asking = lookUp(memory, {fetchTable, form, gva: pageGva + BigInt(entry)})
		const behind = lookUp(memory, {fetchTable, form, gva: pageGva + BigInt(pageBytes)})
		const own = asking?.place === page + entry ? asking.codePage : undefined
		const codePages = own === undefined ? [] : behind ? [own, behind.codePage] : [own]
		const region = discoverRegion(code.of(page, behind?.place ?? nextPage), entry, {
			mayHaveRun: (offset) => !onlyRun || mayHaveRun(memory, codePages, offset),
			landingsOf: (first, last) => landings(memory, codePages, {first, last}),
		})
		if (!region) continue
		const places = new Map<number, number>()
		members.set(page + entry, {page, entry, pageGva, region, placeOf: (offset) => places.get(offset)})
		for (const offset of targetsOf(region)) {
			const hint = lookUp(memory, {fetchTable, form, gva: pageGva + BigInt(offset)})
			const place = offset >= 0 && offset < pageBytes ? page + offset : hint?.place
			if (place === undefined) continue
			places.set(offset, place)
			if (hint && hint.place === place && hint.jumps >= warm) {
				const entry = place % pageBytes
				const target = pageGva + BigInt(offset)
				queue.push({page: place - entry, entry, pageGva: target - BigInt(entry), fetchTable, nextPage: undefined})
			}
		}
	}
	return [...members.values()]
}

/**
 * Pages of guest code, each read once: regions of one page vouch for each other, so they must come from the same bytes.
 */
class GuestCode {
	readonly #memory: SharedMemory
	readonly #bytes = new Map<number, Uint8Array>()
	readonly #code = new Map<string, PageCode>()

	constructor(memory: SharedMemory) {
		this.#memory = memory
	}

	/** @param next the next page at its guest-virtual address, if known. */
	of(page: number, next: number | undefined): PageCode {
		const key = `${page} ${next}`
		const known = this.#code.get(key)
		if (known) return known
		const pages = next === undefined ? [page] : [page, next]
		const bytes = new Uint8Array(pages.length * pageBytes)
		for (const [index, each] of pages.entries()) bytes.set(this.#read(each), index * pageBytes)
		const code = new PageCode(bytes)
		this.#code.set(key, code)
		return code
	}

	#read(page: number): Uint8Array {
		const known = this.#bytes.get(page)
		if (known) return known
		// Plain: the guest may write it meanwhile. Before a region runs, the bytes that it was translated from are
		// compared.
		const bytes = this.#memory.u8.slice(page, page + pageBytes)
		this.#bytes.set(page, bytes)
		return bytes
	}
}

/** Offsets outside a region that it jumps to, and all that it calls. */
function targetsOf({blocks, blockAt}: Region): Set<number> {
	const targets = new Set<number>()
	for (const {terminator} of blocks) {
		if (terminator.kind === 'call' && terminator.to !== undefined) targets.add(terminator.to)
		for (const to of continuations(terminator)) if (!blockAt.has(to)) targets.add(to)
	}
	return targets
}

/**
 * Whether slots or regions of the vCPU that asks rely on the instruction: then it has run, or was taken to run soon. Plain, a hint.
 * @param codePages of the region's page and of the next one, as far as they are known.
 */
function mayHaveRun({u32}: SharedMemory, codePages: readonly number[], offset: number): boolean {
	const codePage = codePages[Math.floor(offset / pageBytes)]
	// Nothing is noted where no store is noticed, as in ROM.
	if (codePage === undefined || u32[(codePage + CodePage.offset.state) / 4] === 0) return true
	const parcel = (offset % pageBytes) / parcelBytes
	const covered = u32[(codePage + CodePage.offset.covered) / 4 + (parcel >> 5)] ?? 0
	return ((covered >> (parcel & 31)) & 1) !== 0
}

/**
 * The most frequent jump targets in a range of offsets. Plain: the vCPU writes its code pages meanwhile; this is a
 * hint.
 */
function landings(
	memory: SharedMemory,
	codePages: readonly number[],
	{first, last}: {first: number; last: number},
): readonly number[] {
	const found: {offset: number; jumps: number}[] = []
	const end = Math.min(last + 2, codePages.length * pageBytes)
	for (let offset = first; offset < end; offset += 2) {
		const jumps = jumpsTo(memory, codePages[Math.floor(offset / pageBytes)]!, offset % pageBytes)
		if (jumps > 0) found.push({offset, jumps})
	}
	return found
		.sort((a, b) => b.jumps - a.jumps)
		.slice(0, mostLandings)
		.map(({offset}) => offset)
}

function jumpsTo(memory: SharedMemory, codePage: number, offset: number): number {
	const handler = (codePage + CodePage.offset.slots + offset * slotBytesPerByte + Slot.offset.handler) / 2
	if (memory.u16[handler] === regionHandler) return Number.POSITIVE_INFINITY
	return memory.u16[(codePage + CodePage.offset.counters + offset) / 2] ?? 0
}
