/** A machine's counters as plain objects, for library users and --stats. */
import {RegionStatus} from '../codegen/index.ts'
import {HartRegisters} from '../hart/index.ts'
import type {SharedMemory, VcpuBlocks} from '../memory/index.ts'
import type {Rcu, RcuStatistics} from '../rcu/index.ts'
import type {SharedTlbStatistics, Tlb, TlbDesign, TlbStatistics} from '../tlb/index.ts'
import type {HartTime} from '../trace/index.ts'
import type {Balloon, BalloonStatistics} from './balloon.ts'
import type {MachineTimes, TraceStatistics} from './tracing/index.ts'
import {type KeptStatistics, type TranslationStatistics, translationByHarts} from './translation/index.ts'

const counters = [
	'traps',
	'interrupts',
	'pageWalks',
	'mmioAccesses',
	'codePagesDecoded',
	'codePagesChanged',
	'codeCacheResets',
	'instructionsDecoded',
	'halts',
	'haltsPolled',
	'naps',
	'waysGiven',
	'instructionsTranslated',
	'regionEntries',
	'regionReentries',
	'registersRoaming',
	'regionMisses',
	'regionDepthLimits',
] as const

const chains = ['directCalls', 'slotCalls', 'directJumps', 'slotJumps', 'returnsTaken'] as const

/** Ends of regions, by reason. */
type RegionEnds = Readonly<{jump: number; safepoint: number; trap: number; across: number}>

/** Transfers of control between translated regions, without the interpreter. */
export type ChainStatistics = Readonly<Record<(typeof chains)[number], number>> &
	Readonly<{
		/** Calls of regions that did not return to their caller. */
		callsUnwound: RegionEnds
	}>

export type HartStatistics = Readonly<Record<(typeof counters)[number], number>> &
	Readonly<{
		hart: number
		instructions: number
		/** The share of instructions that were interpreted: 0 to 1. */
		interpretedShare: number
		/** Exits from translated code to the interpreter, by reason. */
		regionExits: RegionEnds
		/** Absent unless chains are counted. */
		chains?: ChainStatistics
		/** The share of calls, jumps and returns out of regions that avoided the interpreter: 0 to 1. With `chains`. */
		chainRate?: number
		tlb: TlbStatistics
		/** Absent unless times are noted. */
		time?: HartTime
	}>

export type MachineStatistics = Readonly<{
	harts: readonly HartStatistics[]
	rcu: RcuStatistics
	/** The TLBs' design that is in force: with `atomic-clear`, for instance, `range` is always off. */
	tlb: TlbDesign
	/** The pool of TLB tables and remote flushes. */
	tlbPool: SharedTlbStatistics
	/** Absent if all code is interpreted. If each hart translates its code itself: of all harts together. */
	translation?: TranslationStatistics
	/** Absent if no translations are kept for later runs. */
	translationCache?: KeptStatistics
	/** Absent without a balloon. */
	balloon?: BalloonStatistics
	/** Absent without a trace. */
	trace?: TraceStatistics
}>

export function readStatistics(machine: {
	memory: SharedMemory
	blocks: VcpuBlocks
	rcu: Rcu
	tlb: Tlb
	/** `by harts`: each translates its code itself, and counts. */
	translation: TranslationStatistics | 'by harts' | undefined
	kept: KeptStatistics | undefined
	countsChains: boolean
	times: MachineTimes | undefined
	balloon: Balloon | undefined
}): MachineStatistics {
	const harts = Array.from({length: machine.blocks.count}, (_, hart): HartStatistics => {
		const registers = new HartRegisters(machine.memory, machine.blocks.base(hart))
		const values = Object.fromEntries(counters.map((name) => [name, registers.number(name)]))
		// While the hart runs, instret includes its whole slice.
		const instructions = registers.number('instret') - (registers.word('budget') | 0)
		const regionExits = regionEnds(registers, 'regionExits')
		return {
			hart,
			instructions,
			// A running region has the rest of the slice counted as translated.
			interpretedShare:
				instructions > 0 ? Math.max(0, 1 - registers.number('instructionsTranslated') / instructions) : 0,
			regionExits,
			...(machine.countsChains && readChains(registers, regionExits)),
			...(values as Record<(typeof counters)[number], number>),
			tlb: machine.tlb.tlbStatistics(hart),
			...(machine.times && {time: machine.times.timeOf(hart)}),
		}
	})
	const {rcu, tlb, memory, blocks} = machine
	const translation = machine.translation === 'by harts' ? translationByHarts(memory, blocks) : machine.translation
	const trace = machine.times?.statistics()
	const shared = {tlb: tlb.design, tlbPool: tlb.sharedStatistics()}
	const {kept, balloon} = machine
	return {
		harts,
		rcu: rcu.statistics(),
		...shared,
		...(translation && {translation}),
		...(kept && {translationCache: kept}),
		...(balloon && {balloon: balloon.statistics()}),
		...(trace && {trace}),
	}
}

function regionEnds(registers: HartRegisters, field: 'regionExits' | 'callsUnwound'): RegionEnds {
	const {jump, restart, trap, across} = RegionStatus
	const ends = (status: number) => registers.number(field, status)
	return {jump: ends(jump), safepoint: ends(restart), trap: ends(trap), across: ends(across)}
}

/** Each transfer is counted once: as chained, or as an exit to the interpreter. */
function readChains(
	registers: HartRegisters,
	{jump: unchained}: RegionEnds,
): Required<Pick<HartStatistics, 'chains' | 'chainRate'>> {
	const counts = Object.fromEntries(chains.map((name) => [name, registers.number(name)]))
	const chained = Object.values(counts).reduce((sum, count) => sum + count, 0)
	return {
		chains: {
			...(counts as Record<(typeof chains)[number], number>),
			callsUnwound: regionEnds(registers, 'callsUnwound'),
		},
		chainRate: chained > 0 ? chained / (chained + unchained) : 0,
	}
}
