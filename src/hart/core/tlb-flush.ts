/** Flushes of this vCPU's own tables: in place as far as they need no other table; what is left is the run loop's. */
import * as tlb from '../../tlb/core/flush'
import {replaceTables} from './env'
import {hart} from './hart'
import {pageOf} from './page-walk'

/** Empties the tables whose entries the cause makes void. */
export function flushTables(cause: u32): void {
	replaceLeft(tlb.flushTables(hart, cause))
}

/** Forgets the page of gva, in the regimes that translate. */
export function flushPage(gva: u64): void {
	replaceLeft(tlb.flushPage(hart, pageOf(gva)))
}

/** @param regimes bit n = regime n. */
function replaceLeft(regimes: u32): void {
	if (regimes != 0) replaceTables(regimes)
}
