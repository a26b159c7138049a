/** Translates hot code at once, on the hart's own thread. */

import {CodePage, fieldOffset, Slot} from '../../src/hart/index.ts'
import {lookupForm} from '../../src/tlb/index.ts'
import {lookUp} from '../../src/translate/fetch-hint.ts'
import {RegionCache, type RegionRequest, type TranslateOptions, translate} from '../../src/translate/index.ts'
import type {HartCore} from '../hart/core/hart-core.ts'
import type {Engine} from './engine.ts'

/** Modules kept; older ones are dropped. */
const mostModules = 48

export class InstantTranslator {
	readonly cache: RegionCache
	readonly #hart: HartCore
	readonly #options: NonNullable<Engine['translation']> & TranslateOptions
	/** Newest first. */
	#recent: RegionRequest[] = []
	#made = 0

	constructor(hart: HartCore, {translation}: Engine) {
		this.#hart = hart
		this.#options = {...translation!, design: hart.design}
		this.cache = new RegionCache(hart.memory, hart.core as unknown as WebAssembly.Exports)
	}

	/** The interpreter's import `hot`. */
	hot(codeBaseSigned: number, ipSigned: number, pageGva: bigint): void {
		const codeBase = codeBaseSigned >>> 0
		const entry = ((ipSigned >>> 0) - codeBase - CodePage.offset.slots) / (Slot.size / 2)
		const {memory, design} = this.#hart
		const {u16, u32} = memory
		u16[(codeBase + CodePage.offset.counters + entry) / 2] = 0
		const page = u32[(codeBase + CodePage.offset.page) / 4]!
		// A slot whose region has just arrived is decoded after the jump to it is counted.
		if (page === 0 || this.cache.find(codeBase, entry) >= 0) return
		const fetchTable = this.#fetchTable()
		// The next page may not be in the TLB yet. Then this is a guess, which may be wrong: regions check it.
		const nextPage =
			lookUp(memory, {fetchTable, form: lookupForm(design), gva: pageGva + 0x1000n})?.place ?? this.#pageBehind(page)
		// All are to have regions of their own.
		const request = {page, entry, pageGva: BigInt.asUintN(64, pageGva), fetchTable, nextPage, isCovered: true} as const
		const others = this.#recent.filter((other) => other.page !== page || other.entry !== entry)
		const alone = translate(this.#hart.memory, [request], this.#options)
		if (!alone) return
		const translation = others.length > 0 ? translate(this.#hart.memory, [request, ...others], this.#options)! : alone
		const {bytes, functions, regions} = translation
		this.cache.receive(new WebAssembly.Module(bytes), {id: this.#made++, functions, regions})
		this.#recent = [request, ...others].slice(0, this.#options.together)
	}

	#pageBehind(page: number): number | undefined {
		const ram = this.#hart.memory.region('ram')
		return page + 0x2000 <= ram.offset + ram.size ? page + 0x1000 : undefined
	}

	/** To be called while no region runs. */
	dropOld(): void {
		while (this.cache.size > mostModules) this.cache.drop(this.#made - this.cache.size)
	}

	#fetchTable(): number {
		const {memory} = this.#hart
		const regime = memory.i32[(memory.region('vcpu').offset + fieldOffset.fetchRegime) / 4]!
		return this.#hart.descriptor(regime) >>> 0
	}
}
