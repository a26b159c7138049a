/** Flushes of this vCPU's own tables: in place, or by the run loop where that takes another table. */
import * as tlb from '../../tlb/core/flush'
import {shadowOf} from '../../tlb/core/shadow'
import * as spaces from '../../tlb/core/spaces'
import {flushBegins, flushEnds, replaceTables} from './env'
import {hart} from './hart'
import {pageOf} from './page-walk'

/** Empties the tables whose entries the cause makes stale. */
export function flushTables(cause: u32): void {
	begin()
	end(tlb.flushTables(hart, cause))
}

/** Empties the tables of one address space, global pages apart. */
export function flushSpace(asid: u32): void {
	begin()
	end(tlb.flushSpace(hart, asid))
}

/** Invalidates gva's page in the regimes that translate. @param asid or EVERY_ASID. */
export function flushPage(gva: u64, asid: i32): void {
	begin()
	end(tlb.flushPage(hart, pageOf(gva), asid))
}

/** After satp was published: goes from one address space to another. */
export function switchSpace(from: u64, to: u64): void {
	begin()
	end(spaces.switchSpace(hart, from, to))
}

/** With statistics, flushes are timed. */
function begin(): void {
	if (shadowOf(hart) != 0) flushBegins()
}

/** @param regimes whose tables are left: bit n = regime n. */
function end(regimes: u32): void {
	if (regimes != 0) replaceTables(regimes)
	if (shadowOf(hart) != 0) flushEnds(regimes)
}
