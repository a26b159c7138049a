/** The body of one WebAssembly function, emitted instruction by instruction. */
import {assert} from '../../memory/index.ts'
import {type MemoryOpcode, memoryOpcodes, type PlainOpcode, plainOpcodes} from './opcodes.ts'

export type ValueType = 'i32' | 'i64' | 'f64'
export const valueTypeByte: Record<ValueType, number> = {i32: 0x7f, i64: 0x7e, f64: 0x7c}

/** A local variable of the function being built. */
export type Local = Readonly<{index: number; type: ValueType}>
/** A function of the module, imported or defined. */
export type FunctionReference = Readonly<{index: number}>
/** A structured-control label: what `br` names. */
export type Label = {readonly name: string; depth: number}

export function unsignedLeb(value: number): number[] {
	const bytes: number[] = []
	let rest = value
	do {
		const low = rest % 128
		rest = Math.floor(rest / 128)
		bytes.push(rest > 0 ? low | 0x80 : low)
	} while (rest > 0)
	return bytes
}

export function signedLeb(value: bigint): number[] {
	const bytes: number[] = []
	let rest = value
	for (;;) {
		const low = Number(rest & 0x7fn)
		rest >>= 7n
		const signSettled = (rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0)
		bytes.push(signSettled ? low : low | 0x80)
		if (signSettled) return bytes
	}
}

export class Code {
	readonly parameters: readonly ValueType[]
	readonly #bytes: number[] = []
	readonly #localTypes: ValueType[] = []
	readonly #free: Record<ValueType, Local[]> = {i32: [], i64: [], f64: []}
	#depth = 0

	constructor(parameters: readonly ValueType[]) {
		this.parameters = parameters
	}

	parameter(index: number): Local {
		const type = this.parameters[index]
		assert(type, `the function has a parameter ${index}`)
		return {index, type}
	}

	/** A new local, or one that release() gave back: its value is undefined. */
	local(type: ValueType): Local {
		const reused = this.#free[type].pop()
		if (reused) return reused
		this.#localTypes.push(type)
		return {index: this.parameters.length + this.#localTypes.length - 1, type}
	}

	release(...locals: readonly Local[]): void {
		for (const local of locals) this.#free[local.type].push(local)
	}

	op(...names: readonly PlainOpcode[]): this {
		for (const name of names) this.#bytes.push(...plainOpcodes[name])
		return this
	}

	/** Stack: address (and operands) → value. @param offset bytes added to the address. */
	memory(name: MemoryOpcode, offset = 0): this {
		const [opcode, align] = memoryOpcodes[name]
		this.#bytes.push(...opcode, align, ...unsignedLeb(offset))
		return this
	}

	/** As memory(), for a plain access that need not be aligned. */
	unalignedMemory(name: MemoryOpcode, offset = 0): this {
		this.#bytes.push(...memoryOpcodes[name][0], 0, ...unsignedLeb(offset))
		return this
	}

	i32(value: number): this {
		this.#bytes.push(0x41, ...signedLeb(BigInt(value | 0)))
		return this
	}

	i64(value: bigint): this {
		this.#bytes.push(0x42, ...signedLeb(BigInt.asIntN(64, value)))
		return this
	}

	get(local: Local): this {
		this.#bytes.push(0x20, ...unsignedLeb(local.index))
		return this
	}

	set(local: Local): this {
		this.#bytes.push(0x21, ...unsignedLeb(local.index))
		return this
	}

	tee(local: Local): this {
		this.#bytes.push(0x22, ...unsignedLeb(local.index))
		return this
	}

	call(target: FunctionReference): this {
		this.#bytes.push(0x10, ...unsignedLeb(target.index))
		return this
	}

	/** `block … end`: br(label) leaves it forwards. */
	block(name: string, body: (label: Label) => void): this {
		return this.#structured(0x02, name, undefined, body)
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
				this.#bytes.push(0x05)
				otherwise()
			}
		})
	}

	br(label: Label): this {
		this.#bytes.push(0x0c, ...this.#distance(label))
		return this
	}

	/** Stack: condition (i32). */
	brIf(label: Label): this {
		this.#bytes.push(0x0d, ...this.#distance(label))
		return this
	}

	/** Stack: index (i32); out of range goes to `otherwise`. */
	brTable(labels: readonly Label[], otherwise: Label): this {
		this.#bytes.push(0x0e, ...unsignedLeb(labels.length))
		for (const label of [...labels, otherwise]) this.#bytes.push(...this.#distance(label))
		return this
	}

	/** The function body as the code section wants it: size, local groups, instructions, end. */
	finish(): number[] {
		assert(this.#depth === 0, 'every block is closed at the end of a function')
		const groups: number[] = []
		for (const type of this.#localTypes) groups.push(1, valueTypeByte[type])
		const body = [...unsignedLeb(this.#localTypes.length), ...groups]
		const size = unsignedLeb(body.length + this.#bytes.length + 1)
		const bytes = size.concat(body)
		for (const byte of this.#bytes) bytes.push(byte)
		bytes.push(0x0b)
		return bytes
	}

	#structured(opcode: number, name: string, result: ValueType | undefined, body: (label: Label) => void): this {
		this.#bytes.push(opcode, result ? valueTypeByte[result] : 0x40)
		this.#depth++
		const label: Label = {name, depth: this.#depth}
		body(label)
		assert(this.#depth === label.depth, `block ${name} closes what it opened`)
		this.#depth--
		label.depth = -1
		this.#bytes.push(0x0b)
		return this
	}

	#distance(label: Label): number[] {
		assert(label.depth > 0 && label.depth <= this.#depth, `label ${label.name} encloses the branch to it`)
		return unsignedLeb(this.#depth - label.depth)
	}
}
