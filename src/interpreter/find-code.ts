/** Finds the decoded page and the slot where the interpreter continues after a far jump. */

import {offsets, pushEntry, type TableLocals, toTag} from '../codegen/index.ts'
import {CodePage, lastParcel} from '../hart/index.ts'
import {type LookupForm, TlbEntry} from '../tlb/index.ts'
import type {Code, FunctionReference, Local} from '../wasm/index.ts'
import {acrossSlot, type RunContext} from './run-context.ts'
import type {Cursor} from './slot-operands.ts'

// entry = fetch table[target]
// hit = entry.execTag == tag of page(target) && entry.code.generation == generation
// codeBase = hit ? entry.code : fetch(target)
// ip = slot of target
export function emitFindCode(
	code: Code,
	options: {
		cursor: Cursor
		target: Local
		fetch: TableLocals
		generation: Local
		form: LookupForm
		functions: RunContext['functions']
		fault(): void
		loadTables(): void
	},
): void {
	const {cursor, target, fetch, form, functions} = options
	const {block, ip, codeBase, pageGva} = cursor
	const entry = code.local('i32')
	code.get(target).i64(-0x1000n).op('i64.and').set(pageGva)
	code.block('found', (found) => {
		pushEntry(code, target, fetch, form)
		code.tee(entry).memory('i64.load', TlbEntry.offset.execTag).get(pageGva)
		toTag(code, fetch, form)
		code.op('i64.eq')
		code.if(undefined, () => {
			code.get(entry).memory('i32.load', TlbEntry.offset.code).tee(codeBase)
			code.memory('i32.load', CodePage.offset.generation).get(options.generation).op('i32.eq').brIf(found)
		})
		code.get(block).get(target).memory('i64.store', offsets.pc)
		emitFetch(code, functions.of('fetch'), options)
	})
	code
		.get(codeBase)
		.get(target)
		.op('i32.wrap_i64')
		.i32(lastParcel)
		.op('i32.and')
		.i32(2)
		.op('i32.shl', 'i32.add')
		.set(ip)
	code.release(entry)
}

// (codeBase = fetch(target)) == 0 → fault
function emitFetch(
	code: Code,
	fetch: FunctionReference,
	{cursor, target, fault, loadTables}: {cursor: Cursor; target: Local; fault(): void; loadTables(): void},
): void {
	code.get(target).call(fetch).tee(cursor.codeBase).op('i32.eqz').if(undefined, fault)
	// A full code cache flushes this vCPU's tables.
	loadTables()
}

// codeBase = fetchAcross(target); codeBase == 0 → fault; ip = its one instruction
export function emitRunAcross(
	code: Code,
	options: {
		cursor: Cursor
		target: Local
		functions: RunContext['functions']
		fault(): void
		loadTables(): void
	},
): void {
	const {cursor, target, functions} = options
	const {ip, codeBase, pageGva} = cursor
	code.get(target).i64(-0x1000n).op('i64.and').set(pageGva)
	emitFetch(code, functions.of('fetchAcross'), options)
	code.get(codeBase).i32(acrossSlot).op('i32.add').set(ip)
}
