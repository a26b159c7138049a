/** State that generated code, the hart core and the run loop share while a hart runs. A reset initializes it. */
import {array, sharedStruct} from '../memory/index.ts'

/** Pages that sinval.vma has named. */
export const PendingRange = sharedStruct({
	/** Gva, page-aligned. */
	first: 'i64',
	pages: 'i32',
	/** Or -1: in all address spaces. */
	asid: 'i32',
})
export const mostPendingRanges = 8

/** A base register whose accesses are watched: src/translate/roaming.ts. */
export const WatchedRegister = sharedStruct({
	/** roamingId(); 0 = none. */
	id: 'i32',
	/** The number of the page that it led to last, modulo 2^32. */
	page: 'i32',
	/** Whether its latest accesses left the page of the one before: a bit each, the newest lowest. */
	history: 'i32',
	accesses: 'i32',
	/** Of those, how often a branch predictor would have been wrong about that. */
	mispredicted: 'i32',
	unused: array('i32', 3),
})
/** By roamingId(). */
export const watchedRegisters = 64
/** Two-bit counters of the branch predictor, one a byte: by history and register. */
export const predictorCounters = 4096
/** Accesses that one watch follows. */
export const watchedAccesses = 4096
/** Added to the stamp of the data table while accesses are watched: no tag has it, so that every access whose page is to be looked up is a miss. */
export const watchStamp = 16
export const mostRoaming = 64

/** Plain: only this vCPU writes it while it runs. */
export const RunState = sharedStruct({
	/** LR's address in shared memory (0 = no reservation), size in bytes, and the value seen. A device register's address is `scratch`. */
	reservationOffset: 'i32',
	reservationBytes: 'i32',
	reservationValue: 'i64',
	/** Guest-physical: the device register that was reserved last. */
	reservedRegister: 'i64',
	/** The exception being raised. */
	trapCause: 'i64',
	trapTval: 'i64',
	/** Retired instructions + 1 at the last trap; the first of the traps at that count. For reports of a stuck hart. */
	lastTrapRetired: 'i64',
	firstTrapCause: 'i64',
	firstTrapPc: 'i64',
	/** A value passed through memory: MMIO data, split accesses, CSR results. */
	scratch: 'i64',
	/** Instructions left in this ration; kept here while generated code calls the core. */
	budget: 'i32',
	/** Instructions of the slice that no ration has been made of yet. The slice has budget + reserve instructions left. */
	reserve: 'i32',
	/** Slow work left until the core looks at the clock again; see hart/core/slow.ts. */
	untilClock: 'i32',
	/** What `untilClock` was when the last ration was handed out; how much smaller rations are now, log2. */
	clockSeen: 'i32',
	rationShift: 'i32',
	/** Regime of data accesses and of fetches, kept current by the hart core. */
	dataRegime: 'i32',
	fetchRegime: 'i32',
	/** Incremented by fence.i, and where code changed: decoded pages of an older generation are verified before use. */
	codeGeneration: 'i32',
	/** The generation of the last fence.i: pages that are older are compared, whatever their version says, where there are other harts. */
	fencedGeneration: 'i32',
	/** The slot whose instruction is to be interpreted, not run by a region, when it is decoded next; 0 = none. */
	interpretAt: 'i32',
	/** The GuestPage of an atomic store to code, to be announced once it is done; 0 = none. */
	storedPage: 'i32',
	/** Pauses in quick succession, and turns of loops that can only wait for memory: hart/core/pause.ts. */
	pauses: 'i32',
	/** watchStamp while accesses are watched, else 0; how many are left to watch; whose they are. */
	watch: 'i32',
	watchLeft: 'i32',
	watched: array('i64', (watchedRegisters * WatchedRegister.size) / 8),
	predictor: array('i64', predictorCounters / 8),
	/** Ids of registers that roam, the latest mostRoaming of them. */
	roaming: array('i32', mostRoaming),
	/**
	 * The data and fetch tables that generated code loaded at its last restart, with masks (entries − 1) × TlbEntry.size.
	 * `dataTable` is 0 while no slice runs.
	 */
	dataTable: 'i32',
	dataMask: 'i32',
	/** Under epoch-tag: the encoding's bias plus the table's generation. */
	dataStamp: 'i64',
	fetchStamp: 'i64',
	/** Where the data table keeps last pages (TlbTableTrailer.lastPages). */
	lastPages: 'i32',
	fetchTable: 'i32',
	fetchMask: 'i32',
	/** 1: ecall from S returns to the run loop (built-in SBI); 0: it traps. */
	builtInSbi: 'i32',
	/** How many of `pendingRanges` are to be invalidated at the next sfence.inval.ir: hart/core/invalidations.ts. */
	pendingCount: 'i32',
	/** mostPendingRanges × PendingRange. */
	pendingRanges: array('i64', (mostPendingRanges * PendingRange.size) / 8),
	/** Activity: what this vCPU's thread does; and the address that this is about. Other threads read them for reports. */
	activity: 'i32',
	activityAt: 'i64',
})

/** Instructions that a region runs between two checks of the doorbell, at most: some microseconds. */
export const largestRation = 4096

/** A hart that pauses this often in the largest ration, or as densely in more smaller ones, spins: it waits for another. */
export const spinPauses = 64
