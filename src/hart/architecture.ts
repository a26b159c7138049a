/**
 * Numbers of the privileged architecture: privileges, causes, bits of CSRs and PTEs. The build writes them to
 * build/hart/offsets.ts for the hart core, as STATUS_SIE and so on.
 */

export const Privilege = {user: 0, supervisor: 1, machine: 3} as const

/** mstatus. Privileged spec, "Machine Status (mstatus) Registers". */
export const Status = {
	SIE: 1n << 1n,
	MIE: 1n << 3n,
	SPIE: 1n << 5n,
	MPIE: 1n << 7n,
	SPP: 1n << 8n,
	MPP_SHIFT: 11n,
	MPP: 3n << 11n,
	/** Both bits: dirty. */
	FS: 3n << 13n,
	FS_INITIAL: 1n << 13n,
	MPRV: 1n << 17n,
	SUM: 1n << 18n,
	MXR: 1n << 19n,
	TVM: 1n << 20n,
	TW: 1n << 21n,
	TSR: 1n << 22n,
	/** UXL = 2: 64 bits. */
	UXL_64: 2n << 32n,
	/** SXL = 2: 64 bits. */
	SXL_64: 2n << 34n,
	SD: 1n << 63n,
} as const

/** Exceptions by number. Privileged spec, table of mcause values after a trap. */
export const Cause = {
	FETCH_ACCESS: 1,
	BREAKPOINT: 3,
	LOAD_MISALIGNED: 4,
	LOAD_ACCESS: 5,
	STORE_MISALIGNED: 6,
	STORE_ACCESS: 7,
	USER_ECALL: 8,
	SUPERVISOR_ECALL: 9,
	MACHINE_ECALL: 11,
	FETCH_PAGE: 12,
	LOAD_PAGE: 13,
	STORE_PAGE: 15,
} as const
/** Bit 63 of mcause and scause. */
export const causeInterrupt = 1n << 63n

/** menvcfg and senvcfg. */
export const Envcfg = {
	FIOM: 1n,
	/** Zicbom: cbo.inval below is illegal (0), flushes (1) or invalidates (3); 2 is reserved. */
	CBIE: 3n << 4n,
	CBIE_RESERVED: 2n << 4n,
	/** Zicbom: cbo.clean and cbo.flush are allowed below. */
	CBCFE: 1n << 6n,
	/** Zicboz: cbo.zero is allowed below. */
	CBZE: 1n << 7n,
	/** Svadu: page walks set A and D; otherwise a PTE without them is a page fault (Svade). */
	ADUE: 1n << 61n,
	/** Svpbmt: PTEs have memory types. */
	PBMTE: 1n << 62n,
	/** Sstc: stimecmp drives STIP. */
	STCE: 1n << 63n,
} as const

/** mcounteren, scounteren, mcountinhibit. */
export const Counter = {CY: 1n, TM: 2n, IR: 4n} as const

/** mseccfg. Unprivileged spec, "Zkr": which privileges besides M may read the seed. */
export const Seccfg = {USEED: 1n << 8n, SSEED: 1n << 9n} as const

/** Privileged spec, "Supervisor Address Translation and Protection (satp) Register". */
export const Satp = {
	MODE_SHIFT: 60n,
	BARE: 0n,
	SV39: 8n,
	SV48: 9n,
	SV57: 10n,
	ASID_SHIFT: 44n,
	ASID: 0xffffn,
	PPN: (1n << 44n) - 1n,
} as const

/** Page-table entries. */
export const Pte = {
	V: 1n,
	R: 2n,
	W: 4n,
	X: 8n,
	U: 16n,
	G: 32n,
	A: 64n,
	D: 128n,
	PPN_SHIFT: 10n,
	PPN: (1n << 44n) - 1n,
	/** Bits 54–60. */
	RESERVED: 0x7fn << 54n,
	/** Svpbmt: the memory type; 3 is reserved. All memory is coherent and ordered alike, so the others change nothing. */
	PBMT: 3n << 61n,
	/** Svnapot: one of 16 equal PTEs that map 64 KiB together. */
	N: 1n << 63n,
} as const
