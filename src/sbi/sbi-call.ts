/** One SBI call as the handlers see it: arguments and results, read and written in the hart's registers in shared memory. */
import {VcpuBlock} from '../hart/index.ts'
import {HartStates} from './hart-states.ts'
import type {SbiContext} from './sbi-context.ts'
import type {SbiOutcome} from './sbi-error.ts'
import {doesNotReturn, SbiError} from './sbi-error.ts'

const firstArgument = 10
const functionRegister = 16
const extensionRegister = 17

/** Made once per vCPU and used for every call. Values travel as low and high words; BigInt is for rare calls. */
export class SbiCall {
	readonly context: SbiContext
	readonly states: HartStates
	readonly #i32: Int32Array
	readonly #u64: BigUint64Array
	/** Bytes from the start of the shared memory to x0. */
	readonly #registers: number
	#value = 0n

	constructor(context: SbiContext) {
		const {blocks, hart} = context
		this.context = context
		this.states = new HartStates(blocks)
		this.#i32 = blocks.memory.i32
		this.#u64 = blocks.memory.u64
		this.#registers = blocks.base(hart) + VcpuBlock.offset.hart + VcpuBlock.fields.hart.offset.x
	}

	/** a7: an extension id is 32 bits. */
	get extension(): number {
		return this.#low(extensionRegister)
	}

	/** a6. */
	get function(): number {
		return this.#low(functionRegister)
	}

	/** The low word of argument 0 to 5, signed. */
	low(argument: number): number {
		return this.#low(firstArgument + argument)
	}

	/** The high word of argument 0 to 5, signed. */
	high(argument: number): number {
		return this.#high(firstArgument + argument)
	}

	/** Argument 0 to 5, unsigned. */
	argument(argument: number): bigint {
		// Plain: only this vCPU writes its registers.
		return this.#u64[this.#registers / 8 + firstArgument + argument] ?? 0n
	}

	/** @returns SUCCESS with `value` in a1. */
	success(value: bigint): SbiError {
		this.#value = value
		return SbiError.SUCCESS
	}

	/** Results: the error in a0 and the value in a1. */
	finish(outcome: SbiOutcome): void {
		const value = this.#value
		this.#value = 0n
		if (outcome === doesNotReturn) return
		this.#write(firstArgument, BigInt(outcome))
		this.#write(firstArgument + 1, value)
	}

	/** A legacy extension's only result, in a0; every other register is preserved. SBI 2.0, "Legacy Extensions". */
	finishLegacy(result: number): void {
		this.#write(firstArgument, BigInt(result))
	}

	// Plain, as in argument().
	#low(register: number): number {
		return this.#i32[this.#registers / 4 + 2 * register] ?? 0
	}

	#high(register: number): number {
		return this.#i32[this.#registers / 4 + 2 * register + 1] ?? 0
	}

	#write(register: number, value: bigint): void {
		this.#u64[this.#registers / 8 + register] = value
	}
}
