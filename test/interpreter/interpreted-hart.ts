/** The hart tests' hart core with the generated interpreter, and with translated regions if the engine has them. */

import {fieldOffset, Slot} from '../../src/hart/index.ts'
import {buildInterpreter, handlers} from '../../src/interpreter/index.ts'
import {Doorbell, VcpuWords} from '../../src/memory/index.ts'
import {lookupForm, type TlbDesign} from '../../src/tlb/index.ts'
import {type Engine, interpreter} from '../execution/engine.ts'
import {InstantTranslator} from '../execution/instant-translator.ts'
import {HartCore, type HartCoreOptions} from '../hart/core/hart-core.ts'

/** By the form of lookups. */
const modules = new Map<string, WebAssembly.Module>()

function interpreterFor(design: TlbDesign): WebAssembly.Module {
	const form = JSON.stringify(lookupForm(design))
	const module = modules.get(form) ?? new WebAssembly.Module(buildInterpreter({design}))
	modules.set(form, module)
	return module
}

export class InterpretedHart extends HartCore {
	readonly x: BigUint64Array
	readonly f: BigUint64Array
	/** Keys of the handlers that slots were decoded to. */
	readonly decodedTo = new Set<string>()
	decodings = 0
	readonly #translator: InstantTranslator | undefined
	readonly #run: (block: number, budget: number) => number
	readonly #blockAt: number

	/** @param observe see HartCoreOptions. */
	constructor(engine: Engine = interpreter, observe?: HartCoreOptions['observe']) {
		super(undefined, {design: engine.design, observe})
		const {memory} = this
		this.#blockAt = memory.region('vcpu').offset
		const registers = (field: 'x' | 'f') =>
			new BigUint64Array(memory.memory.buffer, this.#blockAt + fieldOffset[field], 32)
		this.x = registers('x')
		this.f = registers('f')
		const translator = engine.translation && new InstantTranslator(this, engine)
		this.#translator = translator
		if (translator) this.findRegion = (codeBase, pageOffset) => translator.cache.find(codeBase, pageOffset)
		const decode = (codeBase: number, ip: number): void => {
			this.core.decode(codeBase, ip)
			this.decodings++
			this.decodedTo.add(handlers[memory.u16[((ip >>> 0) + Slot.offset.handler) / 2]!]!.key)
		}
		const {run} = new WebAssembly.Instance(interpreterFor(this.design), {
			env: {
				memory: memory.memory,
				regions: translator?.cache.table ?? new WebAssembly.Table({element: 'anyfunc', initial: 0}),
				hot: (codeBase: number, ip: number, pageGva: bigint) => translator?.hot(codeBase, ip, pageGva),
				hotThreshold: new WebAssembly.Global({value: 'i32'}, engine.translation?.threshold ?? 0x2_0000),
			},
			hart: {...this.core, decode} as unknown as WebAssembly.ModuleImports,
		}).exports as {run(block: number, budget: number): number}
		this.#run = run
	}

	/** @returns an ExitReason. */
	run(budget = 1000): number {
		this.#translator?.dropOld()
		return this.#run(this.#blockAt, budget)
	}

	/** A hart that has paused often rings for its own run loop, as the vCPU's takes it. */
	takeSpin(): void {
		Atomics.and(this.memory.i32, (this.#blockAt + VcpuWords.offset.doorbell) / 4, ~Doorbell.spin)
	}

	/** Rings, as another thread would. */
	ring(bits: number): void {
		// Atomic: pairs with the interpreter's safepoint.
		Atomics.store(this.memory.i32, (this.#blockAt + VcpuWords.offset.doorbell) / 4, bits)
	}

	/** Writes 16 bits of code. Plain: nothing runs meanwhile. */
	writeParcel(gpa: number, parcel: number): void {
		this.memory.u16[this.ramOffset(gpa) / 2] = parcel
		this.written(gpa, 2)
	}
}
