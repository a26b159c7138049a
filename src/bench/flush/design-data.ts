/**
 * What is compared, as data: one factor at a time around the default design, and some combinations. Keys and values come
 * from --tlb; what it does not have is left out.
 */
import {guestParts, type PartName} from './parts.ts'

/** Fields of a TlbDesign. */
export type Design = Readonly<Record<string, string>>

type Amount = Readonly<{
	/** Nothing begins that would end later. */
	minutes: number
	rounds: number
	/** Harts of the storms. */
	harts: readonly number[]
	/** Values that guests run with, by key; of a key that is not here all. */
	guestValues: Readonly<Record<string, readonly string[]>>
	/** Keys that vary; undefined: all. */
	keys?: readonly string[]
	combinations: readonly Combination[]
	/** Whether switches run alone, too, for what they flush: with designs that change no other key than asids. */
	countsSwitches: boolean
	cost: Readonly<{
		log2Entries: readonly number[]
		/** With encodings other than the default. */
		log2EntriesByEncoding: readonly number[]
		/** Sizes with many fills. */
		log2EntriesByFill: readonly number[]
		flushes: number
	}>
	/** Of the programs of compute; undefined: all. */
	workingSets?: readonly string[]
	/** Multiples of the usual work. */
	scale: Readonly<{bare: number; linux: number}>
}>

export type Combination = Readonly<{name: string; design: Design; parts?: readonly PartName[]}>

const combinations: readonly Combination[] = [
	{name: 'small tables, cleared', design: {policy: 'clear', size: '64'}},
	{name: 'large tables, cleared', design: {policy: 'clear', size: '65536'}},
	{name: 'large tables, undone or swapped', design: {policy: 'swap-undo', size: '65536'}},
	{name: 'large tables, tagged', design: {policy: 'epoch-tag', size: '65536'}},
	{name: 'cleared, no spaces kept', design: {policy: 'clear', asids: '0'}},
	{name: 'undone or swapped, no spaces kept', design: {policy: 'swap-undo', asids: '0'}},
	{name: 'undone or swapped, plus one', design: {policy: 'swap-undo', encoding: 'plus-one'}},
	{name: 'in place, without last pages', design: {lookup: 'inline', lastPages: 'off'}},
	// Their counters are what matters: misses by class.
	{name: 'misses of small tables', design: {statistics: 'all', size: '64'}, parts: ['boot', 'switches', 'mix']},
	{name: 'misses of large tables', design: {statistics: 'all', size: '65536'}, parts: ['boot', 'switches', 'mix']},
	{name: 'misses, no spaces kept', design: {statistics: 'all', asids: '0'}, parts: ['boot', 'switches', 'mix']},
]

const everySize = [6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]

export const amounts: Readonly<Record<'quick' | 'whole', Amount>> = {
	quick: {
		minutes: 2,
		rounds: 1,
		harts: [1, 2],
		keys: ['policy', 'size', 'asids'],
		guestValues: {policy: ['clear'], size: ['64'], asids: ['0']},
		combinations: [],
		countsSwitches: false,
		cost: {log2Entries: [6, 9, 12, 14], log2EntriesByEncoding: [], log2EntriesByFill: [12], flushes: 60},
		scale: {bare: 0.2, linux: 0.15},
		workingSets: ['4k', '64k', '1m', '16m', '256m'],
	},
	whole: {
		minutes: 60,
		rounds: 3,
		harts: [1, 2, 4],
		guestValues: {
			size: ['64', '256', '1024', '4096', '16384', '65536', 'qemu', 'adaptive'],
			asids: ['0', '1', '2', '4', '8', '16', '32'],
		},
		combinations,
		countsSwitches: true,
		cost: {log2Entries: everySize, log2EntriesByEncoding: [6, 12, 16], log2EntriesByFill: [12], flushes: 200},
		scale: {bare: 0.2, linux: 0.22},
	},
}
export type AmountName = keyof typeof amounts

/** The parts in which a key may matter, or one of its values; what is not here runs in all. */
export const partsOfKey: Readonly<Record<string, readonly PartName[]>> = {
	policy: ['boot', 'storms', 'switches', 'mix'],
	// Whichever is the default: lookups under epoch-tag differ from all others.
	'policy=epoch-tag': guestParts,
	'policy=swap-undo': guestParts,
	encoding: ['boot', 'compute', 'switches', 'mix'],
	lookup: ['boot', 'compute', 'switches', 'mix'],
	lastPages: ['boot', 'compute', 'switches', 'mix'],
	victim: ['boot', 'compute', 'switches', 'mix'],
	index: ['boot', 'compute', 'switches', 'mix'],
	asids: ['boot', 'switches', 'mix'],
	statistics: ['boot', 'compute', 'mix'],
	'statistics=all': ['boot', 'compute', 'switches', 'mix'],
	debug: ['boot', 'storms', 'mix'],
}

/** Entries filled in each table: few, half and all; or many steps. */
export const fewEntries = 16
export const fillsOf = (log2Entries: number): readonly number[] => [
	fewEntries,
	2 ** (log2Entries - 1),
	2 ** log2Entries,
]
export const manyFills = (log2Entries: number): readonly number[] =>
	Array.from({length: log2Entries - 1}, (_, step) => 2 ** (step + 2))

/** A measurement of the default design comes again after so many others, so that each has one near it in time. */
export const othersPerDefault = 8
