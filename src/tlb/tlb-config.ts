/** How a machine's TLBs are laid out: plain data, the same in every thread. */
import {rangeError} from '../errors.ts'
import {pageBytes, type RegionRequest, roundUp} from '../memory/index.ts'
import {flushPolicies} from './flush-policy.ts'
import {tableBytes} from './table.ts'
import {TablePool} from './table-pool.ts'
import {tagBias} from './tag-encoding.ts'
import {type TlbDesign, tlbDesign} from './tlb-design.ts'
import {logCapacity, regimeCount, TlbSpace} from './tlb-layout.ts'
import {TlbShared} from './tlb-shared.ts'

export type TlbConfig = Readonly<{
	vcpus: number
	/** Replaces fields of defaultTlbDesign. */
	design?: Partial<TlbDesign>
	/** Tables beyond those of each vCPU: five, and two per kept address space. Default: see spareTablesOf(). */
	spareTables?: number
	/** Under a policy that swaps or undoes: a table with at most this many logged entries is undone; -1 = never. */
	undoLimit?: number
}>

/** One size class of tables, and where its pool lies, bytes from the start of the region. */
export type SizeClass = Readonly<{log2Entries: number; tables: number; spareTables: number; offset: number}>

/** Spare tables take at most as much address space, unless they are fewer than each vCPU's regimes. */
const mostSpareBytes = 128 * 2 ** 20

/** The size classes of a machine; currently one. */
export function sizeClasses(config: TlbConfig): readonly SizeClass[] {
	const {vcpus} = config
	const log2Entries = Math.log2(Number(designOf(config).size))
	const spareTables = config.spareTables ?? spareTablesOf(vcpus, log2Entries)
	const tables = vcpus * (regimeCount + spacesOf(config) * TlbSpace.fields.descriptor.count) + spareTables
	return [{log2Entries, tables, spareTables, offset: roundUp(TlbShared.size, pageBytes)}]
}

function spareTablesOf(vcpus: number, log2Entries: number): number {
	const most = Math.floor(mostSpareBytes / tableBytes(log2Entries))
	return Math.max(vcpus * regimeCount, Math.min(most, Math.max(256, vcpus * 32)))
}

/** Words of TlbState by which a vCPU's hart core knows the machine's design. */
export function stateWords(config: TlbConfig) {
	const {policy, encoding, index, range} = designOf(config)
	return {
		undoLimit: undoLimitOf(config),
		emptying: flushPolicies[policy].emptying,
		tagBias: tagBias[encoding],
		spaceCount: spacesOf(config),
		indexHash: index === 'hashed' ? -1 : 0,
		largePages: range === 'on' ? 1 : 0,
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

export function designOf({design}: TlbConfig): TlbDesign {
	return tlbDesign(design)
}

/** The region that holds all tables. */
export function tlbRegion(config: TlbConfig): RegionRequest {
	const ends = sizeClasses(config).map(({offset, ...size}) => offset + TablePool.size(size))
	return {name: 'tlb', size: Math.max(...ends), align: pageBytes}
}
