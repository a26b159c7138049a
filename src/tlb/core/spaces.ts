/**
 * Address spaces that a vCPU keeps: a write of satp exchanges the tables of the space that the hart leaves with those of
 * the one that it goes to, so that a space that comes back soon finds its entries.
 *
 * - Kept are spaces whose ASID is not 0: a kernel that knows of no ASIDs leaves 0 there, and may rely on every write of
 *   satp to flush, as under QEMU. A space is known by its whole satp, so that an ASID that is given to other page tables
 *   without a fence does not find the old ones' entries.
 * - A space has tables of its own for user mode and for S-mode with SUM. The table of S-mode without SUM is shared by all
 *   spaces as long as it holds global pages only.
 * - A fence of a space that is not current costs its initiator one addition: `fenced`, which the owner compares when it
 *   comes back to the space. See startRemoteFlush() in src/tlb/tlb.ts.
 *
 * Plain accesses to the kept spaces, `generation` and `spaceClock`: only the owner reads and writes them.
 */
import {
	ASID_CLASSES,
	FAULTS,
	FLUSH_CAUSE_REMOTE_ALL,
	FLUSH_CAUSE_SATP_WRITE,
	HART_SATP,
	POINT_GENERATION,
	POINT_SPACE,
	REGIME_COUNT,
	REGIME_SUPERVISOR,
	REGIME_SUPERVISOR_SUM,
	SATP_ASID,
	SATP_ASID_SHIFT,
	SATP_BARE,
	SATP_MODE_SHIFT,
	TLB_DESCRIPTOR,
	TLB_FENCED,
	TLB_FENCED_ALL,
	TLB_GENERATION,
	TLB_SPACE_CLOCK,
	TLB_SPACE_COUNT,
	TLB_SPACE_DESCRIPTOR,
	TLB_SPACE_GENERATION,
	TLB_SPACE_HITS,
	TLB_SPACE_LEFT,
	TLB_SPACE_MISSES,
	TLB_SPACE_SATP,
	TLB_SPACE_SIZE,
	TLB_SPACE_STALE,
	TLB_SPACES,
} from '../../../build/hart/offsets'
import {passTurn} from './env'
import {countCause, emptyInPlace, setCause} from './in-place'
import {noteEmptied, shadowOf} from './shadow'
import {holdsLocalPages} from './table'
import {descriptorOf} from './vcpu-tables'

/**
 * After satp was published: goes from one address space to another.
 * @returns the regimes whose tables are left to empty.
 */
export function switchSpace(block: u32, from: u64, to: u64): u32 {
	countCause(block, FLUSH_CAUSE_SATP_WRITE)
	if (FAULTS) passTurn(POINT_SPACE)
	const comesFromKept = isKept(block, from)
	const goesToKept = isKept(block, to)
	const found = goesToKept ? findSpace(block, to) : 0
	const space = found != 0 ? found : comesFromKept ? leastRecent(block) : 0
	const foundGeneration = found != 0 ? load<u32>(found, TLB_SPACE_GENERATION) : 0
	if (space != 0) exchangeTables(block, space, comesFromKept ? from : 0)
	let isCurrent = false
	if (FAULTS) passTurn(POINT_GENERATION)
	if (goesToKept) {
		const generation = generationOf(block, asidOf(to))
		isCurrent = found != 0 && foundGeneration == generation
		store<u32>(block, generation, TLB_GENERATION)
		countSwitch(block, isCurrent ? TLB_SPACE_HITS : found != 0 ? TLB_SPACE_STALE : TLB_SPACE_MISSES)
	}
	let left: u32 = 0
	if (!comesFromKept || !goesToKept || holdsLocalPages(descriptorOf(block, REGIME_SUPERVISOR)))
		left = emptyInPlace(block, REGIME_SUPERVISOR, REGIME_SUPERVISOR_SUM)
	// Another hart has fenced it meanwhile.
	if (found != 0 && !isCurrent) setCause(block, FLUSH_CAUSE_REMOTE_ALL)
	return isCurrent ? left : left | emptyInPlace(block, REGIME_SUPERVISOR_SUM, REGIME_COUNT)
}

/** Forgets all kept spaces. The current one stays. */
export function dropSpaces(block: u32): void {
	for (let space = firstSpace(block); space < endOfSpaces(block); space += TLB_SPACE_SIZE) dropSpace(block, space)
}

/** Forgets the kept spaces with this ASID. */
export function dropSpacesOf(block: u32, asid: u32): void {
	for (let space = firstSpace(block); space < endOfSpaces(block); space += TLB_SPACE_SIZE) {
		if (belongsTo(space, asid)) dropSpace(block, space)
	}
}

/** @returns the first kept space; the next ones are TLB_SPACE_SIZE apart. */
export function firstSpace(block: u32): u32 {
	return block + TLB_SPACES
}

export function endOfSpaces(block: u32): u32 {
	return firstSpace(block) + load<u32>(block, TLB_SPACE_COUNT) * TLB_SPACE_SIZE
}

/** Whether the space is kept, and has this ASID. */
export function belongsTo(space: u32, asid: u32): bool {
	const satp = load<u64>(space, TLB_SPACE_SATP)
	return satp != 0 && asidOf(satp) == asid
}

export function isUsed(space: u32): bool {
	return load<u64>(space, TLB_SPACE_SATP) != 0
}

/** @param regime REGIME_SUPERVISOR_SUM or REGIME_USER. @returns the descriptor of the space's table. */
export function descriptorIn(space: u32, regime: u32): u32 {
	return load<u32>(space + ((regime - REGIME_SUPERVISOR_SUM) << 2), TLB_SPACE_DESCRIPTOR)
}

export function dropSpace(block: u32, space: u32): void {
	if (shadowOf(block) != 0) noteDropped(block, space)
	store<u64>(space, 0, TLB_SPACE_SATP)
}

export function currentAsid(block: u32): u32 {
	return asidOf(load<u64>(block, HART_SATP))
}

/** Whether fences of the current space need not touch the shared table while that holds global pages only. */
export function isCurrentKept(block: u32): bool {
	return isKept(block, load<u64>(block, HART_SATP))
}

/** Its tables are emptied only when they are used again, but have lost their entries now. */
function noteDropped(block: u32, space: u32): void {
	for (let regime = REGIME_SUPERVISOR_SUM; regime < REGIME_COUNT; regime++)
		noteEmptied(block, descriptorIn(space, regime))
}

function asidOf(satp: u64): u32 {
	return <u32>((satp >> SATP_ASID_SHIFT) & SATP_ASID)
}

function isKept(block: u32, satp: u64): bool {
	return load<u32>(block, TLB_SPACE_COUNT) != 0 && satp >> SATP_MODE_SHIFT != SATP_BARE && asidOf(satp) != 0
}

function findSpace(block: u32, satp: u64): u32 {
	for (let space = firstSpace(block); space < endOfSpaces(block); space += TLB_SPACE_SIZE) {
		if (load<u64>(space, TLB_SPACE_SATP) == satp) return space
	}
	return 0
}

/** @returns an unused space, or the one that was left longest ago. */
function leastRecent(block: u32): u32 {
	let found = firstSpace(block)
	const clock = load<u32>(block, TLB_SPACE_CLOCK)
	for (let space = found; space < endOfSpaces(block); space += TLB_SPACE_SIZE) {
		if (!isUsed(space)) return space
		if (clock - load<u32>(space, TLB_SPACE_LEFT) > clock - load<u32>(found, TLB_SPACE_LEFT)) found = space
	}
	return found
}

/** The current tables become the space's, as those of `satp`, and its tables the current ones. */
function exchangeTables(block: u32, space: u32, satp: u64): void {
	for (let regime = REGIME_SUPERVISOR_SUM; regime < REGIME_COUNT; regime++) {
		const at = (regime - REGIME_SUPERVISOR_SUM) << 2
		// An exchange: another thread may swap the current table meanwhile. It has counted its fence before, so that the space
		// is emptied when the hart comes back to it. Pairs with publish() in src/tlb/flush-policy.ts.
		const old = atomic.xchg<u32>(block + (regime << 2), load<u32>(space + at, TLB_SPACE_DESCRIPTOR), TLB_DESCRIPTOR)
		store<u32>(space + at, old, TLB_SPACE_DESCRIPTOR)
	}
	const clock = load<u32>(block, TLB_SPACE_CLOCK) + 1
	store<u32>(block, clock, TLB_SPACE_CLOCK)
	store<u64>(space, satp, TLB_SPACE_SATP)
	store<u32>(space, load<u32>(block, TLB_GENERATION), TLB_SPACE_GENERATION)
	store<u32>(space, clock, TLB_SPACE_LEFT)
}

/** Grows with each fence that may concern the ASID; neither addend ever falls, so equal sums are equal addends. */
function generationOf(block: u32, asid: u32): u32 {
	// After the atomic store of satp, before the walks in the new space. Pairs with countFence() in src/tlb/tlb.ts, which
	// is followed by a load of satp: that sees this hart in the space, or this sees the fence.
	const ofAsid = atomic.load<u32>(block + ((asid & (ASID_CLASSES - 1)) << 2), TLB_FENCED)
	return ofAsid + atomic.load<u32>(block, TLB_FENCED_ALL)
}

function countSwitch(block: u32, offset: u32): void {
	store<u32>(block + offset, load<u32>(block + offset) + 1)
}
