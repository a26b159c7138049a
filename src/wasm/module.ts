/** A WebAssembly module under construction: imports first, then functions, then its bytes. */
import {assert} from '../errors.ts'
import {ByteWriter} from './byte-writer.ts'
import {
	Code,
	type FunctionReference,
	type GlobalReference,
	type Signature,
	type ValueType,
	valueTypeByte,
} from './code.ts'

type DefinedFunction = Readonly<{name: string; signature: Signature; type: number; exported: boolean}> & {code?: Code}

export class ModuleBuilder {
	/** For debuggers. */
	readonly #name: string | undefined
	readonly #types: Signature[] = []
	readonly #typeIndices = new Map<string, number>()
	readonly #imports = new ByteWriter(1024)
	#importCount = 0
	#globalCount = 0
	readonly #variables: ('i32' | 'i64')[] = []
	readonly #importedFunctions: string[] = []
	readonly #functions: DefinedFunction[] = []
	#elements: Readonly<{base: GlobalReference; functions: readonly FunctionReference[]}> | undefined

	constructor(options: {name?: string} = {}) {
		this.#name = options.name
	}

	/** The shared memory, with wasm32's maximum: the limits of any memory lie within. */
	importSharedMemory(module: string, name: string): void {
		this.#import(module, name).byte(0x02).byte(0x03).unsigned(1).unsigned(65_536)
	}

	/** Table 0, of functions, of any size, for indirect calls and elements(). */
	importTable(module: string, name: string): void {
		this.#import(module, name).byte(0x01).byte(0x70).byte(0x00).unsigned(0)
	}

	/** A global that never changes. */
	importGlobal(module: string, name: string, type: ValueType): GlobalReference {
		assert(this.#variables.length === 0, 'imports come before variables: they share one index space')
		this.#import(module, name).byte(0x03).byte(valueTypeByte[type]).byte(0x00)
		return {index: this.#globalCount++}
	}

	/** A mutable global, one per instance, initially 0. */
	variable(type: 'i32' | 'i64'): GlobalReference {
		this.#variables.push(type)
		return {index: this.#globalCount++}
	}

	importFunction(module: string, name: string, signature: Signature): FunctionReference {
		assert(this.#functions.length === 0, 'imports come before functions: they share one index space')
		this.#import(module, name).byte(0x00).unsigned(this.#type(signature))
		return {index: this.#importedFunctions.push(`${module}.${name}`) - 1}
	}

	/** A function that may be called now and is defined later. */
	declareFunction(name: string, signature: Signature, options: {exported?: boolean} = {}): FunctionReference {
		this.#functions.push({name, signature, type: this.#type(signature), exported: options.exported ?? false})
		return {index: this.#importedFunctions.length + this.#functions.length - 1}
	}

	/** `body` emits the code of a declared function. */
	defineFunction({index}: FunctionReference, body: (code: Code) => void): void {
		const declared = this.#functions[index - this.#importedFunctions.length]
		assert(declared && !declared.code, 'a function is declared, and defined once')
		const code = new Code(declared.signature.parameters, (signature) => this.#type(signature))
		declared.code = code
		body(code)
	}

	/** Declares and defines a function. */
	function(
		name: string,
		signature: Signature,
		body: (code: Code) => void,
		options: {exported?: boolean} = {},
	): FunctionReference {
		const reference = this.declareFunction(name, signature, options)
		this.defineFunction(reference, body)
		return reference
	}

	/** Instantiation puts the functions into table 0, from index `base` on. */
	elements(base: GlobalReference, functions: readonly FunctionReference[]): void {
		assert(!this.#elements, 'a module has one element segment')
		this.#elements = {base, functions}
	}

	toBytes(): Uint8Array<ArrayBuffer> {
		const module = new ByteWriter(8192).append([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00])
		module.section(1, (types) => this.#writeTypes(types))
		module.section(2, (imports) => imports.unsigned(this.#importCount).append(this.#imports.bytes))
		module.section(3, (functions) => {
			functions.unsigned(this.#functions.length)
			for (const {type} of this.#functions) functions.unsigned(type)
		})
		if (this.#variables.length > 0) module.section(6, (globals) => this.#writeVariables(globals))
		module.section(7, (exports) => this.#writeExports(exports))
		if (this.#elements) module.section(9, (elements) => this.#writeElements(elements))
		module.section(0, (hints) => this.#writeHints(hints.name('metadata.code.branch_hint')))
		module.section(10, (code) => {
			code.unsigned(this.#functions.length)
			for (const {name, code: body} of this.#functions) {
				assert(body, `the function ${name} is defined`)
				code.sized(() => body.writeTo(code))
			}
		})
		// For profilers, stack traces and debuggers.
		module.section(0, (names) => this.#writeNames(names.name('name')))
		return module.bytes.slice()
	}

	#import(module: string, name: string): ByteWriter {
		this.#importCount++
		return this.#imports.name(module).name(name)
	}

	#type(signature: Signature): number {
		const key = `${signature.parameters.join()}:${signature.results.join()}`
		const known = this.#typeIndices.get(key)
		if (known !== undefined) return known
		const index = this.#types.push(signature) - 1
		this.#typeIndices.set(key, index)
		return index
	}

	#writeTypes(types: ByteWriter): void {
		types.unsigned(this.#types.length)
		for (const {parameters, results} of this.#types) {
			types.byte(0x60)
			types.vector(parameters.map((type) => valueTypeByte[type]))
			types.vector(results.map((type) => valueTypeByte[type]))
		}
	}

	#writeVariables(globals: ByteWriter): void {
		globals.unsigned(this.#variables.length)
		// Mutable; the initial value: `const 0; end`.
		for (const type of this.#variables) {
			globals.byte(valueTypeByte[type]).byte(0x01)
			globals
				.byte(type === 'i32' ? 0x41 : 0x42)
				.byte(0x00)
				.byte(0x0b)
		}
	}

	#writeExports(exports: ByteWriter): void {
		exports.unsigned(this.#functions.filter(({exported}) => exported).length)
		for (const [index, {name, exported}] of this.#functions.entries()) {
			if (exported)
				exports
					.name(name)
					.byte(0x00)
					.unsigned(this.#importedFunctions.length + index)
		}
	}

	#writeElements(segments: ByteWriter): void {
		const {base, functions} = this.#elements!
		// One active segment of table 0 at `global.get base; end`.
		segments.unsigned(1).unsigned(0).byte(0x23).unsigned(base.index).byte(0x0b)
		segments.unsigned(functions.length)
		for (const {index} of functions) segments.unsigned(index)
	}

	/** Custom section "metadata.code.branch_hint", which precedes the code: per function, each hinted branch's place. */
	#writeHints(section: ByteWriter): void {
		const hinted = this.#functions.flatMap(({code}, index) => {
			const hints = code?.hints() ?? []
			return hints.length > 0 ? [{index: this.#importedFunctions.length + index, hints}] : []
		})
		section.unsigned(hinted.length)
		for (const {index, hints} of hinted) {
			section.unsigned(index).unsigned(hints.length)
			for (const {at, taken} of hints) section.unsigned(at).byte(1).byte(taken)
		}
	}

	/** Custom section "name": the module's, its functions' and their locals' names. */
	#writeNames(names: ByteWriter): void {
		const defined = this.#importedFunctions.length
		const moduleName = this.#name
		if (moduleName !== undefined) names.section(0, (subsection) => subsection.name(moduleName))
		names.section(1, (subsection) => {
			const all = [...this.#importedFunctions, ...this.#functions.map(({name}) => name)]
			subsection.unsigned(all.length)
			for (const [index, name] of all.entries()) subsection.unsigned(index).name(name)
		})
		const withNames = this.#functions.flatMap(({code}, index) => {
			const locals = code?.localNames() ?? []
			return locals.length > 0 ? [{index: defined + index, locals}] : []
		})
		if (withNames.length === 0) return
		names.section(2, (subsection) => {
			subsection.unsigned(withNames.length)
			for (const {index, locals} of withNames) {
				subsection.unsigned(index).unsigned(locals.length)
				for (const [local, name] of locals) subsection.unsigned(local).name(name)
			}
		})
	}
}
