/** One vCPU's block in shared memory: the words others write, its TLB state, and its hart's architectural state. */
import {array, sharedStruct, VcpuWords} from '../memory/index.ts'
import {TlbState} from '../tlb/index.ts'

/** Architectural state. Plain: only this vCPU writes it while it runs, anyone reads it while it is parked. */
export const HartState = sharedStruct(
	{
		x: array('i64', 32),
		f: array('i64', 32),
		pc: 'i64',
		/** Privilege: 0 U, 1 S, 3 M. */
		privilege: 'i32',
		hartId: 'i32',
		/** Accrued exception flags, bits 4–0 NV DZ OF UF NX. */
		fflags: 'i32',
		frm: 'i32',
		mstatus: 'i64',
		mtvec: 'i64',
		medeleg: 'i64',
		mideleg: 'i64',
		mie: 'i64',
		/** Software-writable bits of mip (SEIP's and, without Sstc, STIP's). SSIP lives in pendingInterrupts. */
		mipSoftware: 'i64',
		mscratch: 'i64',
		mepc: 'i64',
		mcause: 'i64',
		mtval: 'i64',
		mcounteren: 'i64',
		mcountinhibit: 'i64',
		menvcfg: 'i64',
		mseccfg: 'i64',
		stvec: 'i64',
		sscratch: 'i64',
		sepc: 'i64',
		scause: 'i64',
		stval: 'i64',
		satp: 'i64',
		scounteren: 'i64',
		senvcfg: 'i64',
		stimecmp: 'i64',
		pmpcfg: array('i64', 16),
		pmpaddr: array('i64', 64),
		/** Retired instructions, with all of a slice counted as it begins: less `budget` while it runs. Wraps. */
		instret: 'i64',
		/** Added to instret to give mcycle / minstret after a guest wrote them. */
		mcycleOffset: 'i64',
		minstretOffset: 'i64',
		/** LR's address in shared memory (0 = no reservation), size in bytes, and the value seen. */
		reservationOffset: 'i32',
		reservationBytes: 'i32',
		reservationValue: 'i64',
		// --- between generated code, the hart core and the run loop ---
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
		/** Bumped by fence.i: decoded pages of an older generation are compared with memory before use. */
		codeGeneration: 'i32',
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
		// statistics, plain: only this vCPU writes
		traps: 'i64',
		interrupts: 'i64',
		pageWalks: 'i64',
		mmioAccesses: 'i64',
		codePagesDecoded: 'i64',
		codePagesChanged: 'i64',
		codeCacheResets: 'i64',
		instructionsDecoded: 'i64',
		/** Instructions retired by translated regions, and how often the interpreter entered one. */
		instructionsTranslated: 'i64',
		regionEntries: 'i64',
		/** Returns of regions to the interpreter by RegionStatus, and the entries that followed a jump's at once. */
		regionExits: array('i64', 4),
		regionReentries: 'i64',
		/** Jumps of regions that ended there: no region at the target; calls nested too deep. */
		regionMisses: 'i64',
		regionDepthLimits: 'i64',
		/** Where chains are counted: regions called and jumped to, in the same module or through their slots; returns after which the caller went on. */
		directCalls: 'i64',
		slotCalls: 'i64',
		directJumps: 'i64',
		slotJumps: 'i64',
		returnsTaken: 'i64',
		/** Likewise: calls whose callee did not come back to the caller, by the RegionStatus that was handed up. */
		callsUnwound: array('i64', 4),
	},
	{align: 128},
)

export const VcpuBlock = sharedStruct({words: VcpuWords, tlb: TlbState, hart: HartState}, {align: 4096})

/** Names of the memory regions that vCPUs use. */
export const vcpuRegions = {blocks: 'vcpu', codeCaches: 'code-caches', rom: 'rom', ram: 'ram'} as const

/** One guest-physical page of decoded instructions, private to a vCPU. The slot of the instruction at page offset o is slots + o / 2 × 8. */
export const CodePage = sharedStruct(
	{
		/** 2048 instruction slots and two sentinels (an instruction that ends the page falls into one). */
		slots: array('i64', 2050),
		/** The bytes that were decoded, and up to two more of an instruction that crosses the page. */
		snapshot: array('i64', 513),
		/** Offset in shared memory of the physical page; 0 = unused. */
		page: 'i32',
		generation: 'i32',
		/** Tells this copy of this page from all others that this vCPU ever made; 0 in the scratch page only, which is no copy. */
		snapshotNumber: 'i64',
		/** How often the interpreter has jumped to each slot. */
		counters: array('i16', 2048),
	},
	{align: 64},
)

/** A decoded instruction. Register operands are byte offsets into x or f (number × 8). */
export const Slot = sharedStruct({
	/** Index of the handler; 0 decodes the instruction first. */
	handler: 'i16',
	/** rd; for stores and branches rs2. */
	a: 'i8',
	/** rs1, or the CSR immediate. */
	b: 'i8',
	/** The immediate, the CSR number, or rs2 | rs3 << 8 | rm << 16. */
	c: 'i32',
})
