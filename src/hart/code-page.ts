/** Decoded code: a vCPU's copy of a page of guest instructions. */
import {array, codeLineBytes, pageBytes, sharedStruct} from '../memory/index.ts'

/** Instructions begin at every halfword. */
export const parcelBytes = 2
/**
 * Instruction slots of a page. Two sentinels follow: a 32-bit instruction in the last slot falls through to the second.
 */
export const pageSlots = pageBytes / parcelBytes
/** Page offset of the last parcel: a 32-bit instruction there crosses the page. */
export const lastParcel = pageBytes - parcelBytes

/**
 * One guest-physical page of decoded instructions, private to a vCPU. The slot of the instruction at page offset o is
 * at slots + o / 2 × 8.
 */
export const CodePage = sharedStruct(
	{
		/** `pageSlots` instruction slots and two sentinels. */
		slots: array('i64', pageSlots + 2),
		/** The bytes that were decoded: where `covered` says so, equal to memory. Up to two more of an instruction that crosses the page. */
		snapshot: array('i64', pageBytes / 8 + 1),
		/** Offset in shared memory of the physical page; 0 = unused. */
		page: 'i32',
		generation: 'i32',
		/** Unique among all copies of pages that this vCPU ever made; 0 only in the scratch page, which is no copy. */
		snapshotNumber: 'i64',
		/** Offset in shared memory of the page's GuestPage; 0 = it is not guest RAM, and nobody stores to it. */
		state: 'i32',
		/** GuestPage.life and version that the slots belong to. */
		life: 'i32',
		version: 'i32',
		/** 1: a slot may lead to a translated region. */
		hasRegions: 'i32',
		/** A word per line of code, a bit per halfword: slots or regions rely on it, and stores to it are noticed. */
		covered: array('i32', pageBytes / codeLineBytes),
		/** How often the interpreter has jumped to each slot. */
		counters: array('i16', pageSlots),
	},
	{align: 64},
)

/** Handlers that the hart core writes into slots, beside those of instructions; the interpreter's handlers begin with them. */
export const SlotHandler = {
	/** Decodes the instruction first. */
	decode: 0,
	/** A sentinel: the next instruction lies in another page. */
	pageEnd: 1,
	/** Runs a translated region. */
	region: 2,
	/** The instruction continues in the next guest page. */
	across: 3,
	/** No instruction. */
	illegal: 4,
} as const

/** A decoded instruction. Register operands are byte offsets into x or f (number × 8). */
export const Slot = sharedStruct({
	/** Index of the handler. */
	handler: 'i16',
	/** rd; for stores and branches rs2. */
	a: 'i8',
	/** rs1, or the CSR immediate. */
	b: 'i8',
	/** The immediate, the CSR number, or rs2 | rs3 << 8 | rm << 16. */
	c: 'i32',
})

/** Bytes of slots for each byte of code. */
export const slotBytesPerByte = Slot.size / parcelBytes
