/** The layout that the TLB shares with generated code and with the hart core: entry, table, per-vCPU state. */
import {array, sharedStruct} from '../memory/index.ts'

/**
 * One translation of a 4 KiB page, found at index = virtual page number & (entries − 1).
 *
 * A tag is the page's full 64-bit virtual address with the low 12 bits clear, plus the encoding's bias, 0 or 1. An access
 * of `bytes` hits when `(gva & ~(0xfff ^ (bytes − 1))) + bias == tag`, so a misaligned access misses as well. A zeroed
 * entry is empty, and so is a zeroed table, slot 0 aside with the bias 0: see tag-encoding.ts.
 */
export const TlbEntry = sharedStruct({
	readTag: 'i64',
	writeTag: 'i64',
	/** Set only while `code` is not 0. */
	execTag: 'i64',
	/** Offset in shared memory = low 32 bits of gva + addend. */
	addend: 'i32',
	/** Offset of this vCPU's decoded code page for the physical page, or 0. */
	code: 'i32',
})

/** No access matches it: bits 3–11 of a masked address are always 0, and so they are with the bias added. */
export const neverTag = -1n

/**
 * Set in the write tag of a page that holds decoded code: no access matches it either (with the bias, a misaligned one reaches
 * 8, this 9), and the hart core knows the page without a walk. Each store to it comes there, and is noticed.
 */
export const trackedBit = 8

/** A page that translated code led a base register to last, and keeps for the regions to come. */
export const TlbLastPage = sharedStruct({
	/** The page's address + 1, whatever the encoding; 0 = none. */
	tagPlusOne: 'i64',
	/** Offset in shared memory = low 32 bits of gva + addend. */
	addend: 'i32',
})

/** x registers whose last pages are kept: stack, global, thread and frame pointer, which functions hand each other. */
export const lastPageRegisters: readonly number[] = [2, 3, 4, 8]

/** Those of loads, and behind them those of stores. */
export const lastPageCount = 2 * lastPageRegisters.length

/**
 * 2 MiB of guest RAM in one piece, inside one leaf or in a regime that does not translate: at index = (gva >> largePageShift) & (largePageCount − 1).
 * Spares the walk for its other pages.
 */
export const TlbLargePage = sharedStruct({
	base: 'i64',
	addend: 'i32',
	/** MAY_ bits (hart/regimes.ts): 1 read, 2 write (and it is dirty), 4 execute; 0 = empty. */
	may: 'i32',
})
export const largePageCount = 64
export const largePageShift = 21

/** Entries that a table's log has room for; with them the trailer still fits the page that it takes anyway. */
export const logCapacity = 1024

/** What follows the entries of a table, at tableAddress + (entries × TlbEntry.size). All but the log is zeroed with them. */
export const TlbTableTrailer = sharedStruct(
	{
		/**
		 * Not 0 once the owner may have filled an entry. Set (atomically) before the page walk, so that a flusher that reads 0
		 * may elide the swap; 0 again, atomically, after the owner has emptied the table in place.
		 */
		filled: 'i32',
		/** Count of the entries that are not zero, slot 0 aside where it is never zero (`poison-zero`). Plain: only the owner writes. */
		logged: 'i32',
		/** Superpages that were filled as 4 KiB pieces, and the large pages below, lie inside [largeFirst, largeLast] (page-aligned gva, unsigned); both 0 = none. A page flush inside flushes the whole table, and with it the large pages. */
		largeFirst: 'i64',
		largeLast: 'i64',
		/** lastPageCount × TlbLastPage; largePageCount × TlbLargePage. Plain, as `logged`. */
		lastPages: array('i64', (lastPageCount * TlbLastPage.size) / 8),
		largePages: array('i64', (largePageCount * TlbLargePage.size) / 8),
		/** The indices (u16) of those entries, in the order of their first fill: the first `logCapacity` of them. Plain, as `logged`. */
		log: array('i16', logCapacity),
	},
	{align: 64},
)

/**
 * Translation regimes, each with a table of its own. The first two do not translate: M-mode, and the privileges below it
 * while satp is Bare, which PMP treats differently. Those from `supervisor` on do.
 */
export const Regime = {machine: 0, bare: 1, supervisor: 2, supervisorSum: 3, user: 4} as const
export type Regime = (typeof Regime)[keyof typeof Regime]
export const regimeCount = 5

/** Low bits of a descriptor word that hold log2 of the table's entry count; tables are 4 KiB-aligned. */
export const descriptorLog2Mask = 0x1f

/** Why translations were flushed: the index into TlbState.flushes. */
export const FlushCause = {
	sfenceAll: 0,
	sfencePage: 1,
	satpWrite: 2,
	/** MXR, and menvcfg's ADUE and PBMTE, which the tags do not tell apart. */
	statusChange: 3,
	pmpWrite: 4,
	remoteAll: 5,
	remoteRange: 6,
	reset: 7,
	/** The code cache started over, so that entries' `code` would point at other pages' slots. */
	codeCacheReset: 8,
} as const
export type FlushCause = (typeof FlushCause)[keyof typeof FlushCause]

/** Per vCPU. */
export const TlbState = sharedStruct(
	{
		/** Table address | log2(entries), per regime. Written by any thread with an atomic exchange. */
		descriptor: array('i32', regimeCount),
		/** Counts the swaps of each regime's table. */
		epoch: array('i32', regimeCount),
		/** Flush requests for the vCPU itself to carry out, posted by others under the doorbell's flush bit. Bit 0: everything. */
		requestAll: 'i32',
		/** Ring of page ranges. `requestTail` is written by posters under requestLock, `requestHead` by the owner. */
		requestLock: 'i32',
		requestHead: 'i32',
		requestTail: 'i32',
		/** Pairs of u32: virtual page number low and high words are kept as 4 KiB page numbers (52 bits): [firstLow, firstHigh, pages, asid or -1] × 8. */
		requests: array('i32', 32),
		// statistics; each counter has one writer unless said otherwise
		fills: 'i64',
		/** Flushes by FlushCause; those that remote fences cause are bumped atomically by any thread, the others by the owner. */
		flushes: array('i32', 16),
		/** Any thread. */
		swaps: 'i32',
		elided: 'i32',
		poolDry: 'i32',
		/** The owner. */
		pageFlushes: 'i32',
		undone: 'i32',
		/** Tables with at most so many entries logged are emptied by their log; -1 = none. Written before the vCPU runs. */
		undoLimit: 'i32',
		/** Of the machine's encoding: a tag is its page's address plus this. Written before the vCPU runs. */
		tagBias: 'i32',
	},
	{align: 128},
)
