/**
 * Where QEMU 7.2 and this machine differ and both are correct, or QEMU is not: each with its reason and how the
 * comparison deals with it.
 */

import type {StartCsr} from './layout.ts'

const rowsOfLaterVersions = (reason: string, ...names: readonly string[]) =>
	names.map((name) => [name, reason] as const)

/** Rows that QEMU 7.2 does not know: illegal instructions there. */
export const rowsWithoutComparison: ReadonlyMap<string, string> = new Map([
	...rowsOfLaterVersions('Zicboz and Zicbom came to QEMU with 8.0', 'cbo.zero', 'cbo.clean', 'cbo.flush', 'cbo.inval'),
	...rowsOfLaterVersions('Zawrs came to QEMU with 8.0', 'wrs.nto', 'wrs.sto'),
	...rowsOfLaterVersions('Zicond came to QEMU with 8.0', 'czero.eqz', 'czero.nez'),
])

/** Rows that are compared in S and M only. */
export const rowsNotForUser: ReadonlyMap<string, string> = new Map([
	['sfence.w.inval', 'Illegal in U; QEMU 7.2 lets it pass'],
	['sfence.inval.ir', 'Illegal in U; QEMU 7.2 lets it pass'],
])

/** Uses of instructions that the generators avoid. */
export const avoidedUses: readonly string[] = [
	'SC without a reservation at an address that faults: QEMU compares the reservation first and fails without an access',
	'SC of another size than LR: it fails, but QEMU 7.2 may have stored all the same',
	'ctzw of a word that is 0: QEMU 7.2 counts on beyond the word',
	'S jumps to a page of U that it has loaded from with SUM: QEMU 7.2 then lets it execute the page',
	'mret in M with MPRV changes MPP, hence the privilege of accesses: QEMU 7.2 keeps its TLB, so the trap handler flushes it',
	'One bit of FS cleared: floating point may be off if QEMU 7.2 has not noticed that it was Dirty',
	'Page tables outside RAM: an access fault; QEMU 7.2 reports a page fault',
	'Reading back mcause, scause, mtval and stval: where these are known to differ, everything after would differ, too',
]

/** CSRs that the generators do not write at random, or only in these bits. */
export const csrsWithoutComparison: readonly Readonly<{csr: StartCsr | 'mepc'; compared: bigint; reason: string}>[] = [
	{csr: 'mepc', compared: 0n, reason: 'QEMU 7.2 keeps bit 0; with IALIGN 16 it is always 0'},
	{csr: 'sepc', compared: 0n, reason: 'QEMU 7.2 keeps bit 0; with IALIGN 16 it is always 0'},
	{csr: 'medeleg', compared: 0xb3ffn, reason: "QEMU lets ecalls from M and the hypervisor's exceptions be delegated"},
	{csr: 'mideleg', compared: 0x222n, reason: "QEMU 7.2 has the hypervisor's interrupts even without a hypervisor"},
	{csr: 'mie', compared: 0xaaan, reason: "QEMU 7.2 has the hypervisor's interrupts even without a hypervisor"},
	{csr: 'mip', compared: 0x222n, reason: "QEMU 7.2 has the hypervisor's interrupts even without a hypervisor"},
	{csr: 'mcounteren', compared: 7n, reason: 'hpmcounter3–31 are read-only zero here, and so are their bits'},
	{csr: 'scounteren', compared: 7n, reason: 'hpmcounter3–31 are read-only zero here, and so are their bits'},
	{csr: 'menvcfg', compared: 1n, reason: 'Bits of extensions, of which QEMU 7.2 has others'},
	{csr: 'senvcfg', compared: 1n, reason: 'Bits of extensions, of which QEMU 7.2 has others'},
]

/** A dword of both records, and a way to look up the others. */
export type Pair = Readonly<{name: string; here: bigint; qemu: bigint; other: (name: string) => bigint | undefined}>

/** A difference in one dword of a record that is not reported. */
export type KnownDifference = Readonly<{
	reason: string
	/** The dword's name. */
	name: RegExp
	allows: (pair: Pair) => boolean
}>

const [loadPage, storePage, pageOffset] = [13n, 15n, 0xfffn]
const interrupt = 1n << 63n
/** mstatus.FS and SD. */
const [floatingState, stateDirty] = [0x6000n, 1n << 63n]
const [illegalInstruction, breakpoint, loadMisaligned, loadAccess, storeMisaligned, storeAccess] = [
	2n,
	3n,
	4n,
	5n,
	6n,
	7n,
]

/** Within the bytes of one access. */
const near = (a: bigint, b: bigint): boolean => a - b < 8n && b - a < 8n

export const knownDifferences: readonly KnownDifference[] = [
	{
		reason: 'An AMO or SC to nowhere is a store/AMO access fault; QEMU 7.2 reports a load',
		name: /cause$/,
		allows: ({here, qemu}) => here === storeAccess && qemu === loadAccess,
	},
	{
		reason: 'A misaligned access to nowhere: either exception may go first; QEMU 7.2 splits it into aligned accesses',
		name: /cause$/,
		allows: ({here, qemu}) =>
			(here === loadMisaligned && qemu === loadAccess) || (here === storeMisaligned && qemu === storeAccess),
	},
	{
		reason: 'The same: its address is that of the aligned access that failed',
		name: /tval$/,
		allows: ({name, here, qemu, other}) =>
			[loadMisaligned, storeMisaligned, loadAccess, storeAccess].includes(other(name.replace('tval', 'cause')) ?? 0n) &&
			near(here, qemu),
	},
	{
		reason: 'An access across pages, the first of which leads nowhere and the second faults: either may go first',
		name: /cause$/,
		allows: ({name, here, qemu, other}) =>
			((here === loadPage && qemu === loadAccess) || (here === storePage && qemu === storeAccess)) &&
			((other(name.replace('cause', 'tval')) ?? 1n) & pageOffset) === 0n,
	},
	{
		reason: 'The same: the address is of the one page or of the other',
		name: /tval$/,
		allows: ({name, here, qemu, other}) =>
			[loadPage, storePage].includes(other(name.replace('tval', 'cause')) ?? 0n) &&
			(here & pageOffset) === 0n &&
			(here - 1n) >> 4n === qemu >> 4n,
	},
	{
		reason:
			'Of several interrupts the manual puts SEI before SSI and STI; QEMU 7.2 without AIA takes the lowest number',
		name: /cause$/,
		allows: ({here, qemu}) => here === (interrupt | 9n) && (qemu === (interrupt | 1n) || qemu === (interrupt | 5n)),
	},
	{
		reason: 'The same, when stvec is vectored: the entry in the stub',
		name: /mepc$/,
		allows: ({name, here, qemu, other}) =>
			(other(name.replace('mepc', 'scause')) ?? 0n) === (interrupt | 9n) && here >> 6n === qemu >> 6n,
	},
	{
		reason: 'FS becomes Dirty when only flags are raised; QEMU 7.2 only notices written registers',
		name: /status$/,
		allows: ({here, qemu}) =>
			(here & floatingState) === 0x6000n && ((here ^ qemu) & ~(floatingState | stateDirty)) === 0n,
	},
	{
		reason: "An illegal instruction's tval may be its bits or 0; QEMU 7.2 does not know them in some helpers",
		name: /tval$/,
		allows: ({name, qemu, other}) => qemu === 0n && other(name.replace('tval', 'cause')) === illegalInstruction,
	},
	{
		reason: "A breakpoint's tval may be its address or 0",
		name: /tval$/,
		allows: ({name, qemu, other}) => qemu === 0n && other(name.replace('tval', 'cause')) === breakpoint,
	},
]
