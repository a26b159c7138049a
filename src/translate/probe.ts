/** Lookup in the data TLB, and the miss path: one function each for loads and stores, shared by a module's regions. */

import {
	type CalledFunctions,
	loadTable,
	offsets,
	pushEntry,
	type TableLocals,
	tableLocals,
	toTag,
} from '../codegen/index.ts'
import {type LookupForm, TlbEntry} from '../tlb/index.ts'
import type {Code, FunctionReference, Local, ModuleBuilder, Signature, ValueType} from '../wasm/index.ts'
import {siteIdShift, siteWidthMask} from './roaming.ts'

export type ProbeTag = 'readTag' | 'writeTag'

/**
 * The last page's tag and addend: the masked address, or a missTag; and what to add to an address for its place in
 * shared memory.
 */
const found: readonly ValueType[] = ['i64', 'i32']

/**
 * Tags that no masked address equals, since its bits 11–3 are 0. `once`: the addend is valid for this access only.
 * `raised`: an exception was raised.
 */
export const missTag = {once: -1n, raised: -2n} as const

/** `site`: missSite() of the base register, and of the bytes. */
const signatures: Readonly<Record<ProbeTag, Signature>> = {
	/** miss(block, address, site) */
	readTag: {parameters: ['i32', 'i64', 'i32'], results: found},
	/** miss(block, address, site, value) */
	writeTag: {parameters: ['i32', 'i64', 'i32', 'i64'], results: found},
}

/** Defines the functions that an access calls when its page is not its register's last page. */
export function defineMisses(
	module: ModuleBuilder,
	{functions, form}: {functions: CalledFunctions; form: LookupForm},
): Record<ProbeTag, FunctionReference> {
	const follow = functions.of('follow')
	// Functions of their own, so that V8 puts those of misses in line where they are called often.
	const slow: Record<ProbeTag, FunctionReference> = {
		readTag: module.function('load slow', signatures.readTag, (code) => {
			const place = code.local('i32', 'place')
			emitSlow(code, follow, ({address, bytes}) => {
				code.get(address).get(bytes).call(functions.of('readMemory')).tee(place).op('i32.eqz')
				code.if(undefined, () => code.i64(missTag.raised).i32(0).op('return'))
				code.get(place)
			})
		}),
		writeTag: module.function('store slow', signatures.writeTag, (code) => {
			emitSlow(code, follow, ({block, address, bytes}) => {
				code.get(address).get(bytes).get(code.parameter(3, 'value')).call(functions.of('writeMemory')).op('i32.eqz')
				code.if(undefined, () => code.i64(missTag.raised).i32(0).op('return'))
				// The store is done. The region repeats it at a scratch place, where it does no harm.
				code.get(block).i32(offsets.scratch).op('i32.add')
			})
		}),
	}
	const define = (name: string, tag: ProbeTag) =>
		module.function(name, signatures[tag], (code) => emitMiss(code, {tag, form, slow: slow[tag]}))
	return {readTag: define('load miss', 'readTag'), writeTag: define('store miss', 'writeTag')}
}

// probe(masked) || slow(…)
function emitMiss(code: Code, {tag, form, slow}: {tag: ProbeTag; form: LookupForm; slow: FunctionReference}): void {
	const {block, address, site} = missParameters(code)
	const table = tableLocals(code, form)
	const masked = code.local('i64', 'masked')
	const entry = code.local('i32', 'entry')
	loadTable(code, {block, kind: 'data', table})
	// Keeps the page, and the low bits that are set in a misaligned address only.
	code
		.get(address)
		.get(site)
		.i32(siteWidthMask)
		.op('i32.and', 'i64.extend_i32_u')
		.i64(-0x1000n)
		.op('i64.or', 'i64.and')
		.set(masked)
	pushIsHit(code, {tag, form, masked, table, entry})
	code.likely().if(undefined, () => {
		code.get(masked).get(entry).memory('i32.load', TlbEntry.offset.addend).op('return')
	})
	for (const [index] of signatures[tag].parameters.entries()) code.get(code.parameter(index))
	code.returnCall(slow)
}

// watch != 0 && follow(); (once, place − low(address)), where `otherwise` pushes the place or returns: not a last page, so
// that the next access is watched, too.
function emitSlow(
	code: Code,
	follow: FunctionReference,
	otherwise: (parameters: {block: Local; address: Local; bytes: Local}) => void,
): void {
	const {block, address, site} = missParameters(code)
	const bytes = code.local('i32', 'bytes')
	code.get(block).memory('i32.load', offsets.watch)
	code.if(undefined, () => code.get(site).i32(siteIdShift).op('i32.shr_u').get(address).call(follow))
	code.get(site).i32(siteWidthMask).op('i32.and').i32(1).op('i32.add').set(bytes)
	code.i64(missTag.once)
	otherwise({block, address, bytes})
	code.get(address).op('i32.wrap_i64', 'i32.sub')
}

function missParameters(code: Code): Record<'block' | 'address' | 'site', Local> {
	return {
		block: code.parameter(0, 'block'),
		address: code.parameter(1, 'address'),
		site: code.parameter(2, 'site'),
	}
}

// Sets entry = place in table of masked; pushes entry.tag == tag of masked
/**
 * Plain: only this vCPU fills its tables. Others swap whole tables, and it empties its own only between regions.
 * @param lookup.masked the address less the bits that a hit ignores.
 */
export function pushIsHit(
	code: Code,
	lookup: {masked: Local; table: TableLocals; tag: ProbeTag; form: LookupForm; entry: Local},
): void {
	pushEntry(code, lookup.masked, lookup.table, lookup.form)
	code.tee(lookup.entry).memory('i64.load', TlbEntry.offset[lookup.tag]).get(lookup.masked)
	toTag(code, lookup.table, lookup.form)
	code.op('i64.eq')
}
