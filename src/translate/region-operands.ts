/** Operands of a translated region: registers are locals, everything else is a constant of the instruction. */
import type {Operands} from '../codegen/index.ts'
import type {RegisterField, Type} from '../isa/index.ts'
import type {Code, Local} from '../wasm/index.ts'
import type {RegionInstruction} from './region.ts'
import type {RegisterLocals} from './register-locals.ts'
import {firstFloat, registerSetOf} from './register-set.ts'

export class RegionOperands implements Operands {
	readonly #code: Code
	readonly #registers: RegisterLocals
	readonly #pageGva: Local
	readonly #instruction: RegionInstruction
	readonly #stores: boolean

	/** @param options.stores the register that the instruction writes is also stored to the vCPU block. */
	constructor(options: {
		code: Code
		registers: RegisterLocals
		pageGva: Local
		instruction: RegionInstruction
		stores: boolean
	}) {
		this.#code = options.code
		this.#registers = options.registers
		this.#pageGva = options.pageGva
		this.#instruction = options.instruction
		this.#stores = options.stores
	}

	get #operands() {
		return this.#instruction.decoded.operands
	}

	readX(field: RegisterField): void {
		const register = this.#operands[field]
		if (register === 0) this.#code.i64(0n)
		else this.#code.get(this.#registers.of(register))
	}

	readXLow(field: RegisterField): void {
		if (this.#operands[field] === 0) this.#code.i32(0)
		else {
			this.readX(field)
			this.#code.op('i32.wrap_i64')
		}
	}

	readF(field: RegisterField): void {
		this.#code.get(this.#registers.of(firstFloat + this.#operands[field]))
	}

	writeX(value: () => void): void {
		value()
		const {rd} = this.#operands
		if (rd === 0) this.#code.op('drop')
		else this.#write(rd)
	}

	writeF(value: () => void): void {
		value()
		this.#write(firstFloat + this.#operands.rd)
	}

	#write(register: number): void {
		this.#code.set(this.#registers.of(register))
		if (this.#stores) this.#registers.store(registerSetOf(register))
	}

	immediate(type: Type): void {
		const {imm} = this.#operands
		if (type === 'i32') this.#code.i32(imm)
		else this.#code.i64(BigInt(imm))
	}

	csrNumber(): void {
		this.#code.i32(this.#operands.csr)
	}

	registerNumber(field: RegisterField): void {
		this.#code.i32(this.#operands[field])
	}

	pc(): void {
		this.#pushGva(this.#instruction.offset)
	}

	nextPc(): void {
		this.#pushGva(this.#instruction.offset + this.#instruction.decoded.length)
	}

	roundingField(): void {
		this.#code.i32(this.#operands.rm)
	}

	#pushGva(offset: number): void {
		this.#code.get(this.#pageGva)
		if (offset !== 0) this.#code.i64(BigInt(offset)).op('i64.add')
	}
}
