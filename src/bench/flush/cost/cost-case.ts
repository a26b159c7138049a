/** What is measured of flushes alone: a design of the TLB and a size of its tables, with several fills in turn. */

import {type TlbConfig, type TlbDesign, tlbKeys} from '../../../tlb/index.ts'
import type {Design} from '../design-data.ts'

export type CostCase = Readonly<{
	/** Fields of a TlbDesign; also `policy` and `size` before they are keys of --tlb. */
	design: Design
	log2Entries: number
	/** Entries filled in each of the three tables. */
	fills: readonly number[]
	/** Timed flushes of each fill. */
	flushes: number
}>

/** Nanoseconds per flush. */
export type FlushCost = Readonly<{
	filled: number
	/** On the flushing thread: median, and the tenth that took longest. */
	flushing: number
	p90: number
	/** On the thread that clears retired tables: median. */
	clearing: number
	/** Flushes that found no cleared table. */
	poolDry: number
}>

/** Policies that the machine has without a key of --tlb. */
const formerPolicies: Readonly<Record<string, Pick<TlbConfig, 'policy' | 'undoLimit'>>> = {
	clear: {policy: 'clear'},
	'swap-pool': {policy: 'swap-pool', undoLimit: -1},
	'swap-undo': {policy: 'swap-pool'},
}

const isKey = (field: string) => Object.hasOwn(tlbKeys, field)

export const costPolicies: readonly string[] = isKey('policy')
	? Object.keys((tlbKeys as Readonly<Record<string, {values: object}>>).policy!.values)
	: ['clear', 'swap-pool', 'swap-undo']

/** Few spare tables, so that all have been used before the first timed flush. */
const spareTables = 48

export function costConfig({design, log2Entries}: Pick<CostCase, 'design' | 'log2Entries'>): TlbConfig {
	const {policy = 'swap-undo', size: _, ...rest} = design
	const common = {vcpus: 1, spareTables}
	if (isKey('policy') && isKey('size'))
		return {...common, design: {...design, size: String(2 ** log2Entries)} as Partial<TlbDesign>}
	return {...common, log2Entries, ...formerPolicies[policy], design: rest as Partial<TlbDesign>}
}
