/**
 * Guest memory accesses of a translated region. Each base register keeps the last page that it led to in locals: an
 * access to the same page costs one comparison and no TLB lookup. No translation is invalidated while a region runs.
 * Another hart's flush swaps tables, and a region that continues past a safepoint is still in the same read-side
 * critical section. The hart's own flushes happen between regions.
 */

import {
	type CalledFunctions,
	type HostOrder,
	type LoadExpression,
	loadOpcode,
	loadTable,
	MemoryAccess,
	offsets,
	type PlaceAccess,
	type Push,
	pushMasked,
	type Sharing,
	type StoreOperands,
	storeOpcode,
	type TableLocals,
	tableLocals,
} from '../codegen/index.ts'
import {type AccessBytes, traitsOf} from '../isa/index.ts'
import {type LookupForm, lastPageRegisters, lookupForm, type TlbDesign, TlbEntry, TlbLastPage} from '../tlb/index.ts'
import type {Code, FunctionReference, Label, Local} from '../wasm/index.ts'
import {missTag, type ProbeTag, pushIsHit} from './probe.ts'
import type {Region, RegionInstruction} from './region.ts'
import type {RegionOptions} from './region-context.ts'
import {missSite} from './roaming.ts'

type Options = Readonly<{
	code: Code
	block: Local
	budget: Local
	functions: CalledFunctions
	probes: Readonly<Record<ProbeTag, FunctionReference>>
	design: TlbDesign
	hostOrder: HostOrder
	sharing: Sharing
	region: Region
}> &
	Pick<RegionOptions, 'roamingId' | 'roams'>

/**
 * The last page that was read, or written, through a base register: its masked address without the encoding's bias, i64
 * (−1 = none), and its addend, i32.
 */
type LastPage = Readonly<{tag: Local; addend: Local}>
type LastPages = Readonly<Record<ProbeTag, LastPage | undefined>>

const probeTags: readonly ProbeTag[] = ['readTag', 'writeTag']

/** Locals occupy registers of the host, which are few. */
const mostLastPages = 8

export class RegionMemory extends MemoryAccess {
	readonly #options: Options
	readonly #lastPages: ReadonlyMap<number, LastPages>
	/** Shared by all other base registers. */
	readonly #anyPage: Readonly<Record<ProbeTag, LastPage>>
	/** What the latest lookup of a register that roams has found. */
	readonly #found: LastPage
	/** i32: where last pages are kept between regions. */
	readonly #kept: Local
	readonly #keeps: boolean
	readonly #table: TableLocals
	readonly #form: LookupForm
	/** The region looks up the table inline: for all accesses, or for atomics alone. */
	readonly #usesTable: boolean
	#instruction: RegionInstruction | undefined
	/** Instructions of the block from this one on: the budget was reduced by the whole block at its start. */
	#remaining = 0

	constructor(options: Options) {
		const {code, design} = options
		const form = lookupForm(design)
		const table = tableLocals(code, form)
		super({...options, form, table})
		this.#options = options
		this.#table = table
		this.#form = form
		this.#usesTable = design.lookup === 'inline' || hasAtomics(options.region) || this.#anyRoams()
		this.#found = {tag: code.local('i64', 'found page'), addend: code.local('i32', 'found addend')}
		const anyPage = (kind: string) => ({
			tag: code.local('i64', `${kind} page`),
			addend: code.local('i32', `${kind} addend`),
		})
		this.#anyPage = {readTag: anyPage('read'), writeTag: anyPage('write')}
		this.#kept = code.local('i32', 'kept')
		this.#lastPages = design.lastPages === 'on' ? lastPages(options) : new Map()
		this.#keeps = lastPageRegisters.some((register) => this.#lastPages.has(register))
	}

	/** At the region's entry. */
	begin(): void {
		const {code, block} = this.#options
		// Plain, here and below: this vCPU's own words.
		if (this.#keeps) code.get(block).memory('i32.load', offsets.lastPages).set(this.#kept)
		for (const [register, pages] of this.#lastPages) {
			for (const tag of probeTags) {
				const last = pages[tag]
				if (last) this.#begin(last, keptAt(register, tag))
			}
		}
		for (const last of Object.values(this.#anyPage)) this.#begin(last, undefined)
		if (!this.#usesTable) return
		loadTable(code, {block, kind: 'data', table: this.#table, ignoresWatch: true})
	}

	/** @param kept its byte offset from `#kept`, if it is kept. */
	#begin({tag, addend}: LastPage, kept: number | undefined): void {
		const {code} = this.#options
		if (kept === undefined) return void code.i64(missTag.once).set(tag)
		code.get(this.#kept).memory('i64.load', kept + TlbLastPage.offset.tagPlusOne)
		code.i64(1n).op('i64.sub').set(tag)
		code.get(this.#kept).memory('i32.load', kept + TlbLastPage.offset.addend)
		code.set(addend)
	}

	/** Keeps what a lookup found. The tag `once`, −1, is kept as 0, which means none. */
	#keep({tag, addend}: LastPage, kept: number): void {
		const {code} = this.#options
		code.get(this.#kept).get(tag).i64(1n).op('i64.add')
		code.memory('i64.store', kept + TlbLastPage.offset.tagPlusOne)
		code.get(this.#kept).get(addend)
		code.memory('i32.store', kept + TlbLastPage.offset.addend)
	}

	/** The accesses emitted from here on are this instruction's. */
	at(instruction: RegionInstruction, remaining: number): void {
		this.#instruction = instruction
		this.#remaining = remaining
	}

	override syncBudgetBefore(): void {
		const {code, block, budget} = this.#options
		code.get(block).get(budget).i32(this.#remaining).op('i32.add').memory('i32.store', offsets.budget)
	}

	// masked == tag || miss(); load low(address) + addend
	override load(e: LoadExpression, gva: Push, trap: Label): void {
		const {code, probes} = this.#options
		const address = code.local('i64')
		gva()
		code.set(address)
		const last = this.#lastPage('readTag')
		this.#ensurePage({address, bytes: e.bytes, tag: 'readTag', last}, trap, () => code.call(probes.readTag))
		// Plain: RVWMO orders plain accesses by place, fence and dependency only; the host's aligned 8-byte load does not
		// tear. Each load keeps its comparison, even if the page is known. Without a branch to a call between two loads, V8
		// merges them if they are of one place, and repeats the first where its value is used, after the second.
		code.get(address).op('i32.wrap_i64').get(last.addend).op('i32.add').unalignedMemory(loadOpcode(e))
		code.release(address)
	}

	// masked == tag || miss(value); store at low(address) + addend
	override store(bytes: AccessBytes, operands: StoreOperands, trap: Label): void {
		const {code, probes} = this.#options
		const address = code.local('i64')
		const value = code.local(operands.type)
		operands.gva()
		code.set(address)
		operands.value()
		code.set(value)
		const last = this.#lastPage('writeTag')
		this.#ensurePage({address, bytes, tag: 'writeTag', last}, trap, () => {
			code.get(value)
			if (operands.type === 'i32') code.op('i64.extend_i32_u')
			code.call(probes.writeTag)
		})
		// Plain, as in load().
		code.get(address).op('i32.wrap_i64').get(last.addend).op('i32.add').get(value)
		code.unalignedMemory(storeOpcode(operands.type, bytes))
		code.release(address, value)
	}

	// Of atomics. masked == tag || (entry hit ? (tag, addend = masked, entry.addend) : (once, miss() − low(address)));
	// low(address) + addend
	protected override pushPlace(access: PlaceAccess, miss: Push): void {
		const {code, design} = this.#options
		const {rs1} = this.#instruction!.decoded.operands
		if (design.lastPages === 'off' || this.#roams(rs1)) return super.pushPlace(access, miss)
		const {address, tag} = access
		const last = this.#lastPage(tag)
		const masked = code.local('i64')
		const entry = code.local('i32')
		pushMasked(code, access)
		code.tee(masked).get(last.tag).op('i64.ne').unlikely()
		code.if(undefined, () => {
			pushIsHit(code, {masked, table: this.#table, tag, form: this.#form, entry})
			code.likely().if(
				undefined,
				() => code.get(masked).set(last.tag).get(entry).memory('i32.load', TlbEntry.offset.addend).set(last.addend),
				() => {
					miss()
					code.get(address).op('i32.wrap_i64', 'i32.sub').set(last.addend).i64(missTag.once).set(last.tag)
				},
			)
			const kept = this.#lastPages.has(rs1) ? keptAt(rs1, tag) : undefined
			if (kept !== undefined) this.#keep(last, kept)
		})
		code.get(address).op('i32.wrap_i64').get(last.addend).op('i32.add')
		code.release(masked, entry)
	}

	#roams(register: number): boolean {
		const {design, roams} = this.#options
		return design.lastPages === 'on' && roams.has(register)
	}

	#anyRoams(): boolean {
		const {roams, region} = this.#options
		return roams.size > 0 && [...countAccesses(region).keys()].some((register) => this.#roams(register))
	}

	#lastPage(tag: ProbeTag): LastPage {
		const {rs1} = this.#instruction!.decoded.operands
		if (this.#roams(rs1)) return this.#found
		return this.#lastPages.get(rs1)?.[tag] ?? this.#anyPage[tag]
	}

	// masked == tag || (tag, addend = miss(block, address, bytes, …), tag == raised → trap)
	#ensurePage(
		access: {address: Local; bytes: AccessBytes; tag: ProbeTag; last: LastPage},
		trap: Label,
		miss: () => void,
	): void {
		const {code, block, design, roamingId} = this.#options
		const {last, address, bytes, tag} = access
		const {rs1} = this.#instruction!.decoded.operands
		const roams = this.#roams(rs1)
		const masked = code.local('i64')
		pushMasked(code, {address, bytes})
		code.tee(masked)
		const callMiss = (): void => {
			code
				.get(block)
				.get(address)
				.i32(missSite(roamingId(rs1), bytes))
			miss()
			code.set(last.addend).tee(last.tag).i64(missTag.raised).op('i64.eq').unlikely().brIf(trap)
		}
		const look = (): void => {
			if (design.lookup === 'outlined' && !roams) return callMiss()
			const entry = code.local('i32')
			pushIsHit(code, {masked, table: this.#table, tag, form: this.#form, entry})
			code.likely().if(
				undefined,
				() => {
					code.get(entry).memory('i32.load', TlbEntry.offset.addend).set(last.addend)
					code.get(masked).set(last.tag)
				},
				callMiss,
			)
			code.release(entry)
		}
		const kept = this.#lastPages.has(rs1) ? keptAt(rs1, tag) : undefined
		if (design.lastPages === 'on' && !roams) {
			code
				.get(last.tag)
				.op('i64.ne')
				.unlikely()
				.if(undefined, () => {
					look()
					if (kept !== undefined) this.#keep(last, kept)
				})
		} else {
			code.op('drop')
			look()
		}
		code.release(masked)
	}
}

/** Byte offset from the first kept last page; undefined if this register's is not kept. */
function keptAt(register: number, tag: ProbeTag): number | undefined {
	const index = lastPageRegisters.indexOf(register)
	if (index < 0) return undefined
	return (index + probeTags.indexOf(tag) * lastPageRegisters.length) * TlbLastPage.size
}

function hasAtomics({blocks}: Region): boolean {
	return blocks.some(({instructions}) =>
		instructions.some(({decoded}) => traitsOf(decoded.instruction).memory.has('atomic')),
	)
}

/** By base register. */
function countAccesses(region: Region): Map<number, {loads: number; stores: number}> {
	const accesses = new Map<number, {loads: number; stores: number}>()
	for (const {instructions} of region.blocks) {
		for (const {decoded} of instructions) {
			const {memory} = traitsOf(decoded.instruction)
			const {rs1} = decoded.operands
			if (rs1 === 0 || !(memory.has('load') || memory.has('store'))) continue
			const count = accesses.get(rs1) ?? {loads: 0, stores: 0}
			if (memory.has('load')) count.loads++
			else count.stores++
			accesses.set(rs1, count)
		}
	}
	return accesses
}

/** The last pages' locals of the base registers that the region uses most. */
function lastPages({region, code, roams}: Options): Map<number, LastPages> {
	const accesses = [...countAccesses(region)].filter(([register]) => !roams.has(register))
	const most = accesses.sort(([, a], [, b]) => b.loads + b.stores - a.loads - a.stores).slice(0, mostLastPages)
	const lastPage = (count: number, name: string): LastPage | undefined =>
		count > 0 ? {tag: code.local('i64', `${name} page`), addend: code.local('i32', `${name} addend`)} : undefined
	return new Map(
		most.map(([register, {loads, stores}]) => [
			register,
			{readTag: lastPage(loads, `x${register} read`), writeTag: lastPage(stores, `x${register} write`)},
		]),
	)
}
