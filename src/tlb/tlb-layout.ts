/** The layout that the TLB shares with generated code and with the hart core: entry, table, per-vCPU state. */
import {array, sharedStruct} from '../memory/index.ts'

/**
 * One translation of a 4 KiB page, found at index = virtual page number & (entries − 1); with `index=hashed`, of
 * number ^ (number >> indexFold).
 *
 * A tag is the page's full 64-bit virtual address with the low 12 bits clear, plus the encoding's bias, 0 or 1, plus the
 * table's generation. An access of `bytes` hits when `(gva & ~(0xfff ^ (bytes − 1))) + bias + generation == tag`, so a
 * misaligned access misses as well. A zeroed entry is empty, and so is a zeroed table, except slot 0 if bias and
 * generation are 0: see tag-encoding.ts.
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

/** log2 of the pages after which indices begin anew, in another order: those of a 2 MiB page. */
export const indexFold = 9

/** No access matches it: bits 3 and 4 of a masked address are 0, and bias and generation set at most bit 3. */
export const neverTag = -1n

/**
 * With debug=on every word of a table in quarantine but `filled`, which is 0. No access matches a tag of two such words: bit 4 is
 * set, as in neverTag. Nor does one match a last page or a megapage of them. As a count it is larger than any.
 */
export const canaryWord = 0x0dea_d71b

/**
 * Set in the write tag of a page that holds decoded code: no access matches it either (with the bias, a misaligned one reaches
 * 8, this 9), and the hart core knows the page without a walk. Each store to it comes there, and is noticed.
 */
export const trackedBit = 8

/** The page that a base register of translated code last led to, kept for later regions. */
export const TlbLastPage = sharedStruct({
	/** The page's address + 1, whatever the encoding; 0 = none. */
	tagPlusOne: 'i64',
	/** Offset in shared memory = low 32 bits of gva + addend. */
	addend: 'i32',
})

/** x registers whose last pages are kept, since functions share them: stack, global, thread and frame pointer. */
export const lastPageRegisters: readonly number[] = [2, 3, 4, 8]

/** Those of loads, then those of stores. */
export const lastPageCount = 2 * lastPageRegisters.length

/**
 * 2 MiB of contiguous guest RAM, inside one leaf or in a regime that does not translate, found at
 * index = (gva >> largePageShift) & (largePageCount − 1). Saves the walks for its other pages.
 */
export const TlbLargePage = sharedStruct({
	/** Its gva plus the table's generation, so that a flush from outside ends it with the entries. */
	base: 'i64',
	addend: 'i32',
	/** MAY_ bits (src/hart/core/regimes.ts): 1 read, 2 write (and it is dirty), 4 execute; 0 = empty. */
	may: 'i32',
})
export const largePageCount = 64
export const largePageShift = 21

/** Places for the superpages of a table: one bit each in `superpagesUnnamed`. */
export const superpageCount = 64

/** Entries of a victim TLB. */
export const victimCount = 8

/** Displaced pages of a sample that a table remembers, and returns of them after which it shall grow, a power of two. */
export const displacedCount = 32
export const returnsToGrow = 8

/** Entries that a table's log has room for; with it the trailer still fits into one page. */
export const logCapacity = 1024

/** Follows a table's entries, at tableAddress + (entries × TlbEntry.size). All but `clearings` and the log is zeroed with them. */
export const TlbTableTrailer = sharedStruct(
	{
		/**
		 * Not 0 once the owner may have filled an entry. Set (atomically) before the page walk, so that a flusher that
		 * reads 0 may elide the swap; 0 again, atomically, after the owner has emptied the table in place.
		 */
		filled: 'i32',
		/** Counts the times that another thread has cleared the entries (atomic-clear). Atomic; never zeroed. */
		clearings: 'i32',
		/**
		 * Count of nonzero entries, under epoch-tag of those of the present generation; without slot 0 if that is poisoned
		 * (`poison-zero`). More if entries were invalidated, or cleared by another thread. Plain: only the owner writes.
		 */
		logged: 'i32',
		/** Not 0 once an entry of a page without PTE.G may have been filled. Plain: only the owner reads and writes it. */
		local: 'i32',
		/** If sizes change: entries that were filled since the table was last empty, of the present generation. */
		used: 'i32',
		/** How many pages of the sample came back, and hashes of those that were displaced: core/sizing.ts. */
		returned: 'i32',
		/**
		 * With statistics: the number of the table's life, which began with a fill of a sampled page (0 = there was none), a
		 * hash of the regime and address space whose pages it holds, and all fills since it was empty. The owner's; whoever
		 * empties the table from outside reads `life`. See core/shadow.ts.
		 */
		life: 'i32',
		lifeSpace: 'i32',
		lifeFills: 'i32',
		/** victimCount plus the victim's place that is filled next; 0 = there are none, and their places are zeroes. */
		victimNext: 'i32',
		displaced: array('i16', displacedCount),
		/**
		 * Superpages that were filled as 4 KiB pieces: bit n = some of 2^n bytes, or (n = largePageShift) large pages. If it
		 * is 0, `superpages` and `largePages` are zeroes. This and the next ones are plain, as `logged`.
		 */
		superpageSizes: 'i64',
		/** Bit n = superpages besides the one that place n names. */
		superpagesUnnamed: 'i64',
		/** lastPageCount × TlbLastPage. */
		lastPages: array('i64', (lastPageCount * TlbLastPage.size) / 8),
		/** Each a gva | log2 of its bytes, at the place that core/superpages.ts derives from both; 0 = none. */
		superpages: array('i64', superpageCount),
		/** largePageCount × TlbLargePage. */
		largePages: array('i64', (largePageCount * TlbLargePage.size) / 8),
		/** victimCount × TlbEntry. */
		victims: array('i64', (victimCount * TlbEntry.size) / 8),
		/** Indices (u16) of the first `logCapacity` of these entries, in order of their first fill. Plain, as `logged`. */
		log: array('i16', logCapacity),
	},
	{align: 64},
)

/**
 * Translation regimes, each with a table of its own. The first two do not translate: M-mode, and the privileges below
 * it while satp is Bare, which PMP treats differently. Those from `supervisor` on do.
 */
export const Regime = {machine: 0, bare: 1, supervisor: 2, supervisorSum: 3, user: 4} as const
export type Regime = (typeof Regime)[keyof typeof Regime]
export const regimeCount = 5

/**
 * Low bits of a descriptor word, which are not the table's address: tables are 4 KiB-aligned. Bits 4–0 hold log2 of its
 * entry count. Bits 11–5 hold its generation, which its tags repeat in the same bits; 0 unless the policy is epoch-tag.
 */
export const descriptorLog2Mask = 0x1f
export const generationMask = 0xfe0
/** Of a cleared table under epoch-tag, and from one generation to the next. */
export const generationStep = 0x20

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
	/** The code cache was reset, so that entries' `code` would point at other pages' slots. */
	codeCacheReset: 8,
} as const
export type FlushCause = (typeof FlushCause)[keyof typeof FlushCause]

/** How an owner empties a table that has more entries than `undoLimit`. */
export const Emptying = {
	/** The run loop replaces the table. */
	replace: 0,
	clear: 1,
	/** By atomic stores; other threads clear it so, too. */
	clearAtomically: 2,
	/** By a new generation; the run loop replaces the table when there is none left. */
	nextGeneration: 3,
} as const
export type Emptying = (typeof Emptying)[keyof typeof Emptying]

/** Whether tables change their size; and when. Limits are log2 of entries. */
export const Sizing = {fixed: 0, qemu: 1, adaptive: 2} as const
export type Sizing = (typeof Sizing)[keyof typeof Sizing]
export const fewestLog2Entries = 6
export const mostLog2Entries = 16
/** The size that tables have at first, and one step of growth. QEMU's: CPU_TLB_DYN_DEFAULT_BITS. */
export const qemuLog2Entries = 8
export const [adaptiveLog2Entries, adaptiveStep] = [12, 2]

/** In TlbState.requestBits: tables that shall grow. The owner's hart core asks its run loop. */
export const resizeBit = 8

/** A kept address space: the tables of the regimes whose pages are its own, supervisorSum and user. */
export const TlbSpace = sharedStruct({
	/** Its satp; 0 = none: the tables may hold anything. */
	satp: 'i64',
	/** Sum of `fencedAll` and of its ASID's count in `fenced`, when the hart last went to it. */
	generation: 'i32',
	/** `spaceClock` when the hart left it: the one with the least is evicted. */
	left: 'i32',
	/** As TlbState.descriptor, of supervisorSum and user. */
	descriptor: array('i32', regimeCount - Regime.supervisorSum),
})
/** Address spaces that a vCPU keeps beside the current one, at most: the greatest value of `--tlb asids`. */
export const mostSpaces = 32
/** Fences are counted by the low bits of the ASID. */
export const asidClasses = 64

/** Per vCPU. */
export const TlbState = sharedStruct(
	{
		/** Table address | log2(entries), per regime. Written by any thread with an atomic exchange. */
		descriptor: array('i32', regimeCount),
		/** Counts the swaps of each regime's table. */
		epoch: array('i32', regimeCount),
		/** Flush requests that others post for the vCPU to carry out, under the doorbell's flush bit: see flush-requests.ts. */
		requestBits: 'i32',
		/** Ring of page ranges. `requestTail` is written by posters under requestLock, `requestHead` by the owner. */
		requestLock: 'i32',
		requestHead: 'i32',
		requestTail: 'i32',
		/** Eight of [firstLow, firstHigh, pages, asid or -1]: the first page's number (gva >> 12) as two words. */
		requests: array('i32', 32),
		// statistics; each counter has one writer unless said otherwise
		fills: 'i64',
		/** Flushes by FlushCause: remote ones are counted atomically by any thread, the others by the owner. */
		flushes: array('i32', 16),
		/** Any thread. */
		swaps: 'i32',
		elided: 'i32',
		poolDry: 'i32',
		/** Tables of another size that took a table's place. */
		resizes: 'i32',
		/** Tables that were emptied by a new generation, and by clearing all entries. */
		generations: 'i32',
		cleared: 'i32',
		/** The owner. */
		pageFlushes: 'i32',
		undone: 'i32',
		/** Tables with at most this many logged entries are undone; -1 = none. Written before the vCPU runs, as those below. */
		undoLimit: 'i32',
		/** Emptying: of the other tables. */
		emptying: 'i32',
		/** Of the machine's encoding: a tag is its page's address plus this. Written before the vCPU runs. */
		tagBias: 'i32',
		/** How many of `spaces` are used. Written before the vCPU runs. */
		spaceCount: 'i32',
		/** 1 if tables have places for large pages in use, else 0. */
		largePages: 'i32',
		/** All ones if the index is hashed, else 0. */
		indexHash: 'i32',
		/** Sizing. */
		sizing: 'i32',
		/** 1 if fills keep victims, else 0. */
		victims: 'i32',
		/** log2 of the entries that the regime's next table shall have; 0 = as before. This and the next ones are the owner's. */
		wantedLog2: array('i32', regimeCount),
		/** The regime's window, if sizing is QEMU's: when it began, and the most entries that a flush found used in it. */
		windowBegan: array('i32', regimeCount),
		windowMost: array('i32', regimeCount),
		/** The time at the last safepoint, modulo 2^32. */
		milliseconds: 'i32',
		/** Of the current space, as TlbSpace.generation. This and the next are the owner's. */
		generation: 'i32',
		/** Counts the times that the hart left a space. */
		spaceClock: 'i32',
		/** Fences of all address spaces by other vCPUs. Any thread. */
		fencedAll: 'i32',
		/** Fences of whole or absent address spaces by other vCPUs, by ASID & (asidClasses − 1). Any thread. */
		fenced: array('i32', asidClasses),
		/** mostSpaces × TlbSpace. The owner's. */
		spaces: array('i64', (mostSpaces * TlbSpace.size) / 8),
		/** Statistics of the owner: spaces that a write of satp found as they were, fenced meanwhile, or not at all. */
		spaceHits: 'i32',
		spaceStale: 'i32',
		spaceMisses: 'i32',
		/** Offset of the vCPU's TlbShadow; 0 = no statistics of misses. Written before the vCPU runs. */
		shadow: 'i32',
		/** 1 if the hart core says when its flushes begin and end; those of single pages only with statistics. Written before the vCPU runs. */
		timesFlushes: 'i32',
		/** The FlushCause of the owner's latest flush. The owner's. */
		flushCause: 'i32',
		/** Generations that the owner itself began in place, by regime: for traces. The owner's. */
		ownGenerations: array('i32', regimeCount),
	},
	{align: 128},
)
