/**
 * Where an access deliberately gives another outcome here than under QEMU 7.2, and why. Any other difference is a
 * defect.
 */

/** One outcome of the guest `everywhere`: which attempt, of what width, at which address; what QEMU gave. */
export type Attempt = Readonly<{
	/** load, store, atomic, jump; or root, table, page, gigapage for an access through page tables that lie there. */
	what: string
	at: bigint
	column: number
	theirs: string
}>

type Difference = Readonly<{
	/** @returns the outcome here; undefined if this difference does not apply. */
	ours: (attempt: Attempt) => string | undefined
	reason: string
}>

const done = '-'
const within = (first: bigint, last: bigint) => (at: bigint) => at >= first && at <= last
const isRam = within(0x8000_0000n, 0x83ff_ffffn)
const isRom = within(0x1000n, 0xffffn)
const isPciMemory = (at: bigint) => within(0x4000_0000n, 0x7fff_ffffn)(at) || at === 1n << 34n
const accessFaults = ['5', '7', '1'] as const

const isAccess = (what: string) => what === 'load' || what === 'store'
const bytesOf = ({what, column}: Attempt) => (what === 'atomic' ? [4n, 8n, 4n, 8n] : [1n, 2n, 4n, 8n])[column]!
const isEight = (what: string, column: number) =>
	(isAccess(what) && column === 3) || (what === 'atomic' && column % 2 === 1)
const isMisaligned = (attempt: Attempt) => attempt.at % bytesOf(attempt) !== 0n
const isAmo = ({what, column}: Attempt) => what === 'atomic' && column >= 2
const isStore = (attempt: Attempt) => attempt.what === 'store' || isAmo(attempt)
const misaligned = (attempt: Attempt) => (isStore(attempt) ? '6' : '4')

/** The first that applies decides. */
export const differences: readonly Difference[] = [
	{
		reason:
			'Eight bytes at a device are two accesses of four; where QEMU’s device serves no more than four, it faults.',
		ours: ({what, at, column, theirs}) =>
			isEight(what, column) && at % 8n === 0n && theirs.match(/^[57]$/) && isWordDevice(at) ? done : undefined,
	},
	{
		reason: 'An AMO raises the store/AMO exceptions (privileged spec, table of causes); QEMU says load.',
		ours: (attempt) => (isAmo(attempt) ? {'4': '6', '5': '7'}[attempt.theirs] : undefined),
	},
	{
		reason: 'No AMO on the ROM, which is not writable: it has AMONone; QEMU carries it out.',
		ours: (attempt) => (isAmo(attempt) && isRom(attempt.at) && attempt.theirs === done ? '7' : undefined),
	},
	{
		reason: 'The ROM is not writable: a store, A or D of a PTE, faults; QEMU drops what is stored.',
		ours: ({what, at, column, theirs}) => {
			if (what === 'page' && isRom(at) && column === 1 && theirs === done) return '7'
			return what === 'store' && isRom(at) ? '7' : undefined
		},
	},
	{
		reason:
			'A misaligned access that touches anything but memory raises address-misaligned, so that firmware takes it apart; QEMU takes it apart itself, and faults in one of the parts, or not.',
		ours: (attempt) => {
			const {what, at} = attempt
			if (!isAccess(what) || !isMisaligned(attempt)) return undefined
			const last = at + bytesOf(attempt) - 1n
			const isMemory = (gpa: bigint) => isRam(gpa) || (isRom(gpa) && what === 'load')
			if (isMemory(at) && isMemory(last)) return undefined
			// Across a page, the pieces are translated one by one: the first that is read-only memory faults as such.
			if (what === 'store' && isRom(last))
				return at % 4096n > last % 4096n ? `7@${(4096n - (at % 4096n)).toString(16)}` : '7'
			return misaligned(attempt)
		},
	},
	{
		reason: 'This board has no PCIe, and nothing answers in its memory windows.',
		ours: (attempt) => {
			const {what, at, column, theirs} = attempt
			if (!isPciMemory(at)) return undefined
			if (what === 'page') return accessFaults[column]
			if (what === 'atomic') return theirs === done ? (isAmo(attempt) ? '7' : '5') : undefined
			return {load: '5', store: '7', jump: '1'}[what]
		},
	},
	{
		reason: 'Gigapage 1 ends in PCIe memory, which this board does not have.',
		ours: ({what, at, column}) => (what === 'gigapage' && at === 1n ? accessFaults[column] : undefined),
	},
	{
		reason: 'Devices hold no instructions: access fault. QEMU reads their registers as such (0: illegal).',
		ours: ({what, at, column, theirs}) => {
			if (!theirs.startsWith('2@') || isRom(at) || isRam(at)) return undefined
			return what === 'jump' || (/page$/.test(what) && column === 2) ? '1' : undefined
		},
	},
	{
		reason:
			'Page tables lie in RAM: elsewhere step 2 of the page walk violates a PMA, which is an access fault. QEMU reads devices and the ROM as tables, and reports page faults where nothing is.',
		ours: ({what, at, column}) =>
			(what === 'root' || what === 'table') && !isRam(at) ? accessFaults[column] : undefined,
	},
]

/** Finisher, MSWI, PLIC: registers of one word. */
function isWordDevice(at: bigint): boolean {
	return [within(0x10_0000n, 0x10_0fffn), within(0x200_0000n, 0x200_3fffn), within(0xc00_0000n, 0xc5f_ffffn)].some(
		(isIn) => isIn(at),
	)
}

/** @returns what the attempt gives here. */
export function expectedHere(attempt: Attempt): string {
	for (const {ours} of differences) {
		const outcome = ours(attempt)
		if (outcome !== undefined) return outcome
	}
	return attempt.theirs
}
