/** pause, wrs.nto and wrs.sto: a hart that does so again and again waits for another, and can do without its core. */
import {DOORBELL_SPIN, RUN_PAUSES, SPIN_PAUSES, WORDS_DOORBELL} from '../../../build/hart/offsets'
import {hart} from './hart'

/** Also called in each turn of a translated loop that can only wait for memory. */
export function pause(): void {
	// Plain: only this vCPU counts.
	const pauses = load<i32>(hart, RUN_PAUSES) + 1
	store<i32>(hart, pauses, RUN_PAUSES)
	// Its own bell, for its own run loop, which it comes back to at the next safepoint. Atomic because others ring too; orders nothing.
	if (pauses == SPIN_PAUSES) atomic.or<i32>(hart, DOORBELL_SPIN, WORDS_DOORBELL)
}

/**
 * A ration ends: only pauses in quick succession count, more than one in LARGEST_RATION / SPIN_PAUSES instructions. A loop that also
 * reads the clock has small rations, which hold few pauses each.
 * @param shift log2 of LARGEST_RATION / the ration.
 */
export function ebbPauses(shift: i32): void {
	const pauses = load<i32>(hart, RUN_PAUSES)
	// After the bell it counts anew.
	const most = <i32>SPIN_PAUSES
	store<i32>(hart, pauses < most ? max(pauses - (most >> shift), 0) : 0, RUN_PAUSES)
}

export function forgetPauses(): void {
	store<i32>(hart, 0, RUN_PAUSES)
}
