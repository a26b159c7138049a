/** Counts how control passes from region to region (`--count-chains`). Emits nothing when off. */
import {offsets} from '../codegen/index.ts'
import type {Code, Local} from '../wasm/index.ts'

/** A way from one region to another without the interpreter. Names a counter in the vCPU block. */
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
