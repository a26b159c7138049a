/** Jumps to an address that is known only at run time: through the fetch TLB to the target's slot. */

import {loadTable, offsets, pushEntry, RegionStatus, regionSignature, tableLocals, toTag} from '../codegen/index.ts'
import {CodePage, lastParcel, Slot, SlotHandler} from '../hart/index.ts'
import {type LookupForm, TlbEntry} from '../tlb/index.ts'
import type {Code, FunctionReference, Local, Signature} from '../wasm/index.ts'
import {type Chain, emitChainCount} from './chain-count.ts'

/**
 * enter(block, budget, target, depth): RegionStatus. Calls the target's region; without one, returns to the
 * interpreter.
 */
export const enterSignature: Signature = regionSignature

// slot = slot of target; depth >= 0 && slot.handler == region ? regions[slot.c](block, budget, page(target), depth) :
// (count, pc = target, jump)
export function emitEnter(
	code: Code,
	{chain, countChains, pushSlotOf}: {chain: Chain; countChains: boolean; pushSlotOf: (target: Local) => void},
): void {
	const [block, budget] = [code.parameter(0, 'block'), code.parameter(1, 'budget')]
	const [target, depth] = [code.parameter(2, 'target'), code.parameter(3, 'depth')]
	const slot = code.local('i32')
	pushSlotOf(target)
	code.tee(slot).memory('i32.load16_u', Slot.offset.handler).i32(SlotHandler.region).op('i32.eq')
	code.get(depth).i32(0).op('i32.ge_s', 'i32.and')
	code.likely().if(undefined, () => {
		emitChainCount({code, block, countChains}, chain)
		code.get(block).get(budget).get(target).i64(-0x1000n).op('i64.and').get(depth)
		code.get(slot).memory('i32.load', Slot.offset.c).returnCallIndirect(regionSignature)
	})
	// Plain: this vCPU's own statistics.
	const counter = code.local('i32', 'counter')
	code.i32(offsets.regionMisses).i32(offsets.regionDepthLimits).get(depth).i32(0).op('i32.ge_s', 'select')
	code.get(block).op('i32.add').tee(counter)
	code.get(counter).memory('i64.load', 0).i64(1n).op('i64.add').memory('i64.store', 0)
	code.get(block).get(target).memory('i64.store', offsets.pc)
	code.get(block).get(budget).memory('i32.store', offsets.budget)
	code.i32(RegionStatus.jump)
}

/** leave(block, budget, pc, status): RegionStatus. */
export const leaveSignature: Signature = {parameters: ['i32', 'i32', 'i64', 'i32'], results: ['i32']}

// pc and budget → the block; status
export function emitLeave(code: Code): void {
	const [block, budget] = [code.parameter(0, 'block'), code.parameter(1, 'budget')]
	// Plain: this vCPU's own.
	code.get(block).get(code.parameter(2, 'pc')).memory('i64.store', offsets.pc)
	code.get(block).get(budget).memory('i32.store', offsets.budget)
	code.get(code.parameter(3, 'status'))
}

/**
 * trap(block, budget, pageGva, site, bits): RegionStatus.trap. The exit after an exception. If `bits` is not 0, the
 * instruction is illegal, and the exception still has to be raised.
 * `site`: its offset from pageGva, up to the next page's end | the instructions after it in its block << siteShift.
 */
export const trapSignature: Signature = {parameters: ['i32', 'i32', 'i64', 'i32', 'i32'], results: ['i32']}
export const siteShift = 13
const siteMask = 2 ** siteShift - 1
const illegalInstruction = 2

// bits ? raise(illegal instruction, bits); pc = pageGva + offset; budget += instructions after it
export function emitTrapExit(code: Code, {raise, leave}: {raise: FunctionReference; leave: FunctionReference}): void {
	const [block, budget] = [code.parameter(0, 'block'), code.parameter(1, 'budget')]
	const [pageGva, site] = [code.parameter(2, 'pageGva'), code.parameter(3, 'site')]
	const bits = code.parameter(4, 'bits')
	code.get(bits).if(undefined, () => code.i32(illegalInstruction).get(bits).op('i64.extend_i32_u').call(raise))
	code.get(block).get(budget).get(site).i32(siteShift).op('i32.shr_u', 'i32.add')
	code.get(pageGva).get(site).i32(siteMask).op('i32.and', 'i64.extend_i32_u', 'i64.add')
	code.i32(RegionStatus.trap).call(leave)
}

/** slotOf(block, target): what pushSlot() pushes. */
export const slotSignature: Signature = {parameters: ['i32', 'i64'], results: ['i32']}

export function emitSlotOf(code: Code, form: LookupForm): void {
	pushSlot(code, {block: code.parameter(0, 'block'), target: code.parameter(1, 'target'), form})
}

/**
 * Pushes the address of the slot of `target`, or 0, where shared memory holds nothing.
 * Plain throughout: the tables in use and the code pages are this vCPU's own.
 */
export function pushSlot(code: Code, {block, target, form}: {block: Local; target: Local; form: LookupForm}): void {
	const table = tableLocals(code, form)
	const [entry, page] = [code.local('i32'), code.local('i32')]
	// entry = fetch table[target]; entry.execTag == tag of page(target) && (page = entry.code).generation == generation
	loadTable(code, {block, kind: 'fetch', table})
	pushEntry(code, target, table, form)
	code.tee(entry).memory('i64.load', TlbEntry.offset.execTag)
	code.get(target).i64(-0x1000n).op('i64.and')
	toTag(code, table, form)
	code.op('i64.eq')
	code.if(
		'i32',
		() => {
			code.get(entry).memory('i32.load', TlbEntry.offset.code).tee(page)
			// A slot is 8 bytes and stands for 2 bytes of code.
			code.get(target).op('i32.wrap_i64').i32(lastParcel).op('i32.and').i32(2).op('i32.shl', 'i32.add')
			code.i32(0)
			code.get(page).memory('i32.load', CodePage.offset.generation)
			code.get(block).memory('i32.load', offsets.codeGeneration).op('i32.eq', 'select')
		},
		() => code.i32(0),
	)
	code.release(table.table, table.mask, entry, page)
	if (table.stamp) code.release(table.stamp)
}
