/** What generated code, the hart core and the run loop hand each other while a hart runs. A reset makes it anew. */
import {sharedStruct} from '../memory/index.ts'

/** Plain: only this vCPU writes it while it runs. */
export const RunState = sharedStruct({
	/** LR's address in shared memory (0 = no reservation), size in bytes, and the value seen. */
	reservationOffset: 'i32',
	reservationBytes: 'i32',
	reservationValue: 'i64',
	/** The exception being raised. */
	trapCause: 'i64',
	trapTval: 'i64',
	/** Retired instructions at the last trap; the first of the traps since then without an instruction between them. For reports. */
	lastTrapRetired: 'i64',
	firstTrapCause: 'i64',
	firstTrapPc: 'i64',
	/** A value that travels through memory: MMIO data, split accesses, CSR results. */
	scratch: 'i64',
	/** Instructions left in this slice, kept here across calls. */
	budget: 'i32',
	/** Instructions of the slice that a translated region has not been given yet: left = budget + reserve. 0 outside regions. */
	reserve: 'i32',
	/** Regime of data accesses and of fetches, kept current by the hart core. */
	dataRegime: 'i32',
	fetchRegime: 'i32',
	/** Bumped by fence.i, and where code changed: decoded pages of an older generation are compared with memory before use. */
	codeGeneration: 'i32',
	/** The generation of the last fence.i: pages that are older are compared, whatever their version says. */
	fencedGeneration: 'i32',
	/** The slot whose instruction is to be interpreted, not run by a region, when it is decoded next; 0 = none. */
	interpretAt: 'i32',
	/** The GuestPage of an atomic store to code, to be announced once it is done; 0 = none. */
	storedPage: 'i32',
	/** The data and fetch tables in use, and their masks ((entries − 1) × TlbEntry.size): what generated code loaded at its last restart. */
	dataTable: 'i32',
	dataMask: 'i32',
	/** Where the data table keeps last pages (TlbTableTrailer.lastPages). */
	lastPages: 'i32',
	fetchTable: 'i32',
	fetchMask: 'i32',
	/** 1: ecall from S leaves to the run loop (built-in SBI); 0: it traps to M. */
	builtInSbi: 'i32',
	/** The next free decoded page in this vCPU's code cache, index. */
	codePagesUsed: 'i32',
})
