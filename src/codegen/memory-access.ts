/** Emits guest loads, stores and atomics: the TLB lookup inline, everything else in the hart core. */

import type {AccessBytes, AmoName, Expression, Type} from '../isa/index.ts'
import {AtomicOperation, pageMask} from '../memory/index.ts'
import {type LookupForm, TlbEntry} from '../tlb/index.ts'
import type {Code, Label, Local, MemoryOpcode} from '../wasm/index.ts'
import {offsets} from './block-offsets.ts'
import type {CalledFunctions} from './called-functions.ts'
import type {HostOrder} from './host-order.ts'
import type {Sharing} from './sharing.ts'
import {pushEntry, type TableLocals, toTag} from './table-lookup.ts'

export type Push = () => void
export type AtomicOperands = Readonly<{gva: Push; value: Push}>
/** `address`: guest-virtual, i64. */
export type PlaceAccess = Readonly<{address: Local; bytes: AccessBytes; tag: 'readTag' | 'writeTag'}>
export type StoreOperands = Readonly<{gva: Push; value: Push; type: Type}>
export type LoadExpression = Extract<Expression, {op: 'load'}>
type LoadReservedExpression = Extract<Expression, {op: 'loadReserved'}>
type AmoExpression = Extract<Expression, {op: 'amo'}>

const bits = {1: '8', 2: '16', 4: '32', 8: ''} as const

export function loadOpcode({type, bytes, signed}: LoadExpression): MemoryOpcode {
	const whole = type === 'i32' ? bytes === 4 : bytes === 8
	return (whole ? `${type}.load` : `${type}.load${bits[bytes]}_${signed ? 's' : 'u'}`) as MemoryOpcode
}

export function storeOpcode(type: Type, bytes: AccessBytes): MemoryOpcode {
	const whole = type === 'i32' ? bytes === 4 : bytes === 8
	return (whole ? `${type}.store` : `${type}.store${bits[bytes]}`) as MemoryOpcode
}

const rmwOperation: Partial<Record<AmoName, string>> = {swap: 'xchg', add: 'add', and: 'and', or: 'or', xor: 'xor'}
/** Those of two operands. */
const plainOperation = {add: 'add', and: 'and', or: 'or', xor: 'xor'} as const
const keepsOld: Partial<Record<AmoName, 'le_s' | 'ge_s' | 'le_u' | 'ge_u'>> = {
	min: 'le_s',
	max: 'ge_s',
	minu: 'le_u',
	maxu: 'ge_u',
}

export class MemoryAccess {
	readonly #code: Code
	readonly #block: Local
	readonly #budget: Local
	readonly #table: TableLocals
	readonly #form: LookupForm
	readonly #hostOrder: HostOrder
	readonly #sharing: Sharing
	readonly #functions: CalledFunctions

	/** @param options.table the data table. */
	constructor(options: {
		code: Code
		block: Local
		budget: Local
		table: TableLocals
		form: LookupForm
		hostOrder: HostOrder
		sharing: Sharing
		functions: CalledFunctions
	}) {
		this.#code = options.code
		this.#block = options.block
		this.#budget = options.budget
		this.#table = options.table
		this.#form = options.form
		this.#hostOrder = options.hostOrder
		this.#sharing = options.sharing
		this.#functions = options.functions
	}

	/** Pushes the loaded value. */
	load(e: LoadExpression, gva: Push, trap: Label): void {
		this.#offset({gva, bytes: e.bytes, tag: 'readTag'}, (address) => {
			this.#call('readMemory', () => this.#code.get(address).i32(e.bytes), trap)
		})
		// Plain: RVWMO orders plain accesses by overlap, fence and dependency only; the host's aligned 8-byte load does not
		// tear. The branch before it, with its call, keeps V8 from merging two loads, or repeating one after the next.
		this.#code.unalignedMemory(loadOpcode(e))
	}

	store(bytes: AccessBytes, operands: StoreOperands, trap: Label): void {
		const code = this.#code
		const address = code.local('i64')
		const value = code.local(operands.type)
		const entry = code.local('i32')
		operands.gva()
		code.set(address)
		operands.value()
		code.set(value)
		this.#pushHit({address, entry, bytes, tag: 'writeTag'})
		code.likely().if(
			undefined,
			() => {
				this.#pushHitOffset(address, entry)
				// Plain, as in load().
				code.get(value).unalignedMemory(storeOpcode(operands.type, bytes))
			},
			() => {
				code.get(address).i32(bytes).get(value)
				if (operands.type === 'i32') code.op('i64.extend_i32_u')
				code.call(this.#functions.of('writeMemory')).op('i32.eqz').unlikely().brIf(trap)
			},
		)
		code.release(address, value, entry)
	}

	/**
	 * Pushes the old value. Sequentially consistent among atomics, as every Wasm atomic, and ordered before later
	 * accesses by #finishStore(), whatever aq and rl say.
	 */
	amo(e: AmoExpression, operands: AtomicOperands, trap: Label): void {
		const code = this.#code
		const offset = code.local('i32')
		const value = code.local(e.type)
		operands.value()
		code.set(value)
		this.#atomicOffset({gva: operands.gva, bytes: e.bytes, operation: AtomicOperation[e.name], value}, trap)
		code.set(offset)
		const operation = rmwOperation[e.name]
		if (this.#sharing === 'alone') this.#plainAmo(e, offset, value)
		else if (operation)
			code
				.get(offset)
				.get(value)
				.memory(`${e.type}.atomic.rmw.${operation}` as MemoryOpcode)
		else this.#minMax(e, offset, value)
		if (this.#sharing === 'shared') this.#finishStore()
		code.release(offset, value)
	}

	/** Pushes the value, and records its place, width and value as the reservation. */
	loadReserved({bytes, releases}: LoadReservedExpression, gva: Push, trap: Label): void {
		const code = this.#code
		const isShared = this.#sharing === 'shared'
		// On every host: an atomic load is ordered before later accesses, but not after earlier plain ones (RVWMO rule 6).
		if (releases && isShared) code.op('atomic.fence')
		const type = bytes === 4 ? 'i32' : 'i64'
		const offset = code.local('i32')
		const value = code.local(type)
		this.#atomicOffset({gva, bytes, operation: AtomicOperation.loadReserved}, trap)
		code.set(offset)
		// Ordered before every later access of this hart, with or without aq: no fence. Pairs with the compare-exchange of
		// storeConditional() and with AMOs on any hart.
		code
			.get(offset)
			.memory(isShared ? `${type}.atomic.load` : `${type}.load`)
			.set(value)
		this.#setReservation(() => code.get(offset))
		code.get(this.#block).i32(bytes).memory('i32.store', offsets.reservationBytes)
		code.get(this.#block).get(value)
		if (type === 'i32') code.op('i64.extend_i32_u')
		code.memory('i64.store', offsets.reservationValue)
		code.get(value)
		code.release(offset, value)
	}

	/** Pushes 0 (stored) or 1, i64. Succeeds when the reserved place still holds the reserved value. */
	storeConditional(bytes: 4 | 8, operands: AtomicOperands, trap: Label): void {
		const code = this.#code
		const type = bytes === 4 ? 'i32' : 'i64'
		const offset = code.local('i32')
		const reserved = code.local(type)
		const value = code.local(type)
		operands.value()
		code.set(value)
		this.#atomicOffset({gva: operands.gva, bytes, operation: AtomicOperation.storeConditional, value}, trap)
		code.set(offset)
		code.get(this.#block).memory('i32.load', offsets.reservationOffset).get(offset).op('i32.eq')
		code.get(this.#block).memory('i32.load', offsets.reservationBytes).i32(bytes).op('i32.eq')
		code.op('i32.and').if(
			'i64',
			() => {
				code.get(this.#block).memory('i64.load', offsets.reservationValue)
				if (type === 'i32') code.op('i32.wrap_i64')
				code.set(reserved)
				// Sequentially consistent. Pairs with loadReserved() and with other harts' stores and atomics on this place.
				if (this.#sharing === 'shared') {
					code.get(offset).get(reserved).get(value).memory(`${type}.atomic.rmw.cmpxchg`)
					this.#finishStore()
					code.get(reserved).op(`${type}.ne`).op('i64.extend_i32_u')
				} else this.#plainCompareExchange({offset, reserved, value})
			},
			() => code.i64(1n),
		)
		this.#setReservation(() => code.i32(0))
		code.release(offset, reserved, value)
	}

	/** Makes the count of retired instructions readable from the block. Plain: only this vCPU writes it. */
	syncBudget(): void {
		this.#code.get(this.#block).get(this.#budget).memory('i32.store', offsets.budget)
	}

	/**
	 * The same, without this instruction, as a CSR access reads it. Unprivileged spec, "Zicsr": "the value prior to the
	 * execution of the instruction".
	 */
	syncBudgetBefore(): void {
		this.#code.get(this.#block).get(this.#budget).i32(1).op('i32.add').memory('i32.store', offsets.budget)
	}

	/** Pushes the 64-bit scratch value. Plain: written by the hart core on this thread. */
	pushScratch(): void {
		this.#code.get(this.#block).memory('i64.load', offsets.scratch)
	}

	/**
	 * Follows the atomic operation of an AMO, or of an SC that may have stored. To the guest that is one access, ordered
	 * before later ones: before all with aq (RVWMO rule 5), without it before a load that returns its value (rule 3) and
	 * before accesses that depend on its result (rules 9 to 11). On x86 it is one instruction, and a barrier. On a weakly
	 * ordered host engines may emit a loop of load-acquire-exclusive and store-release-exclusive with no barrier after
	 * it, as V8 does on ARMv8.0: later plain accesses may be performed before its store, though not before its load. The
	 * host's instructions cannot be queried.
	 */
	#finishStore(): void {
		// Orders the store before every later access of this hart. Pairs with the fences and atomics of other harts.
		if (this.#hostOrder === 'weak') this.#code.op('atomic.fence')
	}

	// Plain: only this vCPU reads and writes its reservation.
	#setReservation(offset: Push): void {
		this.#code.get(this.#block)
		offset()
		this.#code.memory('i32.store', offsets.reservationOffset)
	}

	// old = *place; *place = operation(old, value)
	/** Plain: no other hart is there, and nothing interrupts generated code. */
	#plainAmo({name, type}: AmoExpression, offset: Local, value: Local): void {
		const code = this.#code
		const old = code.local(type)
		code.get(offset).get(offset).memory(`${type}.load`).tee(old)
		const keeps = keepsOld[name]
		if (keeps) code.get(value).get(old).get(value).op(`${type}.${keeps}`).op('select')
		else if (name === 'swap') code.op('drop').get(value)
		else code.get(value).op(`${type}.${plainOperation[name as keyof typeof plainOperation]}`)
		code.memory(`${type}.store`).get(old)
		code.release(old)
	}

	// *place == reserved ? (*place = value, 0) : 1, as an i64; plain, as above
	#plainCompareExchange({offset, reserved, value}: Record<'offset' | 'reserved' | 'value', Local>): void {
		const code = this.#code
		const {type} = value as {type: 'i32' | 'i64'}
		code.get(offset).memory(`${type}.load`).get(reserved).op(`${type}.eq`)
		code.if(
			'i64',
			() => code.get(offset).get(value).memory(`${type}.store`).i64(0n),
			() => code.i64(1n),
		)
	}

	// old = *place; do { seen = old } while ((old = cmpxchg(place, seen, keep(seen, value) ? seen : value)) != seen)
	#minMax(e: AmoExpression, offset: Local, value: Local): void {
		const code = this.#code
		const old = code.local(e.type)
		const seen = code.local(e.type)
		const keeps = keepsOld[e.name]
		if (!keeps) throw new Error(`Invariant broken: AMO ${e.name} is one of the nine`)
		code.get(offset).memory(`${e.type}.atomic.load`).set(old)
		code.loop('retry', (retry) => {
			code.get(offset).get(old).tee(seen)
			code.get(seen).get(value).get(seen).get(value).op(`${e.type}.${keeps}`).op('select')
			code.memory(`${e.type}.atomic.rmw.cmpxchg`).tee(old).get(seen).op(`${e.type}.ne`).brIf(retry)
		})
		code.get(old)
		code.release(old, seen)
	}

	// Pushes the offset at which to carry out the operation. For a device register the hart core has carried it out, and
	// the offset is one at which the same operation has the same result.
	#atomicOffset(access: {gva: Push; bytes: 4 | 8; operation: number; value?: Local}, trap: Label): void {
		const {gva, bytes, operation, value} = access
		const tag = operation === AtomicOperation.loadReserved ? 'readTag' : 'writeTag'
		this.#offset({gva, bytes, tag}, (address) => {
			const push = (): void => {
				const code = this.#code.get(address).i32(bytes).i32(operation)
				if (value === undefined) code.i64(0n)
				else code.get(value)
				if (value?.type === 'i32') code.op('i64.extend_i32_u')
			}
			this.#call('atomicAddress', push, trap)
		})
	}

	// entry = table[vpn & mask]; entry.tag == tag of masked gva ? low(gva) + entry.addend : miss()
	#offset(access: {gva: Push; bytes: AccessBytes; tag: 'readTag' | 'writeTag'}, miss: (address: Local) => void): void {
		const code = this.#code
		const address = code.local('i64')
		access.gva()
		code.set(address)
		this.pushPlace({address, bytes: access.bytes, tag: access.tag}, () => miss(address))
		code.release(address)
	}

	/** Pushes where in shared memory an access goes. @param miss pushes it where the table has no entry. */
	protected pushPlace(access: PlaceAccess, miss: Push): void {
		const code = this.#code
		const entry = code.local('i32')
		this.#pushHit({...access, entry})
		code.likely().if('i32', () => this.#pushHitOffset(access.address, entry), miss)
		code.release(entry)
	}

	// Pushes entry.tag == tag of gva & ~(0xfff ^ (bytes − 1)). Plain: only this vCPU fills and empties its tables; others
	// swap whole tables.
	#pushHit(access: PlaceAccess & {entry: Local}): void {
		const code = this.#code
		pushEntry(code, access.address, this.#table, this.#form)
		code.tee(access.entry).memory('i64.load', TlbEntry.offset[access.tag])
		pushMasked(code, access)
		toTag(code, this.#table, this.#form)
		code.op('i64.eq')
	}

	#pushHitOffset(address: Local, entry: Local): void {
		this.#code.get(address).op('i32.wrap_i64').get(entry).memory('i32.load', TlbEntry.offset.addend).op('i32.add')
	}

	#call(name: 'readMemory' | 'atomicAddress', push: Push, trap: Label): void {
		const code = this.#code
		const result = code.local('i32')
		push()
		code.call(this.#functions.of(name)).tee(result).op('i32.eqz').unlikely().brIf(trap)
		code.get(result)
		code.release(result)
	}
}

// Pushes gva & ~(0xfff ^ (bytes − 1)): the page's address, unless the access is misaligned.
export function pushMasked(code: Code, {address, bytes}: {address: Local; bytes: AccessBytes}): void {
	code
		.get(address)
		.i64(BigInt(~(pageMask ^ (bytes - 1))))
		.op('i64.and')
}
