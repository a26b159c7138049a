/** Emits lookups in a TLB table: where a page's entry is, and its tag. */
import {watchStamp} from '../hart/index.ts'
import {pageShift} from '../memory/index.ts'
import {indexFold, type LookupForm, TlbEntry} from '../tlb/index.ts'
import type {Code, Local} from '../wasm/index.ts'
import {offsets} from './block-offsets.ts'

/** A table in use. */
export type TableLocals = Readonly<{
	/** i32: its address. */
	table: Local
	/** i32: (entries − 1) × TlbEntry.size. */
	mask: Local
	/** i64: the form's bias plus the table's generation; only if the form has generations. */
	stamp: Local | undefined
}>

export function tableLocals(code: Code, {generations}: LookupForm): TableLocals {
	return {
		table: code.local('i32', 'table'),
		mask: code.local('i32', 'mask'),
		stamp: generations ? code.local('i64', 'stamp') : undefined,
	}
}

const wordsOf = {
	data: {table: offsets.dataTable, mask: offsets.dataMask, stamp: offsets.dataStamp},
	fetch: {table: offsets.fetchTable, mask: offsets.fetchMask, stamp: offsets.fetchStamp},
} as const

/** Loads the table that the interpreter has stored for regions. Plain, as storeTable(): this vCPU's own words. */
export function loadTable(
	code: Code,
	{
		block,
		kind,
		table,
		ignoresWatch = false,
	}: TableAccess & {/** Whether lookups hit although accesses are watched. */ ignoresWatch?: boolean},
): void {
	const words = wordsOf[kind]
	code.get(block).memory('i32.load', words.table).set(table.table)
	code.get(block).memory('i32.load', words.mask).set(table.mask)
	if (!table.stamp) return
	code.get(block).memory('i64.load', words.stamp)
	if (ignoresWatch) code.i64(~BigInt(watchStamp)).op('i64.and')
	code.set(table.stamp)
}

type TableAccess = Readonly<{block: Local; kind: keyof typeof wordsOf; table: TableLocals}>

export function storeTable(code: Code, {block, kind, table}: TableAccess): void {
	const words = wordsOf[kind]
	code.get(block).get(table.table).memory('i32.store', words.table)
	code.get(block).get(table.mask).memory('i32.store', words.mask)
	if (!table.stamp) return
	code.get(block).get(table.stamp)
	if (kind === 'data') code.get(block).memory('i64.load32_u', offsets.watch).op('i64.add')
	code.memory('i64.store', words.stamp)
}

/** The page shift − log2(TlbEntry.size): gva >> this, masked, is the entry's offset in bytes. */
const entryShift = BigInt(pageShift) - BigInt(Math.log2(TlbEntry.size))

/** Pushes the address of the entry for `address`: table + ((gva >> 7) & mask). */
export function pushEntry(code: Code, address: Local, {table, mask}: TableLocals, {hashed}: LookupForm): void {
	code.get(address).i64(entryShift).op('i64.shr_u', 'i32.wrap_i64')
	if (hashed) {
		code.get(address).i64(entryShift + BigInt(indexFold))
		code.op('i64.shr_u', 'i32.wrap_i64', 'i32.xor')
	}
	code.get(mask).op('i32.and').get(table).op('i32.add')
}

/** Turns the page's address on the stack, i64, into its tag. */
export function toTag(code: Code, {stamp}: TableLocals, {bias}: LookupForm): void {
	if (stamp) code.get(stamp).op('i64.add')
	else if (bias !== 0) code.i64(BigInt(bias)).op('i64.add')
}
