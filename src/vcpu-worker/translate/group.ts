/** Which regions go into one module: those asked for, and those that they call or jump to, where these are warm. */
import type {SharedMemory} from '../../memory/index.ts'
import {descriptorLog2Mask, type TagEncoding, TlbEntry, tagBias} from '../../tlb/index.ts'
import {CodePage, Slot} from '../vcpu-block.ts'
import {regionHandler} from './enter.ts'
import {PageCode, pageBytes} from './page-code.ts'
import {continuations, discoverRegion, type Region} from './region.ts'
import type {RegionRequest} from './types.ts'

export type GroupMember = Readonly<{
	page: number
	entry: number
	pageGva: bigint
	region: Region
	/** Where in shared memory the instruction at a page offset lies, as far as it was seen. */
	placeOf(offset: number): number | undefined
}>

/** Regions of one module. */
const largestGroup = 64
/** Of one computed jump. */
const mostLandings = 16
const slotBytesPerByte = Slot.size / 2
/** A callee is worth its translation when it has got this far to the threshold. */
const warmShare = 1 / 8

export function gatherGroup(
	memory: SharedMemory,
	requests: readonly RegionRequest[],
	{threshold, encoding}: {threshold: number; encoding: TagEncoding},
): GroupMember[] {
	const warm = Math.max(1, threshold * warmShare)
	const pages = new Map<number, PageCode>()
	const members = new Map<number, GroupMember>()
	const queue: RegionRequest[] = [...requests]
	for (let next = queue.shift(); next && members.size < largestGroup; next = queue.shift()) {
		const {page, entry, pageGva, fetchTable} = next
		if (members.has(page + entry)) continue
		const code = pageCode(memory, pages, page)
		const asking = lookUp(memory, {fetchTable, encoding, gva: pageGva + BigInt(entry)})
		const region = discoverRegion(code, entry, (first, last) =>
			asking?.place === page + entry ? landings(memory, asking.codePage, {first, last}) : [],
		)
		if (!region) continue
		const places = new Map<number, number>()
		members.set(page + entry, {page, entry, pageGva, region, placeOf: (offset) => places.get(offset)})
		for (const offset of targetsOf(region)) {
			const hint = lookUp(memory, {fetchTable, encoding, gva: pageGva + BigInt(offset)})
			const place = offset >= 0 && offset < pageBytes ? page + offset : hint?.place
			if (place === undefined) continue
			places.set(offset, place)
			if (hint && hint.place === place && hint.jumps >= warm) {
				const entry = place % pageBytes
				const target = pageGva + BigInt(offset)
				queue.push({page: place - entry, entry, pageGva: target - BigInt(entry), fetchTable})
			}
		}
	}
	return [...members.values()]
}

function pageCode(memory: SharedMemory, pages: Map<number, PageCode>, page: number): PageCode {
	const known = pages.get(page)
	if (known) return known
	// Plain: the guest may write it meanwhile; whoever installs a region compares what it was translated from.
	const code = new PageCode(memory.u8.slice(page, page + pageBytes))
	pages.set(page, code)
	return code
}

/** Page offsets that a region calls, and those where it goes on outside. */
function targetsOf({blocks, blockAt}: Region): Set<number> {
	const targets = new Set<number>()
	for (const {terminator} of blocks) {
		if (terminator.kind === 'call' && terminator.to !== undefined) targets.add(terminator.to)
		for (const to of continuations(terminator)) if (!blockAt.has(to)) targets.add(to)
	}
	return targets
}

/** The asking vCPU's fetch TLB, as a hint: it may be another table by now. */
function lookUp(
	memory: SharedMemory,
	{fetchTable, encoding, gva}: {fetchTable: number; encoding: TagEncoding; gva: bigint},
): {place: number; jumps: number; codePage: number} | undefined {
	const table = (fetchTable & ~descriptorLog2Mask) >>> 0
	const entries = 2 ** (fetchTable & descriptorLog2Mask)
	const low = Number(BigInt.asUintN(32, gva))
	const high = Number(BigInt.asUintN(32, gva >> 32n))
	const entry = table + (Math.floor(low / pageBytes) % entries) * TlbEntry.size
	// Plain reads of what the vCPU writes: checked where it is used, when the code runs.
	const word = (offset: number) => memory.u32[(entry + offset) / 4] ?? 0
	const tag = TlbEntry.offset.execTag
	if (word(tag) !== low - (low % pageBytes) + tagBias[encoding] || word(tag + 4) !== high) return undefined
	const place = (word(TlbEntry.offset.addend) + low) >>> 0
	const codePage = word(TlbEntry.offset.code)
	const counter = codePage + CodePage.offset.counters + (low % pageBytes)
	return {place, jumps: memory.u16[counter / 2] ?? 0, codePage}
}

/** Places that jumps have led to, the most frequent ones: in a vCPU's code page, as a hint. Plain reads of what the vCPU writes. */
function landings(
	memory: SharedMemory,
	codePage: number,
	{first, last}: {first: number; last: number},
): readonly number[] {
	const found: {offset: number; jumps: number}[] = []
	for (let offset = first; offset <= Math.min(last, pageBytes - 2); offset += 2) {
		const handler = (codePage + CodePage.offset.slots + offset * slotBytesPerByte + Slot.offset.handler) / 2
		const isRegion = memory.u16[handler] === regionHandler
		const jumps = isRegion
			? Number.POSITIVE_INFINITY
			: (memory.u16[(codePage + CodePage.offset.counters + offset) / 2] ?? 0)
		if (jumps > 0) found.push({offset, jumps})
	}
	return found
		.sort((a, b) => b.jumps - a.jumps)
		.slice(0, mostLandings)
		.map(({offset}) => offset)
}
