/** Looks up a vCPU's fetch TLB, as a hint for the translator: the table may belong to another vCPU by now. */

import {CodePage} from '../hart/index.ts'
import {pageBytes, type SharedMemory} from '../memory/index.ts'
import {descriptorLog2Mask, type TagEncoding, TlbEntry, tagBias} from '../tlb/index.ts'

export type FetchHint = Readonly<{
	/** Where in shared memory the instruction lies. */
	place: number
	codePage: number
	/** How often the interpreter has jumped to it. */
	jumps: number
}>

/**
 * @param options.fetchTable a descriptor: address | log2 of the entry count.
 * @returns undefined when the table has no entry for gva.
 */
export function lookUp(
	memory: SharedMemory,
	{fetchTable, encoding, gva}: {fetchTable: number; encoding: TagEncoding; gva: bigint},
): FetchHint | undefined {
	const table = (fetchTable & ~descriptorLog2Mask) >>> 0
	const entries = 2 ** (fetchTable & descriptorLog2Mask)
	const low = Number(BigInt.asUintN(32, gva))
	const high = Number(BigInt.asUintN(32, gva >> 32n))
	const entry = table + (Math.floor(low / pageBytes) % entries) * TlbEntry.size
	// Plain: the vCPU may write these meanwhile. A wrong hint does no harm: it is checked when the code runs.
	const word = (offset: number) => memory.u32[(entry + offset) / 4] ?? 0
	const tag = TlbEntry.offset.execTag
	if (word(tag) !== low - (low % pageBytes) + tagBias[encoding] || word(tag + 4) !== high) return undefined
	const place = (word(TlbEntry.offset.addend) + low) >>> 0
	const codePage = word(TlbEntry.offset.code)
	const counter = codePage + CodePage.offset.counters + (low % pageBytes)
	return {place, jumps: memory.u16[counter / 2] ?? 0, codePage}
}
