/** Looks up a vCPU's fetch TLB, as a hint for the translator: the table may belong to another vCPU by now. */

import {CodePage} from '../hart/index.ts'
import {pageBytes, type SharedMemory} from '../memory/index.ts'
import {generationMask, indexFold, type LookupForm, TlbEntry, tableAddress, tableLog2Entries} from '../tlb/index.ts'

export type FetchHint = Readonly<{
	/** Where in shared memory the instruction lies. */
	place: number
	codePage: number
	/** How often the interpreter has jumped to it. */
	jumps: number
}>

/**
 * @param options.fetchTable a descriptor.
 * @returns undefined when the table has no entry for gva.
 */
export function lookUp(
	memory: SharedMemory,
	{fetchTable, form, gva}: {fetchTable: number; form: LookupForm; gva: bigint},
): FetchHint | undefined {
	const low = Number(BigInt.asUintN(32, gva))
	const high = Number(BigInt.asUintN(32, gva >> 32n))
	const page = Number(BigInt.asUintN(32, gva / BigInt(pageBytes)))
	const folded = form.hashed ? page ^ Number(BigInt.asUintN(32, gva / BigInt(pageBytes << indexFold))) : page
	const index = folded & (2 ** tableLog2Entries(fetchTable) - 1)
	const entry = tableAddress(fetchTable) + index * TlbEntry.size
	// Plain: the vCPU may write these meanwhile. A wrong hint does no harm: it is checked when the code runs.
	const word = (offset: number) => memory.u32[(entry + offset) / 4] ?? 0
	const tag = TlbEntry.offset.execTag
	const stamp = form.bias + (fetchTable & generationMask)
	if (word(tag) !== low - (low % pageBytes) + stamp || word(tag + 4) !== high) return undefined
	const place = (word(TlbEntry.offset.addend) + low) >>> 0
	const codePage = word(TlbEntry.offset.code)
	const counter = codePage + CodePage.offset.counters + (low % pageBytes)
	return {place, jumps: memory.u16[counter / 2] ?? 0, codePage}
}
