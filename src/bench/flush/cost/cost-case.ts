/** What is measured of flushes alone: a design of the TLB and a size of its tables, with several fills in turn. */
import type {TlbConfig, TlbDesign} from '../../../tlb/index.ts'
import type {Design} from '../design-data.ts'

export type CostCase = Readonly<{
	/** The size is not among its fields. */
	design: Design
	log2Entries: number
	/** Entries filled in each of the three tables. */
	fills: readonly number[]
	/** Timed flushes of each fill; fewer where they take long. */
	flushes: number
}>

/** Nanoseconds per flush. */
export type FlushCost = Readonly<{
	filled: number
	/** On the flushing thread: median, and the tenth that took longest. */
	flushing: number
	p90: number
	/** On the thread that clears retired tables: median over groups of flushes. */
	clearing: number
	/** Flushes that found no cleared table. */
	poolDry: number
}>

export const costConfig = ({design, log2Entries}: Pick<CostCase, 'design' | 'log2Entries'>): TlbConfig => ({
	vcpus: 1,
	design: {...design, size: String(2 ** log2Entries)} as Partial<TlbDesign>,
})
