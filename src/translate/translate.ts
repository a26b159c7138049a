/** From hot places in guest code to one WebAssembly module of regions that call each other. */

import {
	CalledFunctions,
	coreNamesOf,
	notResumed,
	regionSignature,
	resumableSignature,
	hostOrder as thisHost,
} from '../codegen/index.ts'
import {traitsOf} from '../isa/index.ts'
import {pageBytes, type SharedMemory} from '../memory/index.ts'
import {type LookupForm, lookupForm, tlbDesign} from '../tlb/index.ts'
import {type FunctionReference, type Local, ModuleBuilder} from '../wasm/index.ts'
import {emitRegion} from './emit-region.ts'
import {
	emitEnter,
	emitLeave,
	emitSlotOf,
	emitTrapExit,
	enterSignature,
	leaveSignature,
	pushSlot,
	slotSignature,
	trapSignature,
} from './enter.ts'
import {defineExactFusedMultiplyAdd} from './fused-multiply-add.ts'
import {type GroupMember, gatherGroup} from './group.ts'
import {emitNextPage, nextPageSignature} from './next-page.ts'
import {defineMisses} from './probe.ts'
import {instructionsOf, type Range, type Region} from './region.ts'
import {joinsOf} from './region-joins.ts'
import {registersThatRoam, roamingId, roamingRegisters} from './roaming.ts'
import {type RegionInfo, type RegionRequest, regionKey, type TranslateOptions, type Translation} from './types.ts'

/**
 * Reads guest pages and TLB entries from shared memory, which may change meanwhile: `sources` holds the bytes that were
 * read, and they are compared when a region is installed. @returns undefined when nothing can be translated.
 */
export function translate(
	memory: SharedMemory,
	requests: readonly RegionRequest[],
	options: TranslateOptions,
): Translation | undefined {
	const {countChains = false, hostOrder = thisHost, sharing = 'shared'} = options
	const design = tlbDesign(options.design)
	const form = lookupForm(design)
	const {members, covered} = gatherGroup(memory, requests, {
		threshold: options.threshold ?? 1,
		form,
		onlyRun: options.onlyRun ?? false,
	})
	if (members.length === 0) return undefined
	const module = new ModuleBuilder({name: nameOf(members[0]!)})
	module.importSharedMemory('env', 'memory')
	module.importTable('env', 'regions')
	const base = module.importGlobal('env', 'base', 'i32')
	const called = members.flatMap(({region}) =>
		region.blocks.flatMap(({instructions}) => instructions.map(({decoded}) => decoded.instruction)),
	)
	const functions = new CalledFunctions(module, {
		caller: 'regions',
		names: coreNamesOf(called),
		multiplyHigh: called.some((instruction) => traitsOf(instruction).multipliesHigh.size > 0),
	})
	const leave = module.function('leave', leaveSignature, emitLeave)
	const trap = module.function('trap', trapSignature, (code) =>
		emitTrapExit(code, {raise: functions.of('raise'), leave}),
	)
	const fusedMultiplyAdd =
		options.fusedMultiplyAdd === 'relaxed' ? options.fusedMultiplyAdd : defineExactFusedMultiplyAdd(module)
	const probes = defineMisses(module, {functions, form})
	const roaming = roamingRegisters(memory)
	const roamers = members.map(({page, region}) => registersThatRoam(roaming, {page, region}))
	const slotOf = module.function('slot of', slotSignature, (code) => emitSlotOf(code, form))
	const enterFor = (name: string, chain: 'slotJumps' | 'slotCalls') =>
		module.function(name, enterSignature, (code) => {
			// In line: V8's first tier spends more on a call than on the lookup.
			const pushSlotOf = (target: Local) => pushSlot(code, {block: code.parameter(0), target, form})
			emitEnter(code, {chain, countChains, pushSlotOf})
		})
	const enter = enterFor('enter', 'slotJumps')
	const enterCall = countChains ? enterFor('enter call', 'slotCalls') : enter
	const references = members.map((member) =>
		module.declareFunction(nameOf(member), isResumable(member) ? resumableSignature : regionSignature),
	)
	const entries = entriesOf(members)
	const placeAt = new Map(entries.map((entry, index) => [members[entry.member]!.page + entry.offset, index]))
	for (const [index, member] of members.entries()) {
		const sibling = (offset: number) => {
			const samePage = offset >= 0 && offset < pageBytes
			const place = samePage ? member.page + offset : member.places.get(offset)
			const index = place === undefined ? undefined : placeAt.get(place)
			if (index === undefined) return undefined
			const to = entries[index]!
			return {function: references[to.member]!, index, samePage, resumesAt: to.resumesAt}
		}
		const nextPage = defineNextPage(module, {...member, form, cover: functions.of('coverFromRegion')})
		module.defineFunction(references[index]!, (code) =>
			emitRegion(code, member.region, {
				functions,
				leave,
				trap,
				slotOf,
				enter,
				enterCall,
				fusedMultiplyAdd,
				base,
				probes,
				design,
				hostOrder,
				sharing,
				countChains,
				sibling,
				nextPage,
				roamingId: (register) => roamingId(regionKey(member.page, member.entry), register),
				roams: roamers[index]!,
			}),
		)
	}
	module.elements(
		base,
		entries.map(({member, resumesAt}) => {
			const region = references[member]!
			if (resumesAt === undefined) return region
			return module.function(nameOf(members[member]!), regionSignature, (code) => {
				for (const [index] of regionSignature.parameters.entries()) code.get(code.parameter(index))
				code.i32(resumesAt).returnCall(region)
			})
		}),
	)
	return {
		bytes: module.toBytes(),
		functions: entries.length,
		regions: regionInfos(members, entries, roamers),
		covered,
	}
}

/** Of a module's element segment. */
type Entry = Readonly<{
	/** Index of the member. */
	member: number
	/** In its page. */
	offset: number
	/** The region's last argument; undefined if it takes none. */
	resumesAt: number | undefined
}>

const isResumable = ({region}: GroupMember): boolean => region.resumed.length > 0

/** First entries first. No place is an entry twice: a region of its own goes before. */
function entriesOf(members: readonly GroupMember[]): Entry[] {
	const first = members.map((member, index) => ({
		member: index,
		offset: member.entry,
		resumesAt: isResumable(member) ? notResumed : undefined,
	}))
	const taken = new Set(members.map(({page, entry}) => page + entry))
	const others = members.flatMap(({page, region}, index) =>
		region.resumed.flatMap((offset) => {
			if (taken.has(page + offset)) return []
			taken.add(page + offset)
			return [{member: index, offset, resumesAt: offset}]
		}),
	)
	return [...first, ...others]
}

/** The function that checks the next page, if the region relies on it. */
function defineNextPage(
	module: ModuleBuilder,
	{page, pageGva, region, form, cover}: GroupMember & {form: LookupForm; cover: FunctionReference},
): FunctionReference | undefined {
	if (region.nextRanges.length === 0) return undefined
	const pieces = piecesOf(region, {ranges: region.nextRanges, first: pageBytes})
	const known = module.variable('i64')
	const name = `${(pageGva + BigInt(pageBytes)).toString(16)} behind ${page.toString(16)}`
	return module.function(name, nextPageSignature, (code) => emitNextPage(code, {known, pieces, form, cover}))
}

/** @param options.first where the ranges' page begins. */
function piecesOf({page}: Region, {ranges, first}: {ranges: readonly Range[]; first: number}): [number, Uint8Array][] {
	return ranges.map(([start, end]) => [start, page.bytes.slice(first + start, first + end)])
}

/** The entry's guest-virtual address and its place in shared memory. Profilers show this name. */
function nameOf({page, entry, pageGva}: GroupMember): string {
	return `${(pageGva + BigInt(entry)).toString(16)} at ${(page + entry).toString(16)}`
}

/**
 * An entry across two pages has only two bytes in its own, which other code may have as well. The bytes before it tell
 * them apart in most cases; correctness rests on the check of the next page.
 */
const contextBytes = 64

/** Regions of one page call each other unchecked, so each one's sources are those of all. */
function regionInfos(
	members: readonly GroupMember[],
	entries: readonly Entry[],
	roamers: readonly ReadonlySet<number>[],
): RegionInfo[] {
	const sources = new Map<number, [number, Uint8Array][]>()
	for (const {page, region} of members) {
		const pieces = sources.get(page) ?? []
		const context: Range[] = region.blocks[0]!.isBeyond ? [[pageBytes - contextBytes, pageBytes]] : []
		pieces.push(...piecesOf(region, {ranges: [...region.ranges, ...context], first: 0}))
		sources.set(page, pieces)
	}
	const infos = members.map(({page, entry, pageGva, region}, index) => {
		const instructions = instructionsOf(region)
		const roaming = [...roamers[index]!].map((register) => roamingId(regionKey(page, entry), register))
		return {index, page, entry, pageGva, sources: sources.get(page)!, instructions, roaming, joins: joinsOf(region)}
	})
	return entries.map(({member, offset}, index) => {
		const info = infos[member]!
		// What it has, the first entry's says.
		return index === member ? info : {...info, index, entry: offset, within: info.entry, instructions: 0, joins: []}
	})
}
