/** A WebAssembly module under construction: imports first, then functions, then its bytes. */
import {assert} from '../../memory/index.ts'
import {Code, type FunctionReference, unsignedLeb, type ValueType, valueTypeByte} from './code.ts'

export type Signature = Readonly<{parameters: readonly ValueType[]; results: readonly ValueType[]}>

const utf8 = new TextEncoder()
const vector = (items: readonly (readonly number[])[]): number[] => [...unsignedLeb(items.length), ...items.flat()]
const nameBytes = (name: string): number[] => {
	const bytes = utf8.encode(name)
	return [...unsignedLeb(bytes.length), ...bytes]
}
const section = (id: number, content: readonly number[]): number[] => [id, ...unsignedLeb(content.length), ...content]

export class ModuleBuilder {
	readonly #types: Signature[] = []
	readonly #imports: number[][] = []
	readonly #functionTypes: number[] = []
	readonly #bodies: number[][] = []
	readonly #exports: number[][] = []
	readonly #names: string[] = []

	/** The shared memory, as large as wasm32 allows: the instance's own limits lie within. */
	importSharedMemory(module: string, name: string): void {
		this.#imports.push([
			...nameBytes(module),
			...nameBytes(name),
			0x02,
			0x03,
			...unsignedLeb(1),
			...unsignedLeb(65_536),
		])
	}

	importFunction(module: string, name: string, signature: Signature): FunctionReference {
		assert(this.#bodies.length === 0, 'imports come before functions: they share one index space')
		this.#imports.push([...nameBytes(module), ...nameBytes(name), 0x00, ...unsignedLeb(this.#type(signature))])
		return {index: this.#names.push(`${module}.${name}`) - 1}
	}

	/** Defines a function; `body` emits its code. A callee is defined before its callers. */
	function(
		name: string,
		signature: Signature,
		body: (code: Code) => void,
		options: {exported?: boolean} = {},
	): FunctionReference {
		const code = new Code(signature.parameters)
		body(code)
		this.#functionTypes.push(this.#type(signature))
		this.#bodies.push(code.finish())
		const index = this.#names.push(name) - 1
		if (options.exported) this.#exports.push([...nameBytes(name), 0x00, ...unsignedLeb(index)])
		return {index}
	}

	toBytes(): Uint8Array<ArrayBuffer> {
		const types = this.#types.map(({parameters, results}) => [
			0x60,
			...vector(parameters.map((type) => [valueTypeByte[type]])),
			...vector(results.map((type) => [valueTypeByte[type]])),
		])
		const names = vector(this.#names.map((name, index) => [...unsignedLeb(index), ...nameBytes(name)]))
		return Uint8Array.from([
			...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
			...section(1, vector(types)),
			...section(2, vector(this.#imports)),
			...section(3, vector(this.#functionTypes.map((type) => unsignedLeb(type)))),
			...section(7, vector(this.#exports)),
			...section(10, vector(this.#bodies)),
			// Custom section "name", subsection 1: function names, for profilers and stack traces.
			...section(0, [...nameBytes('name'), ...section(1, names)]),
		])
	}

	#type(signature: Signature): number {
		const key = JSON.stringify(signature)
		const known = this.#types.findIndex((type) => JSON.stringify(type) === key)
		return known >= 0 ? known : this.#types.push(signature) - 1
	}
}
