/** A region's basic blocks, and how they end. */
import type {Decoded} from '../isa/index.ts'

export type RegionInstruction = Readonly<{
	/** From the start of the entry's page; the next page's are from 4096 up. */
	offset: number
	decoded: Decoded
}>

/** How a block ends. Offsets from the start of the entry's page, which may be below 0; or keys of blocks in line. */
export type Terminator = Readonly<
	| {kind: 'fall'; to: number}
	| {kind: 'branch'; taken: number; to: number}
	| {kind: 'jump'; to: number}
	/** A jump that links; `to` is undefined if computed. */
	| {kind: 'call'; to: number | undefined; next: number}
	/** A jump that links to a leaf that is in line: `to` is a key. */
	| {kind: 'enter'; to: number}
	/** jalr x0 through a link register. */
	| {kind: 'return'}
	/** Any other computed jump. `landings`: the known targets, never all. */
	| {kind: 'computed'; landings: readonly number[]}
	/** No instruction: on to where the region is resumed, else to `to`. */
	| {kind: 'dispatch'; cases: readonly DispatchCase[]; to: number}
>

export type DispatchCase = Readonly<{
	/** The block to go to for any of these places. */
	to: number
	places: readonly number[]
	/** The block is the place; else it dispatches further. */
	isPlace: boolean
}>

export type Block = Readonly<{
	start: number
	instructions: readonly RegionInstruction[]
	terminator: Terminator
	/** Each of its instructions lies in the next page, at least in part. */
	isBeyond: boolean
	/** What jumps in the region call it, if it is a copy; else its start does. */
	key?: number
}>
