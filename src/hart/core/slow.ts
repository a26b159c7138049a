/** Slow work: what takes a hundred nanoseconds or more. A slice is counted in instructions, so the clock has to be looked at in between. */
import {
	FAULTS,
	HART_INSTRET,
	POINT_SLOW,
	RUN_RESERVE,
	RUN_UNTIL_CLOCK,
	WORDS_DOORBELL,
} from '../../../build/hart/offsets'
import {passTurn} from '../../tlb/core/env'
import {lookAtClock} from './env'
import {hart} from './hart'
import {forgetPauses} from './pause'

/** Units of some hundred nanoseconds between two looks: some ten microseconds. */
const INTERVAL: i32 = 256

/** A CSR access, or a page walk. */
export const SLOW: i32 = 1
/** fence.i, after which pages of code are compared with memory. */
export const SLOWER: i32 = 4
/** An access to a device. */
export const SLOWEST: i32 = 8

/** Counts slow work, and looks at the clock now and then: a timer that is due rings the doorbell. */
export function slowWork(units: i32): void {
	if (FAULTS) passTurn(POINT_SLOW)
	// Plain: only this vCPU counts.
	const left = load<i32>(hart, RUN_UNTIL_CLOCK) - units
	store<i32>(hart, left > 0 ? left : INTERVAL, RUN_UNTIL_CLOCK)
	if (left <= 0) clock()
}

/** Whether a bell waits for an answer. Only checks; the run loop takes the bell. Atomic: pairs with VcpuBlocks.ring(). */
export function isRung(): bool {
	return atomic.load<i32>(hart, WORDS_DOORBELL) != 0
}

/** Looks at the clock; the interpreter does so between rations. */
export function clock(): void {
	forgetPauses()
	if (lookAtClock()) endSlice()
}

/** Gives back all but the present ration. */
function endSlice(): void {
	store<u64>(hart, load<u64>(hart, HART_INSTRET) - <u64>load<i32>(hart, RUN_RESERVE), HART_INSTRET)
	store<i32>(hart, 0, RUN_RESERVE)
}
