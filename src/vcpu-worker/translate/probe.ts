/** A look into the data TLB: the addend of a page, where its entry permits the access. */
import {TlbEntry} from '../../tlb/index.ts'
import {pushEntry} from '../interpreter/memory-access.ts'
import {offsets} from '../interpreter/run-context.ts'
import type {Code, FunctionReference, Local, ModuleBuilder, Signature} from '../wasm/index.ts'

export type ProbeTag = 'readTag' | 'writeTag'

/** probe(block, masked): 2^32 | addend, or 0 where the table has no such entry. `masked`: the address less the bits that a hit ignores. */
const probeSignature: Signature = {parameters: ['i32', 'i64'], results: ['i64']}

/** Defines the outlined probes. */
export function defineProbes(module: ModuleBuilder): Record<ProbeTag, FunctionReference> {
	const define = (tag: ProbeTag) =>
		module.function(`probe ${tag}`, probeSignature, (code) => {
			const block = code.parameter(0, 'block')
			const [table, mask] = [code.local('i32', 'table'), code.local('i32', 'mask')]
			// Plain: this vCPU's own words.
			code.get(block).memory('i32.load', offsets.dataTable).set(table)
			code.get(block).memory('i32.load', offsets.dataMask).set(mask)
			pushProbe(code, {masked: code.parameter(1, 'masked'), table, mask, tag})
		})
	return {readTag: define('readTag'), writeTag: define('writeTag')}
}

// entry = table[masked]; entry.tag == masked ? 2^32 | entry.addend : 0
/** Plain: only this vCPU fills its tables; a flush swaps them whole. */
export function pushProbe(code: Code, lookup: {masked: Local; table: Local; mask: Local; tag: ProbeTag}): void {
	const entry = code.local('i32')
	pushEntry(code, {address: lookup.masked, table: lookup.table, mask: lookup.mask})
	code.tee(entry).memory('i64.load', TlbEntry.offset[lookup.tag]).get(lookup.masked).op('i64.eq')
	code.if(
		'i64',
		() => code.get(entry).memory('i64.load32_u', TlbEntry.offset.addend).i64(0x1_0000_0000n).op('i64.or'),
		() => code.i64(0n),
	)
	code.release(entry)
}
