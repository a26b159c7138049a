/** The vCPUs' shadows, from outside: what other threads note in them, and the figures. */
import type {SharedMemory} from '../memory/index.ts'
import {type LatencySummary, recordLatency, summarizeLatency} from '../rcu/index.ts'
import {
	causeBits,
	MissClass,
	rememberedLives,
	resizeCause,
	type ShadowSize,
	TlbShadow,
	unknownCause,
} from './shadow-layout.ts'
import {trailerWord} from './table.ts'
import {FlushCause, TlbState} from './tlb-layout.ts'

/** Misses of sampled pages, by cause; each stands for `sampledOneIn` misses. */
export type MissStatistics = Readonly<Record<keyof typeof MissClass, number>> &
	Readonly<{
		sampledOneIn: number
		/** Of conflict and capacity misses, those that may as well be the other. */
		uncertain: number
		/** Entries that a flush took and that were used again, by the flush's cause. */
		flush: Readonly<Record<keyof typeof FlushCause | 'resize' | 'unknown', number>>
		/** Pages that the sample has forgotten; each counts as cold when it is filled again. */
		givenUp: number
	}>

/** What flushes cost their owner, nanoseconds. */
export type FlushCosts = Readonly<{inPlace: LatencySummary; byRunLoop: LatencySummary}>

/** Before the vCPU runs; thus plain. @param state offset of its TlbState. @param shadow that of its TlbShadow. */
export function initializeShadow(
	{i32}: SharedMemory,
	state: number,
	{shadow, size}: {shadow: number; size: ShadowSize},
): void {
	i32[(state + TlbState.offset.shadow) >>> 2] = shadow
	i32[(shadow + TlbShadow.offset.sampleMask) >>> 2] = size.sampledOneIn - 1
	i32[(shadow + TlbShadow.offset.setMask) >>> 2] = size.sets - 1
}

/**
 * The vCPU's table was emptied or taken away from outside its hart core, for a FlushCause or resizeCause, unless its owner
 * has noted why. As noteEmptied() in core/shadow.ts.
 * Atomics that order nothing: statistics. If the owner fills the table meanwhile, the cause may be lost.
 */
export function noteEmptied(memory: SharedMemory, state: number, descriptor: number, cause: number): void {
	const words = memory.i32
	// Plain: written before the vCPU ran.
	const shadow = words[(state + TlbState.offset.shadow) >>> 2]!
	if (shadow === 0) return
	const life = Atomics.load(words, trailerWord(descriptor, 'life'))
	if (life === 0) return
	const end = ((shadow + TlbShadow.offset.ends) >>> 2) + (life & (rememberedLives - 1))
	if (Atomics.load(words, end) >>> causeBits !== life) Atomics.store(words, end, (life << causeBits) | cause)
}

/** On the owner's thread, after a flush. */
export function recordFlushCost(
	memory: SharedMemory,
	shadow: number,
	{nanoseconds, where}: {nanoseconds: number; where: 'inPlace' | 'byRunLoop'},
): void {
	recordLatency(memory.i32, shadow + TlbShadow.offset[where], Math.min(nanoseconds, 0xffff_ffff))
}

export function readMisses({i32}: SharedMemory, shadow: number): MissStatistics {
	// Statistics: the loads order nothing.
	const value = (offset: number) => Atomics.load(i32, (shadow + offset) >>> 2) >>> 0
	const byNumber = <Name extends string>(names: Readonly<Record<Name, number>>, first: number) =>
		Object.fromEntries(
			Object.entries<number>(names).map(([name, number]) => [name, value(first + number * 4)]),
		) as Record<Name, number>
	return {
		sampledOneIn: value(TlbShadow.offset.sampleMask) + 1,
		...byNumber(MissClass, TlbShadow.offset.misses),
		uncertain: value(TlbShadow.offset.uncertain),
		flush: byNumber({...FlushCause, resize: resizeCause, unknown: unknownCause}, TlbShadow.offset.flushed),
		givenUp: value(TlbShadow.offset.givenUp),
	}
}

export function readFlushCosts({i32}: SharedMemory, shadow: number): FlushCosts {
	const summary = (where: 'inPlace' | 'byRunLoop') => summarizeLatency(i32, shadow + TlbShadow.offset[where])
	return {inPlace: summary('inPlace'), byRunLoop: summary('byRunLoop')}
}
