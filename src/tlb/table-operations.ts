/** What is done to the bytes of tables, by any thread: src/tlb/core, compiled into the hart core, whose exports these are. */
import type {SharedMemory} from '../memory/index.ts'
import type {FlushCause} from './tlb-layout.ts'

/** @param descriptor of a table that the caller alone reads and writes. @param tagBias of the machine's encoding. */
type OfTable = (descriptor: number, tagBias: number) => void

/** On the owner's thread, online. @param block offset of its vCPU's block. @returns the regimes whose tables are left for the policy: bit n = regime n. */
type InPlace<Why extends readonly number[]> = (block: number, ...why: Why) => number

export type TableOperations = Readonly<{
	/** Zeroes entries and trailer. */
	clearTable: OfTable
	/** The same by the log, where that tells all of its entries. */
	emptyTable: OfTable
	/** What the encoding needs in a zeroed table. */
	poisonSlotZero: OfTable
	/** Counts why, and empties the vCPU's tables in place. */
	flushTables: InPlace<[cause: FlushCause]>
	/** Those of the regimes that translate, for a cause that was counted already. */
	flushTranslations: InPlace<[]>
	/** Forgets a page there, for a cause that was counted already: the words of gva >> 12. */
	flushPageNumber: InPlace<[pageLow: number, pageHigh: number]>
}>

/** @param hartModule dist/hart.wasm, of which the caller needs nothing else. */
export function tableOperations(hartModule: WebAssembly.Module, {memory}: SharedMemory): TableOperations {
	const noHart = () => {
		throw new Error('An operation on tables must need no hart')
	}
	const imports = WebAssembly.Module.imports(hartModule).map(({name}) => [name, noHart])
	const {exports} = new WebAssembly.Instance(hartModule, {env: {...Object.fromEntries(imports), memory}})
	return exports as unknown as TableOperations
}
