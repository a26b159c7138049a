/** Guest page tables for tests, in guest RAM. */
import {ramBase} from '../../../src/memory/index.ts'
import type {HartCore} from './hart-core.ts'

export const Pte = {V: 1n, R: 2n, W: 4n, X: 8n, U: 16n, G: 32n, A: 64n, D: 128n} as const
/** V R W X A D. */
export const kernelPage = 0xcfn
/** V R W X U A D. */
export const userPage = 0xdfn

/** Names of the modes, and the levels of their tables. */
export type PagingMode = 'Sv39' | 'Sv48' | 'Sv57'
const levelsOf: Readonly<Record<PagingMode, number>> = {Sv39: 3, Sv48: 4, Sv57: 5}

export const tablesAt = ramBase + 0x40_0000

/** Where the tables that a hart's RAM held before end: they are cleared for others. */
const ends = new WeakMap<HartCore, number>()

export class PageTables {
	readonly #hart: HartCore
	readonly #levels: number
	#next = tablesAt

	constructor(hart: HartCore, mode: PagingMode = 'Sv39') {
		this.#hart = hart
		this.#levels = levelsOf[mode]
		hart.memory.u8.fill(0, hart.ramOffset(tablesAt), hart.ramOffset(ends.get(hart) ?? tablesAt))
		this.#newTable()
	}

	/** @returns its address. */
	#newTable(): number {
		const table = this.#next
		this.#next += 4096
		ends.set(this.#hart, Math.max(this.#next, ends.get(this.#hart) ?? 0))
		return table
	}

	get satp(): bigint {
		return (BigInt(this.#levels + 5) << 60n) | (BigInt(tablesAt) >> 12n)
	}

	/** Maps gva's page. @param options.level 0 a 4 KiB page, 1 a megapage, 2 a gigapage. @returns the leaf PTE's gpa. */
	map(gva: bigint, gpa: number, flags: bigint, options: {level?: number} = {}): number {
		const pte = this.pteOf(gva, options.level ?? 0)
		this.#hart.poke(pte, ((BigInt(gpa) >> 12n) << 10n) | flags)
		return pte
	}

	/** The gpa of gva's PTE at a level; creates the tables above it. */
	pteOf(gva: bigint, leafLevel: number): number {
		let table = tablesAt
		for (let level = this.#levels - 1; ; level--) {
			const pte = table + Number((gva >> BigInt(12 + 9 * level)) & 0x1ffn) * 8
			if (level === leafLevel) return pte
			if (this.#hart.peek(pte) === 0n) {
				this.#hart.poke(pte, ((BigInt(this.#newTable()) >> 12n) << 10n) | Pte.V)
			}
			table = Number((this.#hart.peek(pte) >> 10n) << 12n)
		}
	}
}
