/**
 * Guest memory accesses of a translated region. Each base register keeps the last page that it led to in locals: an access in the
 * same page costs one comparison, and no look into the TLB. No translation goes out of force while a region runs: a flush swaps
 * tables, and a region that goes on over a safepoint does so in the same read-side critical section.
 */
import {
	budgetOffset,
	type LoadExpression,
	loadOpcode,
	MemoryAccess,
	type Push,
	type StoreOperands,
	storeOpcode,
} from '../interpreter/memory-access.ts'
import {offsets} from '../interpreter/run-context.ts'
import type {AccessBytes} from '../isa/index.ts'
import type {Code, FunctionReference, Label, Local} from '../wasm/index.ts'
import {type ProbeTag, pushProbe} from './probe.ts'
import type {Region, RegionInstruction} from './region.ts'
import {usesOf} from './register-set.ts'

type Options = Readonly<{
	code: Code
	block: Local
	budget: Local
	table: Local
	mask: Local
	functions: Readonly<Record<string, FunctionReference>>
	probes: Readonly<Record<ProbeTag, FunctionReference>>
	lookup: 'inline' | 'outlined'
	region: Region
}>

/** The last page that was read, or written, through a base register: its tag, i64 (−1 = none), and its addend, i32. */
type LastPage = Readonly<{tag: Local; addend: Local}>
type LastPages = Readonly<Record<ProbeTag, LastPage | undefined>>

/** No masked address is this: bits 11–3 of one are 0. */
const noPage = -1n
/** Locals are registers of the host, and these are few. */
const mostLastPages = 8

export class RegionMemory extends MemoryAccess {
	readonly #options: Options
	readonly #lastPages: ReadonlyMap<number, LastPages>
	#instruction: RegionInstruction | undefined
	/** Instructions of the block from the present one on: the budget was lessened by the whole block where it began. */
	#remaining = 0

	constructor(options: Options) {
		super(options)
		this.#options = options
		this.#lastPages = lastPages(options)
	}

	/** Where the region is entered. */
	begin(): void {
		const {code} = this.#options
		for (const {readTag, writeTag} of this.#lastPages.values()) {
			for (const last of [readTag, writeTag]) if (last) code.i64(noPage).set(last.tag)
		}
	}

	/** The accesses that follow are this instruction's. */
	at(instruction: RegionInstruction, remaining: number): void {
		this.#instruction = instruction
		this.#remaining = remaining
	}

	override syncBudgetBefore(): void {
		const {code, block, budget} = this.#options
		code.get(block).get(budget).i32(this.#remaining).op('i32.add')
		code.get(block).memory('i32.load', offsets.reserve).op('i32.add').memory('i32.store', budgetOffset)
	}

	override load(e: LoadExpression, gva: Push, trap: Label): void {
		const last = this.#lastPage('readTag')
		if (!last) return super.load(e, gva, trap)
		const {code, functions} = this.#options
		const address = code.local('i64')
		const place = code.local('i32')
		gva()
		code.set(address)
		code.block(
			'loaded',
			(loaded) => {
				this.#ensurePage({address, bytes: e.bytes, tag: 'readTag', last}, () => {
					code.get(address).i32(e.bytes).call(functions.readMemory!).tee(place).op('i32.eqz').unlikely().brIf(trap)
					code.get(place).unalignedMemory(loadOpcode(e)).br(loaded)
				})
				// Plain: RVWMO asks no order of plain accesses; the host's aligned 8-byte load does not tear.
				code.get(address).op('i32.wrap_i64').get(last.addend).op('i32.add').unalignedMemory(loadOpcode(e))
			},
			e.type,
		)
		code.release(address, place)
	}

	override store(bytes: AccessBytes, operands: StoreOperands, trap: Label): void {
		const last = this.#lastPage('writeTag')
		if (!last) return super.store(bytes, operands, trap)
		const {code, functions} = this.#options
		const address = code.local('i64')
		const value = code.local(operands.type)
		operands.gva()
		code.set(address)
		operands.value()
		code.set(value)
		code.block('stored', (stored) => {
			this.#ensurePage({address, bytes, tag: 'writeTag', last}, () => {
				code.get(address).i32(bytes).get(value)
				if (operands.type === 'i32') code.op('i64.extend_i32_u')
				code.call(functions.writeMemory!).op('i32.eqz').unlikely().brIf(trap).br(stored)
			})
			// Plain, as in load().
			code.get(address).op('i32.wrap_i64').get(last.addend).op('i32.add').get(value)
			code.unalignedMemory(storeOpcode(operands.type, bytes))
		})
		code.release(address, value)
	}

	#lastPage(tag: ProbeTag): LastPage | undefined {
		const {rs1} = this.#instruction!.decoded.operands
		return this.#lastPages.get(rs1)?.[tag]
	}

	// masked == tag || (found = probe(masked)) ? (tag = masked, addend = found) : otherwise
	#ensurePage(
		access: {address: Local; bytes: AccessBytes; tag: ProbeTag; last: LastPage},
		otherwise: () => void,
	): void {
		const {code, block, table, mask, probes, lookup} = this.#options
		const {last, tag} = access
		const masked = code.local('i64')
		const found = code.local('i64')
		code
			.get(access.address)
			.i64(BigInt(~(0xfff ^ (access.bytes - 1))))
			.op('i64.and')
			.tee(masked)
		code.get(last.tag).op('i64.ne').unlikely()
		code.if(undefined, () => {
			if (lookup === 'inline') pushProbe(code, {masked, table, mask, tag})
			else code.get(block).get(masked).call(probes[tag])
			code.tee(found).op('i64.eqz').unlikely().if(undefined, otherwise)
			code.get(masked).set(last.tag)
			code.get(found).op('i32.wrap_i64').set(last.addend)
		})
		code.release(masked, found)
	}
}

/** Base registers by how often the region accesses memory through them. */
function lastPages({region, code}: Options): Map<number, LastPages> {
	const accesses = new Map<number, {loads: number; stores: number}>()
	for (const {instructions} of region.blocks) {
		for (const {decoded} of instructions) {
			const {has} = usesOf(decoded.instruction)
			const {rs1} = decoded.operands
			if (rs1 === 0 || !(has.has('load') || has.has('store'))) continue
			const count = accesses.get(rs1) ?? {loads: 0, stores: 0}
			if (has.has('load')) count.loads++
			else count.stores++
			accesses.set(rs1, count)
		}
	}
	const most = [...accesses].sort(([, a], [, b]) => b.loads + b.stores - a.loads - a.stores).slice(0, mostLastPages)
	const lastPage = (count: number, name: string): LastPage | undefined =>
		count > 0 ? {tag: code.local('i64', `${name} page`), addend: code.local('i32', `${name} addend`)} : undefined
	return new Map(
		most.map(([register, {loads, stores}]) => [
			register,
			{readTag: lastPage(loads, `x${register} read`), writeTag: lastPage(stores, `x${register} write`)},
		]),
	)
}
