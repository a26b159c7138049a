/** One SBI call as its handler sees it: arguments and results in the hart's registers, which are in shared memory. */
import {VcpuBlock} from '../hart/index.ts'
import {HartStates} from './hart-states.ts'
import type {SbiContext} from './sbi-context.ts'
import type {SbiOutcome} from './sbi-error.ts'
import {doesNotReturn, SbiError} from './sbi-error.ts'

const firstArgument = 10
const functionRegister = 16
const extensionRegister = 17

/** One per vCPU, used for every call. Values are read as low and high words; BigInt is for rare calls. */
export class SbiCall {
	readonly context: SbiContext
	readonly states: HartStates
	readonly #i32: Int32Array
	readonly #u64: BigUint64Array
	/** The offset of x0 in shared memory, bytes. */
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

	/** a7; an extension id has 32 bits. */
	get extension(): number {
		return this.#low(extensionRegister)
	}

	/** a6. */
	get function(): number {
		return this.#low(functionRegister)
	}

	/** The low word of one of the arguments 0 to 5, signed. */
	low(argument: number): number {
		return this.#low(firstArgument + argument)
	}

	/** The high word of one of the arguments 0 to 5, signed. */
	high(argument: number): number {
		return this.#high(firstArgument + argument)
	}

	/** One of the arguments 0 to 5, unsigned. */
	argument(argument: number): bigint {
		// Plain: only this vCPU writes its registers.
		return this.#u64[this.#registers / 8 + firstArgument + argument] ?? 0n
	}

	/** @returns SUCCESS with `value` in a1. */
	success(value: bigint): SbiError {
		this.#value = value
		return SbiError.SUCCESS
	}

	/** Writes the results: the error to a0 and the value to a1. */
	finish(outcome: SbiOutcome): void {
		const value = this.#value
		this.#value = 0n
		if (outcome === doesNotReturn) return
		this.#write(firstArgument, BigInt(outcome))
		this.#write(firstArgument + 1, value)
	}

	/** Writes a legacy extension's only result to a0; it preserves all other registers. SBI 2.0, "Legacy Extensions". */
	finishLegacy(result: number): void {
		this.#write(firstArgument, BigInt(result))
	}

	// These three are plain, as in argument().
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
