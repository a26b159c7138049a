/** The body of one WebAssembly function, emitted instruction by instruction. */
import {assert} from '../errors.ts'
import {ByteWriter} from './byte-writer.ts'
import {type MemoryOpcode, memoryOpcodes, type PlainOpcode, plainOpcodes} from './opcodes.ts'

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128'
export const valueTypeByte: Record<ValueType, number> = {i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b}
export type Signature = Readonly<{parameters: readonly ValueType[]; results: readonly ValueType[]}>

/** A local variable of the function being built. */
export type Local = Readonly<{index: number; type: ValueType}>
/** A function of the module, imported or defined. */
export type FunctionReference = Readonly<{index: number}>
/** A global of the module. */
export type GlobalReference = Readonly<{index: number}>
/** A structured-control label, the target of a `br`. */
export type Label = {readonly name: string; depth: number}

const constantBytes = new Uint8Array(8)

export class Code {
	readonly parameters: readonly ValueType[]
	readonly #localNames = new Map<number, string>()
	readonly #typeIndex: ((signature: Signature) => number) | undefined
	readonly #instructions = new ByteWriter(512)
	readonly #localTypes: ValueType[] = []
	readonly #free: Record<ValueType, Local[]> = {i32: [], i64: [], f32: [], f64: [], v128: []}
	readonly #hints: {at: number; taken: 0 | 1}[] = []
	#depth = 0

	/** @param typeIndex the module's index of a signature; indirect calls need it. */
	constructor(parameters: readonly ValueType[], typeIndex?: (signature: Signature) => number) {
		this.parameters = parameters
		this.#typeIndex = typeIndex
	}

	parameter(index: number, name?: string): Local {
		const type = this.parameters[index]
		assert(type, `the function has a parameter ${index}`)
		if (name) this.#localNames.set(index, name)
		return {index, type}
	}

	/** A new local, or one that release() gave back: its value is undefined. A named one is new. */
	local(type: ValueType, name?: string): Local {
		const reused = name ? undefined : this.#free[type].pop()
		if (reused) return reused
		const index = this.parameters.length + this.#localTypes.push(type) - 1
		if (name) this.#localNames.set(index, name)
		return {index, type}
	}

	/** Index and name of the locals that have one, in the order of their indices. */
	localNames(): readonly (readonly [index: number, name: string])[] {
		const count = this.parameters.length + this.#localTypes.length
		const names: [number, string][] = []
		for (let index = 0; index < count && names.length < this.#localNames.size; index++) {
			const name = this.#localNames.get(index)
			if (name !== undefined) names.push([index, name])
		}
		return names
	}

	release(...locals: readonly Local[]): void {
		for (const local of locals) this.#free[local.type].push(local)
	}

	op(...names: readonly PlainOpcode[]): this {
		for (const name of names) for (const byte of plainOpcodes[name]) this.#instructions.byte(byte)
		return this
	}

	/** Stack: address (and operands) → value. @param offset bytes added to the address. */
	memory(name: MemoryOpcode, offset = 0): this {
		const [opcode, align] = memoryOpcodes[name]
		this.#instructions.append(opcode).byte(align).unsigned(offset)
		return this
	}

	/** As memory(), for a plain access that need not be aligned. */
	unalignedMemory(name: MemoryOpcode, offset = 0): this {
		this.#instructions.append(memoryOpcodes[name][0]).byte(0).unsigned(offset)
		return this
	}

	i32(value: number): this {
		this.#instructions.byte(0x41).signed32(value)
		return this
	}

	i64(value: bigint): this {
		this.#instructions.byte(0x42).signed64(value)
		return this
	}

	/** A constant. Which NaN a NaN becomes is not told. */
	f32(value: number): this {
		new DataView(constantBytes.buffer).setFloat32(0, value, true)
		this.#instructions.byte(0x43).append(constantBytes.subarray(0, 4))
		return this
	}

	/** A constant. Which NaN a NaN becomes is not told. */
	f64(value: number): this {
		new DataView(constantBytes.buffer).setFloat64(0, value, true)
		this.#instructions.byte(0x44).append(constantBytes)
		return this
	}

	get(local: Local): this {
		this.#instructions.byte(0x20).unsigned(local.index)
		return this
	}

	set(local: Local): this {
		this.#instructions.byte(0x21).unsigned(local.index)
		return this
	}

	tee(local: Local): this {
		this.#instructions.byte(0x22).unsigned(local.index)
		return this
	}

	call(target: FunctionReference): this {
		this.#instructions.byte(0x10).unsigned(target.index)
		return this
	}

	/** A tail call: the callee's results are this function's. */
	returnCall(target: FunctionReference): this {
		this.#instructions.byte(0x12).unsigned(target.index)
		return this
	}

	/** Stack: operands, index in table 0. Traps when the function there has another signature. */
	callIndirect(signature: Signature): this {
		this.#instructions.byte(0x11).unsigned(this.#type(signature)).unsigned(0)
		return this
	}

	/** callIndirect as a tail call. */
	returnCallIndirect(signature: Signature): this {
		this.#instructions.byte(0x13).unsigned(this.#type(signature)).unsigned(0)
		return this
	}

	/** Pushes a global's value. */
	global(global: GlobalReference): this {
		this.#instructions.byte(0x23).unsigned(global.index)
		return this
	}

	/** Pops a value into a global, which must be a variable. */
	setGlobal(global: GlobalReference): this {
		this.#instructions.byte(0x24).unsigned(global.index)
		return this
	}

	/** Hints that the condition of the `if` or `brIf` emitted next is nearly always true. Branch hinting proposal. */
	likely(): this {
		this.#hints.push({at: this.#instructions.length, taken: 1})
		return this
	}

	/** As likely(), for a condition that is nearly always false. */
	unlikely(): this {
		this.#hints.push({at: this.#instructions.length, taken: 0})
		return this
	}

	/** Hints, with the places of their branches in bytes from the start of what writeTo() writes. */
	hints(): readonly {at: number; taken: 0 | 1}[] {
		const start = this.#localGroups().length
		return this.#hints.map(({at, taken}) => ({at: start + at, taken}))
	}

	/** `block … end`: br(label) leaves it forwards, with the result if there is one. */
	block(name: string, body: (label: Label) => void, result?: ValueType): this {
		return this.#structured(0x02, name, result, body)
	}

	/** `loop … end`: br(label) goes back to its start. */
	loop(name: string, body: (label: Label) => void): this {
		return this.#structured(0x03, name, undefined, body)
	}

	/** Stack: condition (i32) → result, if any. */
	if(result: ValueType | undefined, then: () => void, otherwise?: () => void): this {
		return this.#structured(0x04, 'if', result, () => {
			then()
			if (otherwise) {
				this.#instructions.byte(0x05)
				otherwise()
			}
		})
	}

	br(label: Label): this {
		this.#instructions.byte(0x0c).unsigned(this.#distance(label))
		return this
	}

	/** Stack: condition (i32). */
	brIf(label: Label): this {
		this.#instructions.byte(0x0d).unsigned(this.#distance(label))
		return this
	}

	/** Stack: index (i32); out of range goes to `otherwise`. */
	brTable(labels: readonly Label[], otherwise: Label): this {
		this.#instructions.byte(0x0e).unsigned(labels.length)
		for (const label of [...labels, otherwise]) this.#instructions.unsigned(this.#distance(label))
		return this
	}

	/** Writes the function body as the code section holds it after its size: local groups, instructions, end. */
	writeTo(section: ByteWriter): void {
		assert(this.#depth === 0, 'every block is closed at the end of a function')
		section.append(this.#localGroups().bytes).append(this.#instructions.bytes).byte(0x0b)
	}

	#localGroups(): ByteWriter {
		const groups: {type: ValueType; count: number}[] = []
		for (const type of this.#localTypes) {
			const last = groups.at(-1)
			if (last?.type === type) last.count++
			else groups.push({type, count: 1})
		}
		const body = new ByteWriter().unsigned(groups.length)
		for (const {type, count} of groups) body.unsigned(count).byte(valueTypeByte[type])
		return body
	}

	#type(signature: Signature): number {
		assert(this.#typeIndex, 'indirect calls are emitted into a module, which has types')
		return this.#typeIndex(signature)
	}

	#structured(opcode: number, name: string, result: ValueType | undefined, body: (label: Label) => void): this {
		this.#instructions.byte(opcode).byte(result ? valueTypeByte[result] : 0x40)
		this.#depth++
		const label: Label = {name, depth: this.#depth}
		body(label)
		assert(this.#depth === label.depth, `block ${name} closes what it opened`)
		this.#depth--
		label.depth = -1
		this.#instructions.byte(0x0b)
		return this
	}

	#distance(label: Label): number {
		assert(label.depth > 0 && label.depth <= this.#depth, `label ${label.name} encloses the branch to it`)
		return this.#depth - label.depth
	}
}
