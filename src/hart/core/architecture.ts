/** Numbers of the privileged architecture: privileges, causes, bits of mstatus, mip, envcfg and PTEs. */

export const USER: u32 = 0
export const SUPERVISOR: u32 = 1
export const MACHINE: u32 = 3

// mstatus. Privileged spec, "Machine Status (mstatus) Registers".
export const STATUS_SIE: u64 = 1 << 1
export const STATUS_MIE: u64 = 1 << 3
export const STATUS_SPIE: u64 = 1 << 5
export const STATUS_MPIE: u64 = 1 << 7
export const STATUS_SPP: u64 = 1 << 8
export const STATUS_MPP_SHIFT: u64 = 11
export const STATUS_MPP: u64 = 3 << 11
export const STATUS_FS: u64 = 3 << 13
export const STATUS_MPRV: u64 = 1 << 17
export const STATUS_SUM: u64 = 1 << 18
export const STATUS_MXR: u64 = 1 << 19
export const STATUS_TVM: u64 = 1 << 20
export const STATUS_TW: u64 = 1 << 21
export const STATUS_TSR: u64 = 1 << 22
/** UXL = 2: 64 bits. */
export const STATUS_UXL_64: u64 = (<u64>2) << 32
/** SXL = 2: 64 bits. */
export const STATUS_SXL_64: u64 = (<u64>2) << 34
export const STATUS_SD: u64 = (<u64>1) << 63

// mip and mie.
export const IP_SSIP: u64 = 1 << 1
export const IP_STIP: u64 = 1 << 5
export const IP_SEIP: u64 = 1 << 9
export const IP_SUPERVISOR: u64 = 0x222
/** SSI, MSI, STI, MTI, SEI, MEI. */
export const IP_ALL: u64 = 0xaaa

/** Bit 63 of mcause and scause. */
export const CAUSE_INTERRUPT: u64 = (<u64>1) << 63
export const CAUSE_FETCH_ACCESS: i32 = 1
export const CAUSE_BREAKPOINT: i32 = 3
export const CAUSE_LOAD_MISALIGNED: i32 = 4
export const CAUSE_LOAD_ACCESS: i32 = 5
export const CAUSE_STORE_MISALIGNED: i32 = 6
export const CAUSE_STORE_ACCESS: i32 = 7
export const CAUSE_USER_ECALL: i32 = 8
export const CAUSE_SUPERVISOR_ECALL: i32 = 9
export const CAUSE_MACHINE_ECALL: i32 = 11
export const CAUSE_FETCH_PAGE: i32 = 12
export const CAUSE_LOAD_PAGE: i32 = 13
export const CAUSE_STORE_PAGE: i32 = 15

// menvcfg and senvcfg.
export const ENVCFG_FIOM: u64 = 1
/** Zicbom: cbo.inval below is illegal (0), flushes (1) or invalidates (3); 2 is reserved. */
export const ENVCFG_CBIE: u64 = 3 << 4
export const ENVCFG_CBIE_RESERVED: u64 = 2 << 4
/** Zicbom: cbo.clean and cbo.flush are allowed below. */
export const ENVCFG_CBCFE: u64 = 1 << 6
/** Zicboz: cbo.zero is allowed below. */
export const ENVCFG_CBZE: u64 = 1 << 7
/** Svadu: page walks set A and D themselves; else a PTE that lacks them is a page fault (Svade). */
export const ENVCFG_ADUE: u64 = (<u64>1) << 61
/** Svpbmt: PTEs have memory types. */
export const ENVCFG_PBMTE: u64 = (<u64>1) << 62
/** Sstc: stimecmp is in force. */
export const ENVCFG_STCE: u64 = (<u64>1) << 63

// mcounteren, scounteren, mcountinhibit.
export const COUNTER_CY: u64 = 1
export const COUNTER_TM: u64 = 2
export const COUNTER_IR: u64 = 4

// mseccfg. Unprivileged spec, "Zkr": who besides M-mode may read the seed.
export const SECCFG_USEED: u64 = 1 << 8
export const SECCFG_SSEED: u64 = 1 << 9

// satp. Privileged spec, "Supervisor Address Translation and Protection (satp) Register".
export const SATP_MODE_SHIFT: u64 = 60
export const SATP_BARE: u64 = 0
export const SATP_SV39: u64 = 8
export const SATP_SV48: u64 = 9
export const SATP_SV57: u64 = 10
export const SATP_ASID_SHIFT: u64 = 44
export const SATP_ASID: u64 = 0xffff
export const SATP_PPN: u64 = ((<u64>1) << 44) - 1

// Page-table entries.
export const PTE_V: u64 = 1
export const PTE_R: u64 = 2
export const PTE_W: u64 = 4
export const PTE_X: u64 = 8
export const PTE_U: u64 = 16
export const PTE_A: u64 = 64
export const PTE_D: u64 = 128
export const PTE_PPN_SHIFT: u64 = 10
export const PTE_PPN: u64 = ((<u64>1) << 44) - 1
/** Bits 54–60. */
export const PTE_RESERVED: u64 = (<u64>0x7f) << 54
/** Svpbmt: the memory type; 3 is reserved. All our memory is coherent and ordered alike, so the others change nothing. */
export const PTE_PBMT: u64 = (<u64>3) << 61
/** Svnapot: one of 16 alike PTEs that map 64 KiB together. */
export const PTE_N: u64 = (<u64>1) << 63

export const PAGE_BYTES: u32 = 4096
export const PAGE_SHIFT: u64 = 12
export const PAGE_MASK: u64 = 0xfff
