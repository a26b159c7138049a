/** A machine's counters as plain objects, for people and for --stats. */
import type {SharedMemory, VcpuBlocks} from '../memory/index.ts'
import type {Rcu, RcuStatistics} from '../rcu/index.ts'
import type {SharedTlbStatistics, Tlb, TlbStatistics} from '../tlb/index.ts'
import {HartRegisters, RegionStatus} from '../vcpu-worker/index.ts'
import type {TranslationStatistics} from './translation/index.ts'

const counters = [
	'traps',
	'interrupts',
	'pageWalks',
	'mmioAccesses',
	'codePagesDecoded',
	'codePagesChanged',
	'codeCacheResets',
	'instructionsDecoded',
	'instructionsTranslated',
	'regionEntries',
	'regionReentries',
	'regionMisses',
	'regionDepthLimits',
] as const

export type HartStatistics = Readonly<Record<(typeof counters)[number], number>> &
	Readonly<{
		hart: number
		instructions: number
		/** Of all instructions, those that were interpreted: 0 to 1. */
		interpretedShare: number
		/** Returns of translated code to the interpreter, by reason. */
		regionExits: Readonly<{jump: number; safepoint: number; trap: number}>
		tlb: TlbStatistics
	}>

export type MachineStatistics = Readonly<{
	harts: readonly HartStatistics[]
	rcu: RcuStatistics
	/** The pool of TLB tables and remote flushes. */
	tlbPool: SharedTlbStatistics
	/** Absent while all code is interpreted, or each hart translates by itself. */
	translation?: TranslationStatistics
}>

export function readStatistics(machine: {
	memory: SharedMemory
	blocks: VcpuBlocks
	rcu: Rcu
	tlb: Tlb
	translation: TranslationStatistics | undefined
}): MachineStatistics {
	const harts = Array.from({length: machine.blocks.count}, (_, hart): HartStatistics => {
		const registers = new HartRegisters(machine.memory, machine.blocks.base(hart))
		const values = Object.fromEntries(counters.map((name) => [name, registers.number(name)]))
		// While the hart runs, instret counts its whole slice.
		const instructions = registers.number('instret') - (registers.word('budget') | 0)
		const exits = (status: number) => registers.number('regionExits', status)
		const {jump, restart, trap} = RegionStatus
		return {
			hart,
			instructions,
			// A region that runs has all that is left of the slice counted as its own.
			interpretedShare:
				instructions > 0 ? Math.max(0, 1 - registers.number('instructionsTranslated') / instructions) : 0,
			regionExits: {jump: exits(jump), safepoint: exits(restart), trap: exits(trap)},
			...(values as Record<(typeof counters)[number], number>),
			tlb: machine.tlb.tlbStatistics(hart),
		}
	})
	const {rcu, tlb, translation} = machine
	return {harts, rcu: rcu.statistics(), tlbPool: tlb.sharedStatistics(), ...(translation && {translation})}
}
