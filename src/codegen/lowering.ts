/** The one lowering of expression trees and effects to WebAssembly; its users differ in where operands come from. */

import {BlockStatus} from '../hart/index.ts'
import {
	type BinaryName,
	type BlockOperation,
	type Effect,
	type Expression,
	isMultiplyHigh,
	type RegisterField,
	type Type,
	type UnaryName,
} from '../isa/index.ts'
import type {Code, Label, Local} from '../wasm/index.ts'
import type {CalledFunctions} from './called-functions.ts'
import type {MemoryAccess} from './memory-access.ts'

/** The source of an instruction's operands: its decoded slot, read at run time, or constants of a translated region. */
export interface Operands {
	/** Pushes the 64 bits of an x register. */
	readX(field: RegisterField): void
	/** Pushes the low 32 bits of an x register. */
	readXLow(field: RegisterField): void
	/** Pushes the raw 64 bits of an f register. */
	readF(field: RegisterField): void
	/** Writes rd; `value` pushes an i64. */
	writeX(value: () => void): void
	writeF(value: () => void): void
	/** Pushes the immediate, sign-extended to `type`. */
	immediate(type: Type): void
	/** Pushes an i32. */
	csrNumber(): void
	/** Pushes the register's number, or any i32 that is 0 for register 0 only. */
	registerNumber(field: RegisterField): void
	/** Pushes an i64. */
	pc(): void
	/** Pushes an i64. */
	nextPc(): void
	/** Pushes the rm field, 0–7, i32. */
	roundingField(): void
}

/** Where an instruction goes when it cannot complete; nothing has been written by then. */
export type Exits = Readonly<{
	/** An exception has been raised. */
	trap: Label
	/** The instruction turned out to be illegal. */
	illegal: Label
}>

type CallExpression = Extract<Expression, {op: 'call'}>

/** The `how` argument of csrAccess(). */
const csrHow = {write: 0, set: 1, clear: 2} as const

/** In the order of manageBlock()'s argument, which is the instruction's immediate. */
const blockOperations: readonly BlockOperation[] = ['inval', 'clean', 'flush']

const wasmBinary: Partial<Record<BinaryName, string>> = {
	add: 'add',
	sub: 'sub',
	mul: 'mul',
	and: 'and',
	or: 'or',
	xor: 'xor',
	shl: 'shl',
	shrS: 'shr_s',
	shrU: 'shr_u',
	rotl: 'rotl',
	rotr: 'rotr',
	eq: 'eq',
	ne: 'ne',
	ltS: 'lt_s',
	ltU: 'lt_u',
	geS: 'ge_s',
	geU: 'ge_u',
}

export class Lowering {
	readonly code: Code
	readonly operands: Operands
	readonly memory: MemoryAccess
	readonly functions: CalledFunctions
	readonly exits: Exits
	/** Emits a call in another way, or emits nothing and returns false. */
	readonly callOtherwise: ((e: CallExpression, lowering: Lowering) => boolean) | undefined
	/** The local (i32) that holds the CsrStatus of the instruction's CSR access; undefined if it has none. */
	csrStatus: Local | undefined

	constructor(options: {
		code: Code
		operands: Operands
		memory: MemoryAccess
		functions: CalledFunctions
		exits: Exits
		callOtherwise?: (e: CallExpression, lowering: Lowering) => boolean
	}) {
		this.code = options.code
		this.operands = options.operands
		this.memory = options.memory
		this.functions = options.functions
		this.exits = options.exits
		this.callOtherwise = options.callOtherwise
	}

	/** Emits code that pushes the expression's value. */
	push(e: Expression): void {
		const {code, operands} = this
		switch (e.op) {
			case 'const':
				if (e.type === 'i32') code.i32(Number(BigInt.asIntN(32, e.value)))
				else code.i64(e.value)
				return
			case 'x':
				return operands.readX(e.field)
			case 'f':
				return operands.readF(e.field)
			case 'imm':
				return operands.immediate('i64')
			case 'csrNumber':
				return operands.csrNumber()
			case 'registerNumber':
				return operands.registerNumber(e.field)
			case 'pc':
				return operands.pc()
			case 'nextPc':
				return operands.nextPc()
			case 'roundingMode':
				return this.#roundingMode()
			case 'unary':
				return this.#unary(e.name, e.type, e.a)
			case 'binary':
				return this.#binary(e.name, e.a, e.b)
			case 'select':
				this.push(e.a)
				this.push(e.b)
				this.push(e.condition)
				code.op('select')
				return
			case 'load':
				return this.memory.load(e, () => this.push(e.gva), this.exits.trap)
			case 'amo':
				return this.memory.amo(e, {gva: () => this.push(e.gva), value: () => this.push(e.value)}, this.exits.trap)
			case 'loadReserved':
				return this.memory.loadReserved(e, () => this.push(e.gva), this.exits.trap)
			case 'storeConditional':
				return this.memory.storeConditional(
					e.bytes,
					{gva: () => this.push(e.gva), value: () => this.push(e.value)},
					this.exits.trap,
				)
			case 'csr':
				return this.#csr(e)
			case 'call':
				if (this.callOtherwise?.(e, this)) return
				for (const argument of e.arguments) this.push(argument)
				code.call(this.functions.of(e.name))
		}
	}

	/** Emits an effect on state; the caller emits control flow. */
	effect(effect: Effect): void {
		switch (effect.effect) {
			case 'writeX':
				return this.operands.writeX(() => this.push(effect.value))
			case 'writeF':
				return this.operands.writeF(() => this.push(effect.value))
			case 'store':
				return this.memory.store(
					effect.bytes,
					{gva: () => this.push(effect.gva), value: () => this.push(effect.value), type: effect.value.type},
					this.exits.trap,
				)
			case 'zeroBlock':
				this.push(effect.gva)
				return this.#blockOperation('zeroBlock')
			case 'manageBlock':
				this.push(effect.gva)
				this.code.i32(blockOperations.indexOf(effect.name))
				return this.#blockOperation('manageBlock')
			default:
				throw new Error(`Invariant broken: ${effect.effect} is lowered by the engine that owns control flow`)
		}
	}

	#unary(name: UnaryName, type: Type, a: Expression): void {
		const {code} = this
		if (name === 'truncate32' && a.op === 'x') return this.operands.readXLow(a.field)
		if (name === 'truncate32' && a.op === 'imm') return this.operands.immediate('i32')
		if (name === 'unbox32') return this.#unbox32(a)
		this.push(a)
		switch (name) {
			case 'clz':
			case 'ctz':
			case 'popcnt':
				code.op(`${type}.${name}`)
				return
			case 'eqz':
				code.op(`${a.type}.eqz`)
				return
			case 'truncate32':
				code.op('i32.wrap_i64')
				return
			case 'signExtend32':
				code.op('i64.extend_i32_s')
				return
			case 'zeroExtend32':
				code.op('i64.extend_i32_u')
				return
			case 'signExtend8':
				code.op(`${type}.extend8_s`)
				return
			case 'signExtend16':
				code.op(`${type}.extend16_s`)
				return
			case 'box32':
				// 0xffffffff_00000000 | value
				code.op('i64.extend_i32_u').i64(-0x1_0000_0000n).op('i64.or')
		}
	}

	// (a >> 32) == 0xffffffff ? low word of a : canonical NaN
	#unbox32(a: Expression): void {
		const {code} = this
		const boxed = code.local('i64')
		this.push(a)
		code.tee(boxed).op('i32.wrap_i64').i32(0x7fc0_0000)
		code.get(boxed).i64(-0x1_0000_0000n).op('i64.ge_u').op('select')
		code.release(boxed)
	}

	#binary(name: BinaryName, a: Expression, b: Expression): void {
		const {code} = this
		const plain = wasmBinary[name]
		this.push(a)
		this.push(b)
		if (plain) code.op(`${a.type}.${plain}` as 'i64.add')
		else if (isMultiplyHigh(name)) code.call(this.functions.of(name))
		else this.#divide(name as 'divS', a.type)
	}

	// Stack: dividend, divisor → RISC-V's quotient or remainder (unprivileged specification, "Division Operations").
	#divide(name: 'divS' | 'divU' | 'remS' | 'remU', type: Type): void {
		const {code} = this
		const dividend = code.local(type)
		const divisor = code.local(type)
		const constant = (value: bigint) => (type === 'i32' ? code.i32(Number(value)) : code.i64(value))
		const isDivision = name === 'divS' || name === 'divU'
		code.set(divisor).set(dividend)
		code.get(divisor).op(`${type}.eqz`)
		code.if(
			type,
			() => (isDivision ? constant(-1n) : code.get(dividend)),
			() => {
				if (name === 'divU' || name === 'remU') {
					code
						.get(dividend)
						.get(divisor)
						.op(`${type}.${isDivision ? 'div_u' : 'rem_u'}`)
					return
				}
				// A divisor of −1 negates, which gives RISC-V's overflow results where Wasm's division would trap.
				code.get(divisor)
				constant(-1n)
				code.op(`${type}.eq`).if(
					type,
					() => {
						constant(0n)
						if (isDivision) code.get(dividend).op(`${type}.sub`)
					},
					() =>
						code
							.get(dividend)
							.get(divisor)
							.op(`${type}.${isDivision ? 'div_s' : 'rem_s'}`),
				)
			},
		)
		code.release(dividend, divisor)
	}

	// mode = rm <= 4 ? rm : roundingMode(rm); mode < 0 → illegal
	#roundingMode(): void {
		const {code} = this
		const mode = code.local('i32')
		this.operands.roundingField()
		code.tee(mode).i32(4).op('i32.gt_u')
		code.if(undefined, () => {
			code.get(mode).call(this.functions.of('roundingMode')).tee(mode).i32(0).op('i32.lt_s').brIf(this.exits.illegal)
		})
		code.get(mode)
		code.release(mode)
	}

	// status = csrAccess(number, how, operand, readOnly), a CsrStatus; illegal → illegal; the old value is in scratch
	#csr(e: Extract<Expression, {op: 'csr'}>): void {
		const {code} = this
		const status = code.local('i32')
		this.memory.syncBudgetBefore()
		this.operands.csrNumber()
		code.i32(csrHow[e.name])
		this.push(e.operand)
		this.push(e.readOnly)
		code.call(this.functions.of('csrAccess')).tee(status).op('i32.eqz').brIf(this.exits.illegal)
		this.memory.pushScratch()
		this.csrStatus = status
	}

	// Stack: the callee's arguments. status = callee(…), a BlockStatus: trap → trap, illegal → illegal
	#blockOperation(callee: 'zeroBlock' | 'manageBlock'): void {
		const {code} = this
		const status = code.local('i32')
		code.call(this.functions.of(callee)).tee(status).op('i32.eqz').brIf(this.exits.trap)
		code.get(status).i32(BlockStatus.illegal).op('i32.eq').brIf(this.exits.illegal)
		code.release(status)
	}
}
