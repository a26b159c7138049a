/**
 * Rations: instructions that a translated region runs between two checks of the doorbell. A loop tests only its budget,
 * which it counts anyway, and the word that other threads write is not on its path.
 */
import {
	FAULTS,
	LARGEST_RATION,
	POINT_RATION,
	RUN_CLOCK_SEEN,
	RUN_RATION_SHIFT,
	RUN_RESERVE,
	RUN_UNTIL_CLOCK,
} from '../../../build/hart/offsets'
import {passTurn} from '../../tlb/core/env'
import {hart} from './hart'
import {ebbPauses} from './pause'
import {isRung} from './slow'

/** So that the smallest is 64. */
const MOST_SHIFT: i32 = 6
/** Units of slow work (slow.ts) in one ration that make the next one smaller: a few microseconds. */
const MUCH_WORK: u32 = 16

/** @param budget what is left of the ration, below 1. @returns it plus the next one; what it was if a bell is rung. */
export function poll(budget: i32): i32 {
	return isRung() ? budget : ration(budget)
}

/** @returns the budget plus the next ration, which comes out of the reserve. */
export function ration(budget: i32): i32 {
	// Plain: this vCPU's own words.
	const until = load<i32>(hart, RUN_UNTIL_CLOCK)
	// Negative, thus large, after a look at the clock.
	const work = <u32>(load<i32>(hart, RUN_CLOCK_SEEN) - until)
	const before = load<i32>(hart, RUN_RATION_SHIFT)
	const shift = work >= MUCH_WORK ? min(before + 2, MOST_SHIFT) : max(before - 1, 0)
	store<i32>(hart, until, RUN_CLOCK_SEEN)
	store<i32>(hart, shift, RUN_RATION_SHIFT)
	const reserve = load<i32>(hart, RUN_RESERVE)
	ebbPauses(before)
	let next = min(reserve, <i32>LARGEST_RATION >> shift)
	if (FAULTS) next = inTurn(next)
	store<i32>(hart, reserve - next, RUN_RESERVE)
	return budget + next
}

/** In serial mode other threads come between two rations. */
function inTurn(next: i32): i32 {
	const most = passTurn(POINT_RATION)
	return most > 0 ? min(next, most) : next
}
