/**
 * Which regions go into one module: the requested ones, and the warm ones that they call or jump to. Of requested places that
 * lie in one loop, or one behind the other, one gets a region: all of them are hot because none has one yet.
 */

import {CodePage, parcelBytes, Slot, SlotHandler, slotBytesPerByte} from '../hart/index.ts'
import {pageBytes, type SharedMemory} from '../memory/index.ts'
import type {LookupForm} from '../tlb/index.ts'
import {lookUp} from './fetch-hint.ts'
import {PageCode} from './page-code.ts'
import {continuations, discoverRegion, instructionsOf, type Region} from './region.ts'
import {hasInside, hasJoin} from './region-joins.ts'
import {withResumption} from './resumption.ts'
import {type RegionRequest, regionKey} from './types.ts'

export type GroupMember = Readonly<{
	page: number
	entry: number
	pageGva: bigint
	region: Region
	/** Where in shared memory the instructions lie that it jumps to outside itself, by offset, as far as that is known. */
	places: Map<number, number>
}>

/** Regions in one module. */
const largestGroup = 64
/** Known targets of one computed jump. */
const mostLandings = 16
/** A callee or jump target is warm when its jumps reach this share of the threshold. */
const warmShare = 1 / 8

/** `covered`: requested places, by regionKey(), whose code is in the region of another. */
export type Group = Readonly<{members: readonly GroupMember[]; covered: readonly number[]}>

export function gatherGroup(
	memory: SharedMemory,
	requests: readonly RegionRequest[],
	{threshold, form, onlyRun}: {threshold: number; form: LookupForm; onlyRun: boolean},
): Group {
	const warm = Math.max(1, threshold * warmShare)
	const code = new GuestCode(memory)
	const members = new Map<number, GroupMember>()
	const discover = ({page, entry, pageGva, fetchTable, nextPage}: RegionRequest): GroupMember | undefined => {
		const asking = lookUp(memory, {fetchTable, form, gva: pageGva + BigInt(entry)})
		const behind = lookUp(memory, {fetchTable, form, gva: pageGva + BigInt(pageBytes)})
		const own = asking?.place === page + entry ? asking.codePage : undefined
		const codePages = own === undefined ? [] : behind ? [own, behind.codePage] : [own]
		const region = discoverRegion(code.of(page, behind?.place ?? nextPage), entry, {
			mayHaveRun: (offset) => !onlyRun || mayHaveRun(memory, codePages, offset),
			landingsOf: (first, last) => landings(memory, codePages, {first, last}),
		})
		return region && {page, entry, pageGva, region: withResumption(region), places: new Map()}
	}
	const isEntry = (page: number, entry: number): boolean =>
		[...members.values()].some((member) => member.page === page && member.region.resumed.includes(entry))
	const {chosen, covered} = chooseEntries(requests, discover)
	const queue: Readonly<{request: RegionRequest; found?: GroupMember}>[] = [...chosen]
	for (let next = queue.shift(); next && members.size < largestGroup; next = queue.shift()) {
		const {page, entry, pageGva, fetchTable} = next.request
		if (members.has(page + entry) || (!next.found && isEntry(page, entry))) continue
		const member = next.found ?? discover(next.request)
		if (!member) continue
		members.set(page + entry, member)
		for (const offset of targetsOf(member.region)) {
			const hint = lookUp(memory, {fetchTable, form, gva: pageGva + BigInt(offset)})
			const place = offset >= 0 && offset < pageBytes ? page + offset : hint?.place
			if (place === undefined) continue
			member.places.set(offset, place)
			if (hint && hint.place === place && hint.jumps >= warm) {
				const entry = place % pageBytes
				const target = pageGva + BigInt(offset)
				const request = {page: place - entry, entry, pageGva: target - BigInt(entry), fetchTable, nextPage: undefined}
				queue.push({request})
			}
		}
	}
	return {members: [...members.values()], covered}
}

type Chosen = Readonly<{request: RegionRequest; found: GroupMember}>

/** Leaves out the places that another one's region covers. Whatever is translated again is not left out: its slot leads to the old region. */
function chooseEntries(
	requests: readonly RegionRequest[],
	discover: (request: RegionRequest) => GroupMember | undefined,
): {chosen: readonly Chosen[]; covered: readonly number[]} {
	let chosen: Chosen[] = []
	const covered: number[] = []
	for (const request of requests) {
		const asked = discover(request)
		if (!asked) continue
		const one = grownRegion({request, found: asked}, discover) ?? {request, found: asked}
		if (one.found !== asked) covered.push(regionKey(request.page, request.entry))
		if (chosen.some((other) => isSame(other, one) || covers(other, one))) {
			covered.push(regionKey(one.found.page, one.found.entry))
			continue
		}
		const beneath = chosen.filter((other) => covers(one, other))
		for (const {found} of beneath) covered.push(regionKey(found.page, found.entry))
		chosen = [...chosen.filter((other) => !beneath.includes(other)), one]
	}
	return {chosen, covered}
}

/**
 * Code that had not run was left out of a region, and is hot now: the region is made again with it. Two regions of one loop would
 * each begin in V8's first tier, and control would go on coming to the one that lacks the code.
 */
function grownRegion(
	{request, found}: Chosen,
	discover: (request: RegionRequest) => GroupMember | undefined,
): Chosen | undefined {
	if (request.roamer) return undefined
	for (const {entry, instructions} of request.made ?? []) {
		if (!hasJoin(found.region, entry)) continue
		const again = {...request, entry}
		const grown = discover(again)
		if (grown && hasJoin(grown.region, request.entry) && instructionsOf(grown.region) > instructions)
			return {request: again, found: grown}
	}
	return undefined
}

const isSame = ({found: one}: Chosen, {found: other}: Chosen): boolean =>
	one.page === other.page && one.entry === other.entry

/** Whether a region has the code of the other's entry, and is the better one of the two if each has the other's. */
function covers({found: one}: Chosen, {found: other, request}: Chosen): boolean {
	if (one.page !== other.page || !hasJoin(one.region, other.entry)) return false
	// It has shown that the other region does not do, or its slot leads to an old one.
	if (request.roamer || request.isCovered) return false
	const isOuter = hasInside(one.region, other.entry)
	return isOuter || !hasJoin(other.region, one.entry) || !hasInside(other.region, one.entry)
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
	if (memory.u16[handler] === SlotHandler.region) return Number.POSITIVE_INFINITY
	return memory.u16[(codePage + CodePage.offset.counters + offset) / 2] ?? 0
}
