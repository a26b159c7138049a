/** Builds page tables for a program: pairs of address and PTE. */
import {pageTablePages, place} from './layout.ts'
import type {Program} from './program.ts'

export const pteBits = {V: 1n, R: 2n, W: 4n, X: 8n, U: 16n, G: 32n, A: 64n, D: 128n} as const
/** What makes a PTE a leaf. */
const leafBits = pteBits.R | pteBits.W | pteBits.X
/** Sv39, Sv48 and Sv57 by satp's mode. */
export const modes = {8: 3, 9: 4, 10: 5} as const
export type Mode = keyof typeof modes

type Entry = {gpa: bigint; pte: bigint; codePage?: number}

export class PageTables {
	readonly levels: number
	readonly #mode: Mode
	/** By guest-physical address. */
	readonly #entries = new Map<bigint, Entry>()
	#tables = 1

	constructor(mode: Mode) {
		this.#mode = mode
		this.levels = modes[mode]
	}

	/** @param asid 16 bits. */
	satp(asid: bigint): bigint {
		return (BigInt(this.#mode) << 60n) | (asid << 44n) | (place.pageTables >> 12n)
	}

	/** How many bytes a leaf at this level maps. */
	readonly span = (level: number): bigint => 1n << BigInt(12 + 9 * level)

	/**
	 * Adds a leaf, and the tables above it.
	 * @param pointer bits of the PTEs that point to tables.
	 * @returns the leaf's address; `taken` if something is mapped there; `unreachable` without a valid pointer or a free
	 * table.
	 */
	map(
		gva: bigint,
		level: number,
		leaf: Omit<Entry, 'gpa'>,
		pointer: bigint = pteBits.V,
	): bigint | 'taken' | 'unreachable' {
		let table = place.pageTables
		for (let at = this.levels - 1; at > level; at--) {
			const gpa = this.#slot(table, gva, at)
			const known = this.#entries.get(gpa)
			if (known && !isPointer(known.pte)) return (known.pte & leafBits) === 0n ? 'unreachable' : 'taken'
			if (known) {
				table = (known.pte >> 10n) << 12n
				continue
			}
			if (this.#tables === pageTablePages) return 'unreachable'
			table = place.pageTables + 4096n * BigInt(this.#tables++)
			this.#entries.set(gpa, {gpa, pte: ((table >> 12n) << 10n) | pointer})
			// Nothing can follow an invalid pointer.
			if (!isPointer(pointer)) return 'unreachable'
		}
		const gpa = this.#slot(table, gva, level)
		if (this.#entries.has(gpa)) return 'taken'
		this.#entries.set(gpa, {...leaf, gpa})
		return gpa
	}

	get tables(): number {
		return this.#tables
	}

	get entries(): Program['ptes'] {
		return [...this.#entries.values()]
	}

	#slot(table: bigint, gva: bigint, level: number): bigint {
		return table + ((gva >> BigInt(12 + 9 * level)) & 0x1ffn) * 8n
	}
}

/** Valid, no permissions, no reserved bits. */
const isPointer = (pte: bigint): boolean => (pte & 0xfn) === pteBits.V && pte >> 54n === 0n

/** A PTE's page number. */
export const pageNumber = (gpa: bigint): bigint => (gpa >> 12n) << 10n
