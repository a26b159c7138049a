/** Flushes of this vCPU's own tables: in place, or by the run loop where that takes another table. */
import {FLUSH_CAUSE_SFENCE_PAGE, TLB_TIMES_FLUSHES} from '../../../build/hart/offsets'
import * as tlb from '../../tlb/core/flush'
import {setCause} from '../../tlb/core/in-place'
import * as spaces from '../../tlb/core/spaces'
import {flushBegins, flushEnds, replaceTables} from './env'
import {hart} from './hart'
import {pageOf} from './page-walk'

/** Empties the tables whose entries the cause makes stale. */
export function flushTables(cause: u32): void {
	const isTimed = begin()
	end(tlb.flushTables(hart, cause), isTimed)
}

/** Empties the tables of one address space, global pages apart. */
export function flushSpace(asid: u32): void {
	const isTimed = begin()
	end(tlb.flushSpace(hart, asid), isTimed)
}

/** Invalidates gva's page in the regimes that translate. @param asid or EVERY_ASID. */
export function flushPage(gva: u64, asid: i32): void {
	const isTimed = begin()
	end(tlb.flushPage(hart, pageOf(gva), asid), isTimed)
}

/** Invalidates some pages, for sinval.vma that was counted already. @param first gva, page-aligned. */
export function forgetPages(first: u64, pages: u32, asid: i32): void {
	const isTimed = begin()
	setCause(hart, FLUSH_CAUSE_SFENCE_PAGE)
	end(tlb.forgetPages(hart, first, pages, asid), isTimed)
}

/** After satp was published: goes from one address space to another. */
export function switchSpace(from: u64, to: u64): void {
	const isTimed = begin()
	end(spaces.switchSpace(hart, from, to), isTimed)
}

/** @returns whether the flush is timed: with statistics, or if times are asked for. */
function begin(): bool {
	if (load<u32>(hart, TLB_TIMES_FLUSHES) == 0) return false
	flushBegins()
	return true
}

/** @param regimes whose tables are left: bit n = regime n. */
function end(regimes: u32, isTimed: bool): void {
	if (regimes != 0) replaceTables(regimes)
	if (isTimed) flushEnds(regimes)
}
