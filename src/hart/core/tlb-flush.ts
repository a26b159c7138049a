/** Flushes of this vCPU's own tables: in place, or by the run loop where that takes another table. */
import * as tlb from '../../tlb/core/flush'
import * as spaces from '../../tlb/core/spaces'
import {replaceTables} from './env'
import {hart} from './hart'
import {pageOf} from './page-walk'

/** Empties the tables whose entries the cause makes stale. */
export function flushTables(cause: u32): void {
	replaceLeft(tlb.flushTables(hart, cause))
}

/** Empties the tables of one address space, global pages apart. */
export function flushSpace(asid: u32): void {
	replaceLeft(tlb.flushSpace(hart, asid))
}

/** Invalidates gva's page in the regimes that translate. @param asid or EVERY_ASID. */
export function flushPage(gva: u64, asid: i32): void {
	replaceLeft(tlb.flushPage(hart, pageOf(gva), asid))
}

/** Invalidates some pages, for a cause that was counted already. @param first gva, page-aligned. */
export function forgetPages(first: u64, pages: u32, asid: i32): void {
	replaceLeft(tlb.forgetPages(hart, first, pages, asid))
}

/** After satp was published: goes from one address space to another. */
export function switchSpace(from: u64, to: u64): void {
	replaceLeft(spaces.switchSpace(hart, from, to))
}

/** @param regimes bit n = regime n. */
function replaceLeft(regimes: u32): void {
	if (regimes != 0) replaceTables(regimes)
}
