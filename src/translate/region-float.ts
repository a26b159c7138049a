/** Floating point in a region: locals hold whether FS is dirty, and whether the host's arithmetic may be used. */
import {
	type CalledFunctions,
	emitMarkDirty,
	type Lowering,
	mstatusFs,
	offsets,
	pushFloatingPointOff,
} from '../codegen/index.ts'
import {type Expression, type Instruction, traitsOf} from '../isa/index.ts'
import type {Code, FunctionReference, Label, Local} from '../wasm/index.ts'
import {emitHostFloat, hasHostFloat} from './host-float.ts'
import type {Region, RegionInstruction} from './region.ts'

const inexact = 1

type Call = Extract<Expression, {op: 'call'}>

/** Plain throughout: the state is this vCPU's own. Only CSR instructions, traps and the code emitted here change it. */
export class RegionFloat {
	readonly #code: Code
	readonly #block: Local
	readonly #functions: CalledFunctions
	readonly #fusedMultiplyAdd: FunctionReference | 'relaxed'
	readonly #occurs: boolean
	readonly #computes: boolean
	/** i32: mstatus.FS is dirty. */
	readonly #dirty: Local
	/** i32: NX has accrued, and frm is nearest even. */
	readonly #fast: Local
	/** FS is known to be dirty at the instruction being emitted. */
	#isDirty = false

	constructor(options: {
		code: Code
		block: Local
		functions: CalledFunctions
		fusedMultiplyAdd: FunctionReference | 'relaxed'
		region: Region
	}) {
		this.#code = options.code
		this.#block = options.block
		this.#functions = options.functions
		this.#fusedMultiplyAdd = options.fusedMultiplyAdd
		const traits = options.region.blocks.flatMap((block) =>
			block.instructions.map(({decoded}) => traitsOf(decoded.instruction)),
		)
		this.#occurs = traits.some(({needsFloat}) => needsFloat)
		this.#computes = traits.some(({needsFloat, calls}) => needsFloat && calls.size > 0)
		this.#dirty = options.code.local('i32', 'floatDirty')
		this.#fast = options.code.local('i32', 'floatFast')
	}

	/** At the region's entry, and wherever the state may have changed. */
	load(): void {
		this.forget()
		if (this.#occurs) {
			this.#code.get(this.#block).memory('i32.load', offsets.mstatus).i32(mstatusFs).op('i32.and').i32(mstatusFs)
			this.#code.op('i32.eq').set(this.#dirty)
		}
		if (this.#computes) this.#loadFast()
	}

	/** At the start of a block, which may have several predecessors. */
	forget(): void {
		this.#isDirty = false
	}

	// dirty || FS != 0, else illegal
	before(instruction: Instruction, illegal: Label): void {
		if (this.#isDirty || !traitsOf(instruction).needsFloat) return
		const code = this.#code
		code.get(this.#dirty).op('i32.eqz').unlikely()
		code.if(undefined, () => {
			pushFloatingPointOff(code, this.#block)
			code.brIf(illegal)
		})
	}

	// dirty || mark
	after(instruction: Instruction): void {
		if (this.#isDirty || !traitsOf(instruction).dirtiesFloat) return
		const code = this.#code
		code.get(this.#dirty).op('i32.eqz').unlikely()
		code.if(undefined, () => {
			emitMarkDirty(code, this.#block)
			code.i32(1).set(this.#dirty)
		})
		this.#isDirty = true
	}

	/** Pushes the result of a softfloat call. @returns false, with nothing emitted, if it is none or has no fast path. */
	call(e: Call, {decoded}: RegionInstruction, lowering: Lowering): boolean {
		const takesMode = e.arguments.at(-1)?.op === 'roundingMode'
		const {rm} = decoded.operands
		const roundingMode = takesMode && rm === 7 ? 'dynamic' : rm
		if (!traitsOf(decoded.instruction).needsFloat || !hasHostFloat(e.name, roundingMode)) return false
		emitHostFloat(this.#code, {
			name: e.name,
			push: e.arguments.map((argument) => () => lowering.push(argument)),
			fast: this.#fast,
			roundingMode,
			fusedMultiplyAdd: this.#fusedMultiplyAdd,
			slow: (push) => {
				for (const operand of push) operand()
				this.#code.call(this.#functions.of(e.name))
				// It may have raised NX.
				this.#loadFast()
			},
		})
		return true
	}

	// fast = fflags & NX & (frm == 0)
	#loadFast(): void {
		this.#code.get(this.#block).memory('i32.load', offsets.fflags).i32(inexact).op('i32.and')
		this.#code.get(this.#block).memory('i32.load', offsets.frm).op('i32.eqz', 'i32.and').set(this.#fast)
	}
}
