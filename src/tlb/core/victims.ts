/**
 * A table's victim TLB: the entries that fills displaced last. A miss looks there before it walks, and exchanges what it
 * finds with the entry that has its place now. Plain accesses: only the owner reads and writes them.
 */
import {TLB_ENTRY_SIZE, TLB_TRAILER_VICTIM_NEXT, TLB_TRAILER_VICTIMS, VICTIM_COUNT} from '../../../build/hart/offsets'
import {hasVictims, trailerOf} from './table'

/** Before a fill displaces the entry. */
export function keepVictim(descriptor: u32, entry: u32): void {
	const trailer = trailerOf(descriptor)
	const next = load<u32>(trailer, TLB_TRAILER_VICTIM_NEXT)
	// Its bit above those of the place says that there are victims.
	store<u32>(trailer, VICTIM_COUNT | ((next + 1) & (VICTIM_COUNT - 1)), TLB_TRAILER_VICTIM_NEXT)
	memory.copy(victimAt(trailer, next & (VICTIM_COUNT - 1)), entry, TLB_ENTRY_SIZE)
}

/** @param tag of a page. @param kind TLB_ENTRY_…_TAG. @returns the victim with that tag; 0: none. */
export function findVictim(descriptor: u32, tag: u64, kind: u32): u32 {
	// Zero is the tag of page 0 under poison-zero, and those of a place without a victim: that page is walked for.
	if (tag == 0 || !hasVictims(descriptor)) return 0
	const trailer = trailerOf(descriptor)
	for (let index: u32 = 0; index < VICTIM_COUNT; index++) {
		const victim = victimAt(trailer, index)
		if (load<u64>(victim + kind) == tag) return victim
	}
	return 0
}

/**
 * Brings back the victim with a tag.
 * @param entry of its page. @param kind TLB_ENTRY_…_TAG. @returns whether there is one: then the entry is it.
 */
export function takeVictim(descriptor: u32, entry: u32, tag: u64, kind: u32): bool {
	const victim = findVictim(descriptor, tag, kind)
	if (victim == 0) return false
	for (let word: u32 = 0; word < TLB_ENTRY_SIZE; word += 8) {
		const displaced = load<u64>(entry + word)
		store<u64>(entry + word, load<u64>(victim + word))
		store<u64>(victim + word, displaced)
	}
	return true
}

export function dropVictims(descriptor: u32): void {
	if (!hasVictims(descriptor)) return
	const trailer = trailerOf(descriptor)
	memory.fill(victimAt(trailer, 0), 0, VICTIM_COUNT * TLB_ENTRY_SIZE)
	store<u32>(trailer, 0, TLB_TRAILER_VICTIM_NEXT)
}

/** @returns the victim that the next one takes the place of; its tags are 0 if there is none. */
export function nextVictim(trailer: u32): u32 {
	return victimAt(trailer, load<u32>(trailer, TLB_TRAILER_VICTIM_NEXT) & (VICTIM_COUNT - 1))
}

export function victimAt(trailer: u32, index: u32): u32 {
	return trailer + TLB_TRAILER_VICTIMS + index * TLB_ENTRY_SIZE
}
