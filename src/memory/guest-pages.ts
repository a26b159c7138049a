/** What all harts know of a page of guest RAM: where it holds code that some hart has decoded, and who may write it on the fast path. */
import type {SharedMemory} from './shared-memory.ts'
import {sharedStruct} from './shared-struct.ts'

/** Bytes of code that share a bit of GuestPage.codeLines. */
export const codeLineBytes = 64

/**
 * One per 4 KiB of guest RAM. Written by any hart, atomically, unless said otherwise. The rules are those of
 * src/hart/core/guest-pages.ts.
 */
export const GuestPage = sharedStruct(
	{
		/** Bit n: some hart relies on code in line n. While any is set, no fill gives a write entry to the page. */
		codeLines: 'i64',
		/** Bit n: hart n may have a write entry. Only hart n sets and clears it. */
		writers: 'i64',
		/**
		 * Bit 0, changed: a store to code was announced, and no hart has compared the page since. Bits 1 to 7: 1 + the hart that
		 * announced it, which was not told itself, or 0. The rest, 24 bits, counts such announcements: a hart that does not
		 * look meanwhile misses them if they are an exact multiple of 2^24, and each but the last was compared by another hart.
		 */
		version: 'i32',
		/** Two more each time that the page was given up as code; odd while it is. */
		life: 'i32',
		/** Slow stores since code was last decoded. Plain: a lost count does no harm. */
		stores: 'i32',
	},
	{align: 32},
)

export const guestPagesRegion = 'guest-pages'

/** Of GuestPage.version. */
export const Version = {changed: 1, announcer: 0xfe, count: ~0xff, next: 0x100} as const

/**
 * Tells harts that a device has written guest RAM, after it has. Any thread.
 * @param options.ring tells every hart to compare the pages that have changed.
 * @param options.first the first byte, from the start of guest RAM.
 */
export function announceWrite(
	memory: SharedMemory,
	{first, length, ring}: {first: number; length: number; ring: () => void},
): void {
	const region = memory.map.regions[guestPagesRegion]
	if (!region || length === 0) return
	let changed = false
	const last = Math.floor((first + length - 1) / 4096)
	for (let page = Math.floor(first / 4096); page <= last; page++) {
		const word = (region.offset + page * GuestPage.size) / 4
		const lines = word + GuestPage.offset.codeLines / 4
		// After the writes, which may be plain: an atomic read-modify-write orders them before the look at the lines. Pairs with
		// coverBytes() in the hart core, which marks lines and then reads the code.
		Atomics.or(memory.i32, word + GuestPage.offset.version / 4, 0)
		if ((Atomics.load(memory.i32, lines) | Atomics.load(memory.i32, lines + 1)) === 0) continue
		changed = announce(memory, word + GuestPage.offset.version / 4) || changed
	}
	if (changed) ring()
}

/** @returns whether harts must be told: no earlier store waits to be compared. */
function announce(memory: SharedMemory, version: number): boolean {
	for (;;) {
		// Pairs with takeVersion() in the hart core, which clears the bit and then reads the code: where the bit is set still,
		// whoever clears it sees the write.
		const before = Atomics.load(memory.i32, version)
		const isChanged = (before & Version.changed) !== 0
		if (isChanged && (before & Version.announcer) === 0) return false
		const after = isChanged
			? before & ~Version.announcer
			: ((before & Version.count) + Version.next) | Version.changed | 0
		if (Atomics.compareExchange(memory.i32, version, before, after) === before) return true
	}
}
