/** How a machine's TLBs are laid out: plain data, the same in every thread. */
import {rangeError} from '../errors.ts'
import {pageBytes, type RegionRequest, roundUp, type SharedMemory} from '../memory/index.ts'
import type {FlushPolicyName} from './flush-policy.ts'
import {type ShadowSize, shadowBytes, TlbShadow} from './shadow-layout.ts'
import {TablePool} from './table-pool.ts'
import type {TagEncoding} from './tag-encoding.ts'
import {type TlbDesign, tlbDesign} from './tlb-design.ts'
import {logCapacity, regimeCount, TlbSpace} from './tlb-layout.ts'
import {TlbShared} from './tlb-shared.ts'

export type TlbConfig = Readonly<{
	vcpus: number
	/** log2 of the entries of a table, 6 to 16; default 12. */
	log2Entries?: number
	/** Tables beyond those of each vCPU: five, and two per kept address space. Default max(256, 32 per vCPU). */
	spareTables?: number
	/** Default swap-pool. */
	policy?: FlushPolicyName
	/** The policy swap-pool undoes a table with at most this many logged entries; -1 = never. Default 512. */
	undoLimit?: number
	/** Replaces fields of defaultTlbDesign. */
	design?: Partial<TlbDesign>
}>

/** One size class of tables, and where its pool lies, bytes from the start of the region. */
export type SizeClass = Readonly<{log2Entries: number; tables: number; spareTables: number; offset: number}>

/** The size classes of a machine; currently one. */
export function sizeClasses(config: TlbConfig): readonly SizeClass[] {
	const {vcpus, log2Entries = 12, spareTables = Math.max(256, vcpus * 32)} = config
	if (!(log2Entries >= 6 && log2Entries <= 16))
		throw rangeError('log2 of a TLB table’s entries from 6 to 16', log2Entries)
	const offset = roundUp(TlbShared.size, pageBytes)
	return [
		{
			log2Entries,
			tables: vcpus * (regimeCount + spacesOf(config) * TlbSpace.fields.descriptor.count) + spareTables,
			spareTables,
			offset,
		},
	]
}

/** @returns TlbState.undoLimit for a policy that undoes tables. */
export function undoLimitOf({undoLimit = 512}: TlbConfig): number {
	if (!(undoLimit >= -1 && undoLimit <= logCapacity))
		throw rangeError(`a limit of undone entries from -1 to ${logCapacity}`, undoLimit)
	return undoLimit
}

/** @returns how many address spaces a vCPU keeps beside the current one. */
export function spacesOf({design}: TlbConfig): number {
	return Number(tlbDesign(design).asids)
}

export function encodingOf({design}: TlbConfig): TagEncoding {
	return tlbDesign(design).encoding
}

/** A page of `on` stands for 32: both remember the same share of memory. */
const shadowSizes: Readonly<Record<TlbDesign['statistics'], ShadowSize | undefined>> = {
	off: undefined,
	on: {sampledOneIn: 32, sets: 1024},
	all: {sampledOneIn: 1, sets: 32_768},
}

/** Undefined without statistics: then there are no shadows, and nothing reads the clock. */
export function shadowSizeOf({design}: TlbConfig): ShadowSize | undefined {
	return shadowSizes[tlbDesign(design).statistics]
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
