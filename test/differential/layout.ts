/** Where everything lies in the test image, and what a program's record holds. */

/** Guest-physical addresses. */
export const place = {
	runtime: 0x8000_0000n,
	/** A vector table for stvec and the code after it, on a page of its own, so that it can be mapped. */
	stub: 0x8000_2000n,
	/** The handler's save area and the runtime's variables. */
	save: 0x8000_4000n,
	/** Returns to x1 wherever it is entered. */
	returns: 0x8000_5000n,
	/** What programs load from and store to: two pages, with room on both sides. */
	window: 0x8000_8000n,
	record: 0x8001_0000n,
	pageTables: 0x8002_0000n,
	/** Addresses of the descriptors, 0 after the last. */
	programs: 0x8004_0000n,
} as const
export const windowBytes = 0x2000
export const pageTablePages = 16

/** Offsets in the save area: x0 … x31, then these. */
export const save = {
	/** Address of the running program's descriptor. */
	descriptor: 0x200,
	/** Address of the next entry of `programs`. */
	next: 0x208,
	/** Not 0: print whole records, not only their digests. */
	verbose: 0x210,
} as const

/** CSRs that a program starts with, in the order in which they are written. Their final values are compared. */
export const startCsrs = {
	menvcfg: 0x30a,
	medeleg: 0x302,
	mideleg: 0x303,
	mie: 0x304,
	mip: 0x344,
	mcounteren: 0x306,
	mcause: 0x342,
	mtval: 0x343,
	stvec: 0x105,
	scounteren: 0x106,
	senvcfg: 0x10a,
	sscratch: 0x140,
	sepc: 0x141,
	scause: 0x142,
	stval: 0x143,
	satp: 0x180,
} as const
export type StartCsr = keyof typeof startCsrs
export const startCsrNames = Object.keys(startCsrs) as readonly StartCsr[]

/** Further CSRs whose final values are compared. */
export const seenCsrs = {mstatus: 0x300, sstatus: 0x100, sie: 0x104, sip: 0x144, misa: 0x301} as const

/** A program's descriptor: dwords in this order. */
const descriptorFields = [
	'entry',
	/** Where its code lies, and where S and U see it. */
	'code',
	'supervisorCode',
	'userCode',
	'codeBytes',
	/** Offset in the code of the ecall that ends it. */
	'end',
	/** Where S sees the stub. */
	'stub',
	'mstatus',
	'seed',
	'fcsr',
	'ptes',
	'pteCount',
] as const
type DescriptorField = (typeof descriptorFields)[number]

/** Byte offsets in a descriptor. */
export const descriptor = {
	...(Object.fromEntries(descriptorFields.map((name, index) => [name, 8 * index])) as Record<DescriptorField, number>),
	csrs: 8 * descriptorFields.length,
	x: 8 * (descriptorFields.length + startCsrNames.length),
	f: 8 * (descriptorFields.length + startCsrNames.length + 32),
	bytes: 8 * (descriptorFields.length + startCsrNames.length + 64),
} as const

/** Why a program ended. */
export const Ending = {end: 0, logFull: 1, lost: 2} as const

const fixedNames = [
	'ending',
	...Array.from({length: 31}, (_, index) => `x${index + 1}`),
	...Array.from({length: 32}, (_, index) => `f${index}`),
	'fcsr',
	...startCsrNames,
	...Object.keys(seenCsrs),
	'memory',
	'traps',
	'pteCount',
]
const trapFields = ['mcause', 'mepc', 'mtval', 'mstatus', 'scause', 'sepc', 'stval', 'mip'] as const

export const trapLimit = 40
/** Byte offsets in a record. */
export const record = {
	x: 0,
	f: 8 * 32,
	fcsr: 8 * 64,
	csrs: 8 * 65,
	seen: 8 * (65 + startCsrNames.length),
	memory: 8 * fixedNames.indexOf('memory'),
	traps: 8 * fixedNames.indexOf('traps'),
	pteCount: 8 * fixedNames.indexOf('pteCount'),
	log: 8 * fixedNames.length,
	ptes: 8 * (fixedNames.length + trapLimit * trapFields.length),
} as const
export const trapBytes = 8 * trapFields.length

/** @returns the name of each dword of a record that is printed whole. */
export function recordNames(traps: number, ptes: number): string[] {
	const log = Array.from({length: traps}, (_, trap) => trapFields.map((field) => `trap ${trap} ${field}`)).flat()
	return [...fixedNames, ...log, ...Array.from({length: ptes}, (_, index) => `pte ${index}`)]
}
export const trapsIndex = fixedNames.indexOf('traps')
export const pteCountIndex = fixedNames.indexOf('pteCount')
