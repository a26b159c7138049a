/** Operations on the bytes of tables, for any thread: exports of the hart core, from src/tlb/core. */
import {faultNumber} from '../faults.ts'
import type {SharedMemory} from '../memory/index.ts'
import type {FlushCause} from './tlb-layout.ts'

/** @param descriptor of a table that only the caller uses. @param tagBias of the machine's encoding. */
type OfTable = (descriptor: number, tagBias: number) => void

/**
 * On the owner's thread, online. @param block offset of its vCPU's block.
 * @returns the regimes whose tables are left to the policy: bit n = regime n.
 */
type InPlace<Why extends readonly (number | bigint)[]> = (block: number, ...why: Why) => number

export type TableOperations = Readonly<{
	/** Zeroes entries and trailer. */
	clearTable: OfTable
	/** The same, by the log if it names all entries. */
	emptyTable: OfTable
	/** Clears the entries by atomic stores; another thread may use the table. */
	clearEntries: OfTable
	/** Poisons a zeroed table, if the encoding needs it. */
	poisonSlotZero: OfTable
	/** Of tables in quarantine: fills them with the canary. */
	fillCanary(descriptor: number): void
	/** @param from place of a word, or 0. @returns the place of the first one from there on that is not the canary, signed; or 0. */
	findChange(descriptor: number, from: number): number
	/** Of a table from the pool, with debug=on. @returns the place of its first word that is not 0, signed; or 0. */
	findNonZero(descriptor: number): number
	/** Zeroes all of a table, the log included. */
	wipeTable(descriptor: number): void
	/** Counts the cause and empties the vCPU's tables in place. */
	flushTables: InPlace<[cause: FlushCause]>
	/** Those of the regimes that translate, of all address spaces, for a cause that was counted already. */
	flushTranslations: InPlace<[]>
	/** Those of one address space, global pages apart, for a cause that was counted already. */
	flushTranslationsOf: InPlace<[asid: number]>
	/** The one that all address spaces share, if it holds pages of the current one. */
	flushShared: InPlace<[]>
	/** Forgets last pages of tables whose entries another thread has emptied. */
	flushLastPages(block: number): void
	/** src/faults.ts; only the hart core in dist/faults heeds it. */
	breakRule(number: number): void
	/** Before pieces of a superpage are filled: any gva in it, and its bytes. A hart core does this itself; tests have none. */
	noteSuperpage: (descriptor: number, gva: bigint, span: bigint) => void
	/** After satp was written: from one address space to another. A hart core does this itself; tests have none. */
	switchSpace: InPlace<[from: bigint, to: bigint]>
	/**
	 * Invalidates pages, and the superpages that they lie in, for a cause that was counted already: the words of the first
	 * one's gva >> 12. @param asid or anyAsid.
	 */
	flushPages: InPlace<[firstLow: number, firstHigh: number, pages: number, asid: number]>
}>

/** @param hartModule dist/hart.wasm; its instance gets no hart. */
export function tableOperations(hartModule: WebAssembly.Module, {memory}: SharedMemory): TableOperations {
	const noHart = () => {
		throw new Error('A table operation must not need a hart')
	}
	const imports = WebAssembly.Module.imports(hartModule).map(({name}) => [
		name,
		name === 'passTurn' ? () => {} : noHart,
	])
	const {exports} = new WebAssembly.Instance(hartModule, {env: {...Object.fromEntries(imports), memory}})
	const operations = exports as unknown as TableOperations
	FAULT: operations.breakRule(faultNumber())
	return operations
}
