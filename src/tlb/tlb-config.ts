/** How a machine's TLBs are laid out: plain data, the same in every thread. */
import {rangeError} from '../errors.ts'
import {pageBytes, type RegionRequest, roundUp, type SharedMemory} from '../memory/index.ts'
import {flushPolicies} from './flush-policy.ts'
import {type ShadowSize, shadowBytes, TlbShadow} from './shadow-layout.ts'
import {tableBytes} from './table.ts'
import {type PoolSize, TablePool} from './table-pool.ts'
import {tagBias} from './tag-encoding.ts'
import {type TlbDesign, tlbDesign} from './tlb-design.ts'
import {
	adaptiveLog2Entries,
	adaptiveStep,
	fewestLog2Entries,
	logCapacity,
	mostLog2Entries,
	qemuLog2Entries,
	regimeCount,
	Sizing,
	TlbSpace,
} from './tlb-layout.ts'
import {TlbShared} from './tlb-shared.ts'

export type TlbConfig = Readonly<{
	vcpus: number
	/** Replaces fields of defaultTlbDesign. */
	design?: Partial<TlbDesign>
	/** Tables beyond those of each vCPU: five, and two per kept address space. Default: 256, or 32 per vCPU, as far as mostBytes allows. */
	spareTables?: number
	/** Under a policy that swaps or undoes: a table with at most this many logged entries is undone; -1 = never. */
	undoLimit?: number
	/** The hart core says when flushes begin and end, as with statistics; but not those of single pages. */
	timesFlushes?: boolean
}>

/** One size class of tables, and where its pool lies, bytes from the start of the region. */
export type SizeClass = PoolSize & Readonly<{offset: number}>

/**
 * Spare tables, and the tables of each further size, take at most as much address space, or are as few as vCPUs; the tables
 * of kept address spaces take at most as much, or those are eight, unless another number is asked for.
 */
const mostBytes = 128 * 2 ** 20

/** log2 of the entries that tables have at first, and of further sizes. */
function sizesOf({size}: TlbDesign): readonly number[] {
	const range = (first: number, step: number) => {
		const sizes: number[] = []
		for (let log2 = first; log2 <= mostLog2Entries; log2 += step) sizes.push(log2)
		return sizes
	}
	if (size === 'adaptive') return range(adaptiveLog2Entries, adaptiveStep)
	if (size !== 'qemu') return [Math.log2(Number(size))]
	return [qemuLog2Entries, ...range(fewestLog2Entries, 1).filter((log2) => log2 !== qemuLog2Entries)]
}

/** The size classes of a machine; that which tables have at first comes first. */
export function sizeClasses(config: TlbConfig): readonly SizeClass[] {
	const {vcpus} = config
	const needed = vcpus * (regimeCount + spacesOf(config) * TlbSpace.fields.descriptor.count)
	const design = designOf(config)
	const debug = design.debug === 'on'
	let offset = roundUp(TlbShared.size, pageBytes)
	return sizesOf(design).map((log2Entries, index) => {
		const most = Math.max(vcpus, Math.floor(mostBytes / tableBytes(log2Entries)))
		const spareTables =
			index === 0 ? (config.spareTables ?? Math.min(most, Math.max(256, vcpus * 32))) : Math.min(most, needed)
		const size = {log2Entries, tables: index === 0 ? needed + spareTables : spareTables, spareTables, debug}
		const start = offset
		offset += TablePool.size(size)
		return {...size, offset: start}
	})
}

/** Words of TlbState by which a vCPU's hart core knows the machine's design. */
export function stateWords(config: TlbConfig) {
	const {policy, encoding, index, range, size, victim} = designOf(config)
	return {
		undoLimit: undoLimitOf(config),
		emptying: flushPolicies[policy].emptying,
		tagBias: tagBias[encoding],
		spaceCount: spacesOf(config),
		indexHash: index === 'hashed' ? -1 : 0,
		largePages: range === 'on' ? 1 : 0,
		sizing: size === 'qemu' || size === 'adaptive' ? Sizing[size] : Sizing.fixed,
		victims: victim === '8' ? 1 : 0,
		timesFlushes: config.timesFlushes || shadowSizeOf(config) ? 1 : 0,
	}
}
export type StateWords = ReturnType<typeof stateWords>

function undoLimitOf(config: TlbConfig): number {
	const limit = config.undoLimit ?? flushPolicies[designOf(config).policy].undoLimit
	if (!(limit >= -1 && limit <= logCapacity))
		throw rangeError(`a limit of undone entries from -1 to ${logCapacity}`, limit)
	return limit
}

/** @returns how many address spaces a vCPU keeps beside the current one. */
export function spacesOf(config: TlbConfig): number {
	return Number(designOf(config).asids)
}

/** With the number that `asids=auto` stands for on so many vCPUs. */
export function designOf({design, vcpus}: TlbConfig): TlbDesign {
	const effective = tlbDesign(design)
	return effective.asids === 'auto' ? {...effective, asids: autoSpaces(effective, vcpus)} : effective
}

const numbersOfSpaces = ['32', '16', '8'] as const

function autoSpaces(design: TlbDesign, vcpus: number): (typeof numbersOfSpaces)[number] {
	const [log2Entries] = sizesOf(design)
	const bytes = vcpus * TlbSpace.fields.descriptor.count * tableBytes(log2Entries!)
	return numbersOfSpaces.find((spaces) => Number(spaces) * bytes <= mostBytes) ?? '8'
}

/** A page of `on` stands for 32: both remember the same share of memory. */
const shadowSizes: Readonly<Record<TlbDesign['statistics'], ShadowSize | undefined>> = {
	off: undefined,
	on: {sampledOneIn: 32, sets: 1024},
	all: {sampledOneIn: 1, sets: 32_768},
}

/** Undefined without statistics: then there are no shadows, and nothing reads the clock. */
export function shadowSizeOf(config: TlbConfig): ShadowSize | undefined {
	return shadowSizes[designOf(config).statistics]
}

/** The region of the vCPUs' shadows; none without statistics. */
export function shadowRegions(config: TlbConfig): readonly RegionRequest[] {
	const size = shadowSizeOf(config)
	return size ? [{name: 'tlb-shadows', size: config.vcpus * shadowBytes(size), align: TlbShadow.align}] : []
}

/** @returns the offset of each vCPU's TlbShadow; none without statistics. */
export function shadowOffsets(memory: SharedMemory, config: TlbConfig): readonly number[] {
	return shadowRegions(config).flatMap(({name, size}) =>
		Array.from({length: config.vcpus}, (_, vcpu) => memory.region(name).offset + (size / config.vcpus) * vcpu),
	)
}

/** The region that holds all tables. */
export function tlbRegion(config: TlbConfig): RegionRequest {
	const ends = sizeClasses(config).map(({offset, ...size}) => offset + TablePool.size(size))
	return {name: 'tlb', size: Math.max(...ends), align: pageBytes}
}
