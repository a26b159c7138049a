/** Guest memory accesses of a translated region. */
import {budgetOffset, MemoryAccess} from '../interpreter/memory-access.ts'
import type {Code, FunctionReference, Local} from '../wasm/index.ts'

type Options = Readonly<{
	code: Code
	block: Local
	budget: Local
	table: Local
	mask: Local
	functions: Readonly<Record<string, FunctionReference>>
}>

export class RegionMemory extends MemoryAccess {
	/** Instructions of the block from the present one on: the budget was lessened by the whole block where it began. */
	remaining = 0
	readonly #options: Options

	constructor(options: Options) {
		super(options)
		this.#options = options
	}

	override syncBudgetBefore(): void {
		const {code, block, budget} = this.#options
		code.get(block).get(budget).i32(this.remaining).op('i32.add').memory('i32.store', budgetOffset)
	}
}
