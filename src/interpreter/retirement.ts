/** Keeps instret exact when a slice ends and when an instruction traps. Plain: only this vCPU writes it. */

import {offsets} from '../codegen/index.ts'
import type {Code, Local} from '../wasm/index.ts'
import type {RunContext} from './run-context.ts'

// instret −= 1 (the budget stays used, so that a storm of traps ends its slice); takeTrap()
export function emitTrap(code: Code, options: {block: Local; budget: Local; functions: RunContext['functions']}): void {
	const {block, budget} = options
	code.get(block).get(block).memory('i64.load', offsets.instret).i64(1n).op('i64.sub')
	code.memory('i64.store', offsets.instret)
	code.get(block).get(budget).memory('i32.store', offsets.budget)
	code.call(options.functions.of('takeTrap'))
}

// instret −= budget + reserve; both words = 0
export function emitUnretire(code: Code, block: Local, budget: Local): void {
	code.get(block).get(block).memory('i64.load', offsets.instret)
	code.get(budget).get(block).memory('i32.load', offsets.reserve).op('i32.add', 'i64.extend_i32_s', 'i64.sub')
	code.memory('i64.store', offsets.instret)
	code.get(block).i32(0).memory('i32.store', offsets.budget)
	code.get(block).i32(0).memory('i32.store', offsets.reserve)
}
