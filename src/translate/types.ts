/** Requests for translation, and its results. Plain data, posted between threads. */

import type {HostOrder, Sharing} from '../codegen/index.ts'
import type {TlbDesign} from '../tlb/index.ts'
import type {FusedMultiplyAdd} from './fused-multiply-add.ts'

/** A place for which a vCPU requests a region. */
export type RegionRequest = Readonly<{
	/** Offset in shared memory of the physical page. */
	page: number
	/** Byte offset of the entry in its page. */
	entry: number
	/** Guest-virtual address of the page, unsigned. */
	pageGva: bigint
	/**
	 * The vCPU's fetch-table descriptor (address | log2 of the entry count): a hint where other virtual pages lie; may be
	 * stale.
	 */
	fetchTable: number
	/** Where in shared memory the next virtual page lay when the place became hot: the hint if the TLB misses. */
	nextPage: number | undefined
	/** Another region has its code, but it is interpreted all the same, so often that it is to have one of its own. */
	isCovered?: true
	/** Regions of the page that the vCPUs hold, oldest first. */
	made?: readonly MadeRegion[]
	/** A register that roams: the region is to be translated again unless it knows that, though its code has not changed. */
	roamer?: Roamer
}>

/** Without other entries. */
export const countRegions = (regions: readonly RegionInfo[]): number =>
	regions.filter(({within}) => within === undefined).length

export type MadeRegion = Pick<RegionInfo, 'entry' | 'instructions'>

export type Roamer = Readonly<{
	/** roamingId(). */
	id: number
	/** regionKey() of the region that it was found in. */
	key: number
}>

/** A small integer for (page, entry): instructions lie at even offsets. */
export const regionKey = (page: number, entry: number): number => (page + entry) / 2

/** Guest code that one function of a module runs. */
export type RegionInfo = Readonly<{
	/** Function number in the module's element segment: table index = base + index. */
	index: number
	/** Offset in shared memory of the physical page. */
	page: number
	/** Byte offset of the entry in its page. */
	entry: number
	/** Guest-virtual address of the page for which it was translated: a hint. */
	pageGva: bigint
	/** It may run while the page holds these bytes: [offset in the page, bytes]. */
	sources: readonly (readonly [number, Uint8Array])[]
	/** Guest instructions, in the page and in the next one. */
	instructions: number
	/** roamingId() of its registers that were known to roam. */
	roaming: readonly number[]
	/** The regionKey() by which its registers are watched, if another: that of the earlier run that it comes from. */
	watchedAs?: number
	/** It is another entry of the region of the same module that begins there: byte offset in the page. */
	within?: number
	/** Where control comes by jumps within it, beside the entry: byte offsets in the page. */
	joins: readonly number[]
}>

/** A module's regions, wherever it was compiled. Plain data, posted between threads. */
export type ModuleRegions = Readonly<{
	/** Identifies the module; greater than the ids of earlier ones. */
	id: number
	/** Entries of its element segment. */
	functions: number
	regions: readonly RegionInfo[]
}>

export type Translation = Readonly<{
	/**
	 * A module. It imports env.memory, env.regions (a table), env.base (immutable i32 global: where its element segment
	 * goes), and the hart core's functions from "hart".
	 */
	bytes: Uint8Array<ArrayBuffer>
	/** Entries of the element segment. */
	functions: number
	regions: readonly RegionInfo[]
	/** By regionKey(): places that were requested, and have no region of their own, since one of these has their code. */
	covered: readonly number[]
}>

export type TranslateOptions = Readonly<{
	/** The machine's; missing fields are those of defaultTlbDesign. */
	design?: Partial<TlbDesign>
	/** Default: this host's. */
	hostOrder?: HostOrder
	/** Default: shared. */
	sharing?: Sharing
	/** Whether regions count the calls, jumps and returns between them, which costs time; default no. */
	countChains?: boolean
	/** Whether regions leave out code that has not run yet; default no. */
	onlyRun?: boolean
	/** Jumps to one place that make it hot; default 1. */
	threshold?: number
	/** Default: exact. */
	fusedMultiplyAdd?: FusedMultiplyAdd
}>
