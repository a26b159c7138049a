/** The hart's registers in shared memory, as the run loop and the library read and write them. Not for hot paths. */
import {type SharedMemory, VcpuWords, type WordPair} from '../memory/index.ts'
import {fieldOffset, type HartField} from './vcpu-block.ts'

/** Registers as a debugger shows them: name → value. `x` and `f` are arrays of 32. */
export type RegisterDump = Readonly<{
	pc: bigint
	privilege: 'U' | 'S' | 'M'
	x: readonly bigint[]
	f: readonly bigint[]
	csrs: Readonly<Record<string, bigint>>
}>

const shownCsrs = [
	'mstatus',
	'mtvec',
	'medeleg',
	'mideleg',
	'mie',
	'mscratch',
	'mepc',
	'mcause',
	'mtval',
	'stvec',
	'sscratch',
	'sepc',
	'scause',
	'stval',
	'satp',
	'stimecmp',
] as const satisfies readonly HartField[]

// Plain but for satp: only this vCPU's thread writes its registers while it runs; others access them while it parks.
export class HartRegisters {
	readonly #memory: SharedMemory
	readonly #block: number

	/** @param block offset of the vCPU's block in shared memory. */
	constructor(memory: SharedMemory, block: number) {
		this.#memory = memory
		this.#block = block
	}

	get(field: HartField, index = 0): bigint {
		return this.#memory.u64[this.#offset(field) / 8 + index] ?? 0n
	}

	set(field: HartField, value: bigint, index = 0): void {
		this.#memory.u64[this.#offset(field) / 8 + index] = BigInt.asUintN(64, value)
	}

	/** Writes satp, whose ASID remote fences read while this vCPU runs. */
	publishSatp(value: bigint): void {
		const low = this.#offset('satp') / 4
		// Plain: only this vCPU reads the lower half.
		this.#memory.u32[low] = Number(BigInt.asUintN(32, value))
		// As publishSatp() in src/hart/core/csr-supervisor.ts: accesses through the old address space are ordered before,
		// walks in the new one after. Pairs with #currentAsid() in src/tlb/tlb.ts.
		Atomics.store(this.#memory.i32, low + 1, Number(BigInt.asIntN(32, value >> 32n)))
	}

	/** A 32-bit field, unsigned. */
	word(field: HartField): number {
		return this.#memory.u32[this.#offset(field) / 4] ?? 0
	}

	setWord(field: HartField, value: number): void {
		this.#memory.u32[this.#offset(field) / 4] = value
	}

	/** A 64-bit field, exactly. No BigInt: the run loop asks for deadlines. */
	readPair(field: HartField, into: WordPair): void {
		const word = this.#offset(field) / 4
		into.low = this.#memory.u32[word] ?? 0
		into.high = this.#memory.u32[word + 1] ?? 0
	}

	/** A 64-bit field as a number; beyond 2^53 it is rounded. No BigInt: the run loop reads deadlines. */
	number(field: HartField, index = 0): number {
		const word = this.#offset(field) / 4 + 2 * index
		return (this.#memory.u32[word + 1] ?? 0) * 2 ** 32 + (this.#memory.u32[word] ?? 0)
	}

	/** mip bits that other threads and timers set. */
	pendingInterrupts(): number {
		// Atomic: pairs with VcpuBlocks.raise().
		return Atomics.load(this.#memory.i32, (this.#block + VcpuWords.offset.pendingInterrupts) / 4)
	}

	dump(): RegisterDump {
		const row = (field: 'x' | 'f') => Array.from({length: 32}, (_, index) => this.get(field, index))
		return {
			pc: this.get('pc'),
			privilege: (['U', 'S', 'M', 'M'] as const)[this.word('privilege') & 3] ?? 'M',
			x: row('x'),
			f: row('f'),
			csrs: Object.fromEntries(shownCsrs.map((name) => [name, this.get(name)])),
		}
	}

	#offset(field: HartField): number {
		return this.#block + fieldOffset[field]
	}
}
