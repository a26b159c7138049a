/** Counts how control passes from region to region, for people who study it. Where it is off nothing is emitted. */
import {offsets} from '../codegen/index.ts'
import type {Code, Local} from '../wasm/index.ts'

/** One way to leave a region for another, without the interpreter: the vCPU block's counter of that name. */
export type Chain = 'directCalls' | 'slotCalls' | 'directJumps' | 'slotJumps' | 'returnsTaken'

type Counting = Readonly<{code: Code; block: Local; countChains: boolean}>

// block[chain]++
export function emitChainCount(counting: Counting, chain: Chain): void {
	if (counting.countChains) emitIncrement(counting, () => counting.code.get(counting.block), offsets[chain])
}

// callsUnwound[status]++
export function emitUnwoundCount(counting: Counting, status: Local): void {
	const {code, block, countChains} = counting
	if (!countChains) return
	const pushCounter = () => code.get(block).get(status).i32(3).op('i32.shl', 'i32.add')
	emitIncrement(counting, pushCounter, offsets.callsUnwound)
}

// Plain: this vCPU's own statistics.
function emitIncrement({code}: Counting, pushAddress: () => void, offset: number): void {
	pushAddress()
	pushAddress()
	code.memory('i64.load', offset).i64(1n).op('i64.add').memory('i64.store', offset)
}
