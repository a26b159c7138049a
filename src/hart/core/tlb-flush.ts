/** Flushes of this vCPU's own tables: in place, or by the run loop where that takes another table. */
import * as tlb from '../../tlb/core/flush'
import {replaceTables} from './env'
import {hart} from './hart'
import {pageOf} from './page-walk'

/** Empties the tables whose entries the cause makes stale. */
export function flushTables(cause: u32): void {
	replaceLeft(tlb.flushTables(hart, cause))
}

/** Invalidates gva's page in the regimes that translate. */
export function flushPage(gva: u64): void {
	replaceLeft(tlb.flushPage(hart, pageOf(gva)))
}

/** @param regimes bit n = regime n. */
function replaceLeft(regimes: u32): void {
	if (regimes != 0) replaceTables(regimes)
}
