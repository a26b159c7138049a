/** The locals that hold guest registers while a region runs. */
import {offsets} from '../codegen/index.ts'
import type {Code, Local} from '../wasm/index.ts'
import {firstFloat, numbersIn, type RegisterSet} from './register-set.ts'

const registerBytes = 8

const placeOf = (register: number): number =>
	register < firstFloat ? offsets.x + register * registerBytes : offsets.f + (register - firstFloat) * registerBytes

const nameOf = (register: number): string => (register < firstFloat ? `x${register}` : `f${register - firstFloat}`)

export class RegisterLocals {
	readonly #code: Code
	readonly #block: Local
	readonly #locals: (Local | undefined)[] = []

	constructor(code: Code, block: Local) {
		this.#code = code
		this.#block = block
	}

	/** The register's local, i64: an f register's raw bits. Not for x0. */
	of(register: number): Local {
		this.#locals[register] ??= this.#code.local('i64', nameOf(register))
		return this.#locals[register]
	}

	// Plain: registers are this vCPU's own.
	load(registers: RegisterSet): void {
		for (const register of numbersIn(registers)) {
			this.#code.get(this.#block).memory('i64.load', placeOf(register)).set(this.of(register))
		}
	}

	store(registers: RegisterSet): void {
		for (const register of numbersIn(registers)) {
			this.#code.get(this.#block).get(this.of(register)).memory('i64.store', placeOf(register))
		}
	}
}
