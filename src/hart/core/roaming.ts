/** Watches where base registers lead, and how well a branch predictor would know: see src/translate/roaming.ts. */
import {
	PAGE_SHIFT,
	PREDICTOR_COUNTERS,
	RUN_DATA_STAMP,
	RUN_PREDICTOR,
	RUN_WATCH,
	RUN_WATCH_LEFT,
	RUN_WATCHED,
	WATCH_STAMP,
	WATCHED_ACCESSES,
	WATCHED_HISTORY,
	WATCHED_ID,
	WATCHED_MISPREDICTED,
	WATCHED_PAGE,
	WATCHED_REGISTERS,
	WATCHED_SIZE,
} from '../../../build/hart/offsets'
import {hart} from './hart'

/** Accesses that the predictor looks back on. */
const HISTORY: u32 = 0xfff

/** An access, while they are watched. Plain throughout: only this vCPU writes any of it. @param id of its base register. */
export function follow(id: u32, address: u64): void {
	const left = load<i32>(hart, RUN_WATCH_LEFT) - 1
	store<i32>(hart, left, RUN_WATCH_LEFT)
	if (left <= 0) endWatch()
	const page = <u32>(address >> PAGE_SHIFT)
	const register = hart + RUN_WATCHED + (id & (WATCHED_REGISTERS - 1)) * WATCHED_SIZE
	if (load<u32>(register, WATCHED_ID) != id) {
		// Another register had its place.
		memory.fill(register, 0, WATCHED_SIZE)
		store<u32>(register, id, WATCHED_ID)
		store<u32>(register, page, WATCHED_PAGE)
	}
	const leaves: u32 = load<u32>(register, WATCHED_PAGE) != page ? 1 : 0
	const history = load<u32>(register, WATCHED_HISTORY)
	if (predict(history ^ (id << 6), leaves) != leaves) count(register + WATCHED_MISPREDICTED)
	store<u32>(register, ((history << 1) | leaves) & HISTORY, WATCHED_HISTORY)
	store<u32>(register, page, WATCHED_PAGE)
	count(register + WATCHED_ACCESSES)
}

/** @returns what the two-bit counter says, which then learns what happened. */
function predict(place: u32, happened: u32): u32 {
	const counter = hart + RUN_PREDICTOR + (place & (PREDICTOR_COUNTERS - 1))
	const before = load<u8>(counter)
	store<u8>(counter, happened ? min(before + 1, 3) : before == 0 ? 0 : before - 1)
	return before >= 2 ? 1 : 0
}

function count(place: u32): void {
	store<u32>(place, load<u32>(place) + 1)
}

function endWatch(): void {
	store<u32>(hart, 0, RUN_WATCH)
	store<u64>(hart, load<u64>(hart, RUN_DATA_STAMP) & ~WATCH_STAMP, RUN_DATA_STAMP)
}
