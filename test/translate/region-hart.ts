/** A hart that interprets and runs translated regions, and hand-made regions for it. */

import {regionSignature} from '../../src/codegen/region-call.ts'
import {CodePage, fieldOffset, Slot} from '../../src/hart/index.ts'
import {buildInterpreter, handlers} from '../../src/interpreter/index.ts'
import {ramBase} from '../../src/memory/index.ts'
import type {TlbDesign} from '../../src/tlb/index.ts'
import {RegionCache} from '../../src/translate/region-cache.ts'
import type {RegionInfo} from '../../src/translate/types.ts'
import {ModuleBuilder} from '../../src/wasm/index.ts'
import {HartCore} from '../hart/core/hart-core.ts'

const interpreter = await WebAssembly.compile(buildInterpreter())

/** A module of regions; each sets one x register to a value, retires one instruction and adds `skip` to the pc. */
export function moduleOf(regions: readonly Readonly<{x: number; value: bigint; skip: bigint}>[]): WebAssembly.Module {
	const module = new ModuleBuilder()
	module.importSharedMemory('env', 'memory')
	module.importTable('env', 'regions')
	const base = module.importGlobal('env', 'base', 'i32')
	const functions = regions.map(({x, value, skip}) =>
		module.function('region', regionSignature, (code) => {
			const [block, budget] = [code.parameter(0), code.parameter(1)]
			code
				.get(block)
				.i64(value)
				.memory('i64.store', fieldOffset.x + x * 8)
			code.get(block).get(block).memory('i64.load', fieldOffset.pc).i64(skip).op('i64.add')
			code.memory('i64.store', fieldOffset.pc)
			code.get(block).get(budget).i32(1).op('i32.sub').memory('i32.store', fieldOffset.budget)
			code.i32(0)
		}),
	)
	module.elements(base, functions)
	return new WebAssembly.Module(module.toBytes())
}

export class RegionHart extends HartCore {
	readonly cache: RegionCache
	/** Places that were reported as hot, by page offset. */
	readonly hot: number[] = []
	readonly x: BigUint64Array
	readonly #run: (block: number, budget: number) => number
	readonly #blockAt: number

	constructor(
		options: {
			threshold?: number
			harts?: 1 | 2
			/** The TLB's, in place of the harts' of tests. */
			design?: Partial<TlbDesign>
			/** The interpreter's import, besides. */
			hot?: (codeBase: number, ip: number, pageGva: bigint) => void
		} = {},
		limits?: ConstructorParameters<typeof RegionCache>[2],
	) {
		super(undefined, {design: options.design, harts: options.harts ?? 1})
		const {memory} = this
		this.#blockAt = memory.region('vcpu').offset
		this.x = new BigUint64Array(memory.memory.buffer, this.#blockAt + fieldOffset.x, 32)
		this.cache = new RegionCache(memory, this.core as unknown as WebAssembly.Exports, limits)
		this.findRegion = (codeBase, pageOffset) => this.cache.find(codeBase, pageOffset)
		const {exports} = new WebAssembly.Instance(interpreter, {
			env: {
				memory: memory.memory,
				regions: this.cache.table,
				hot: (codeBase: number, ip: number, pageGva: bigint) => {
					this.hot.push(((ip >>> 0) - (codeBase >>> 0)) / 4)
					options.hot?.(codeBase, ip, pageGva)
				},
				hotThreshold: new WebAssembly.Global({value: 'i32'}, options.threshold ?? 0x2_0000),
			},
			hart: this.core as unknown as WebAssembly.ModuleImports,
		})
		this.#run = (exports as {run: (block: number, budget: number) => number}).run
	}

	run(budget = 1000): number {
		return this.#run(this.#blockAt, budget)
	}

	/** Writes code to the start of a page of RAM. @returns the page's offset in shared memory. */
	writeCode(pageNumber: number, words: readonly number[]): number {
		const page = this.ramOffset(ramBase + pageNumber * 4096)
		this.memory.u32.set(
			words.map((word) => word >>> 0),
			page / 4,
		)
		this.written(ramBase + pageNumber * 4096, 4 * words.length)
		return page
	}

	/** A region of a page that may run while the page holds its present bytes. */
	region(page: number, options: {index: number; entry: number; bytes: number}): RegionInfo {
		const {index, entry, bytes} = options
		const source = [entry, this.memory.u8.slice(page + entry, page + entry + bytes)] as const
		return {index, page, entry, pageGva: 0n, sources: [source], instructions: 1, roaming: [], joins: []}
	}

	/** The handler in the slot of a page offset. */
	handler(code: number, entry: number): string {
		return handlers[this.memory.u16[(code + CodePage.offset.slots + entry * 4 + Slot.offset.handler) / 2]!]!.key
	}
}
