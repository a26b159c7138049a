/** The language that defines instructions: immutable, width-typed expression trees and the effects that they feed. */

export type Type = 'i32' | 'i64'
/** Operand fields that name a register. */
export type RegisterField = 'rd' | 'rs1' | 'rs2' | 'rs3'
/** Bytes of a memory access. */
export type AccessBytes = 1 | 2 | 4 | 8

export type UnaryName =
	| 'clz'
	| 'ctz'
	| 'popcnt'
	| 'eqz' // → i32
	| 'truncate32' // i64 → i32
	| 'signExtend32' // i32 → i64
	| 'zeroExtend32' // i32 → i64
	| 'signExtend8' // same width
	| 'signExtend16' // same width
	| 'unbox32' // i64 → i32: the low word of a NaN-boxed f register, else the canonical NaN 0x7fc00000
	| 'box32' // i32 → i64: upper word all ones

export type BinaryName =
	| 'add'
	| 'sub'
	| 'mul'
	| 'and'
	| 'or'
	| 'xor'
	| 'shl' // shift amounts are taken modulo the width, as in Wasm
	| 'shrS'
	| 'shrU'
	| 'rotl'
	| 'rotr'
	| 'mulhS' // i64 only: upper 64 bits of the 128-bit product
	| 'mulhU'
	| 'mulhSU'
	| 'divS' // RISC-V's results for a zero divisor and for overflow; never traps
	| 'divU'
	| 'remS'
	| 'remU'
	| 'eq' // comparisons → i32
	| 'ne'
	| 'ltS'
	| 'ltU'
	| 'geS'
	| 'geU'

export type AmoName = 'swap' | 'add' | 'and' | 'or' | 'xor' | 'min' | 'max' | 'minu' | 'maxu'

type FloatFormat = 'f32' | 'f64'
type IntegerFormat = 'i32' | 'u32' | 'i64' | 'u64'
/** A floating-point function of the hart core: `f64_add`, `f32_to_i64`. */
export type CallName =
	| `${FloatFormat}_${'add' | 'sub' | 'mul' | 'div' | 'fma' | 'sqrt' | 'min' | 'max' | 'eq' | 'lt' | 'le' | 'class'}`
	| `${FloatFormat}_to_${FloatFormat | IntegerFormat}`
	| `${IntegerFormat}_to_${FloatFormat}`

export type Expression = Readonly<
	| {op: 'const'; type: Type; value: bigint}
	| {op: 'x'; type: 'i64'; field: RegisterField}
	/** Raw 64 bits of a floating-point register. */
	| {op: 'f'; type: 'i64'; field: RegisterField}
	/** The immediate, already sign- or zero-extended as the format says: imm, shamt, uimm (CSR immediates). */
	| {op: 'imm'; type: 'i64'}
	/** The CSR number. */
	| {op: 'csrNumber'; type: 'i32'}
	/** The register number itself (csrrs and csrrc write nothing when rs1 is x0). */
	| {op: 'registerNumber'; type: 'i32'; field: RegisterField}
	/** This instruction's address. */
	| {op: 'pc'; type: 'i64'}
	/** The next instruction's address (pc + 2 or pc + 4). */
	| {op: 'nextPc'; type: 'i64'}
	/**
	 * The rounding mode in force, 0–4: the rm field, or frm where rm is DYN. An invalid one makes the instruction illegal
	 * before any effect.
	 */
	| {op: 'roundingMode'; type: 'i32'}
	| {op: 'unary'; type: Type; name: UnaryName; a: Expression}
	| {op: 'binary'; type: Type; name: BinaryName; a: Expression; b: Expression}
	/** Both sides are evaluated; neither may access memory. */
	| {op: 'select'; type: Type; condition: Expression; a: Expression; b: Expression}
	/** `type` is the result's; narrower accesses are extended as `signed` says. */
	| {op: 'load'; type: Type; bytes: AccessBytes; signed: boolean; gva: Expression}
	/** One access, ordered before all later ones. Yields the old value, an i32 for 4 bytes. */
	| {op: 'amo'; type: Type; name: AmoName; bytes: 4 | 8; gva: Expression; value: Expression}
	/** Load reserved. `releases`: ordered after all earlier accesses, too. */
	| {op: 'loadReserved'; type: Type; bytes: 4 | 8; gva: Expression; releases: boolean}
	/** Yields 0 on success, 1 on failure, i64. */
	| {op: 'storeConditional'; type: 'i64'; bytes: 4 | 8; gva: Expression; value: Expression}
	/**
	 * Reads a CSR and writes it, unless `readOnly` (i32) is not 0, as for csrrs and csrrc with x0. Yields the old value.
	 * The new value, by `name`: 'write' = operand, 'set' = old | operand, 'clear' = old & ~operand.
	 */
	| {op: 'csr'; type: 'i64'; name: 'write' | 'set' | 'clear'; operand: Expression; readOnly: Expression}
	| {op: 'call'; type: Type; name: CallName; arguments: readonly Expression[]}
>

export type SystemName =
	| 'ecall'
	| 'ebreak'
	| 'mret'
	| 'sret'
	| 'wfi'
	| 'fence'
	| 'fence.i'
	| 'sfence.vma'
	| 'sinval.vma'
	| 'sfence.w.inval'
	| 'sfence.inval.ir'
	| 'pause'

export type BlockOperation = 'inval' | 'clean' | 'flush'

export type Effect = Readonly<
	| {effect: 'writeX'; field: 'rd'; value: Expression}
	/** Raw 64 bits; also marks the floating-point state dirty. */
	| {effect: 'writeF'; field: 'rd'; value: Expression}
	| {effect: 'store'; bytes: AccessBytes; gva: Expression; value: Expression}
	/** Zeroes the 64-byte block that holds gva (cbo.zero). */
	| {effect: 'zeroBlock'; gva: Expression}
	/**
	 * Manages the cache block that holds gva (cbo.inval, cbo.clean, cbo.flush). Memory is coherent, so all that it can do
	 * is fault.
	 */
	| {effect: 'manageBlock'; name: BlockOperation; gva: Expression}
	/** Jumps to pc + imm if the condition (i32) is not 0. */
	| {effect: 'branch'; condition: Expression}
	/** Jumps to pc + imm. */
	| {effect: 'jump'}
	/**
	 * Jumps to a computed address, whose bit 0 is already clear. It is evaluated before any write of the same instruction
	 * (jalr with rd = rs1).
	 */
	| {effect: 'jumpRegister'; target: Expression}
	| {effect: 'system'; name: SystemName}
>

// --- constructors ---------------------------------------------------------------------------------

export const x = (field: RegisterField): Expression => ({op: 'x', type: 'i64', field})
export const f = (field: RegisterField): Expression => ({op: 'f', type: 'i64', field})
export const imm: Expression = {op: 'imm', type: 'i64'}
export const pc: Expression = {op: 'pc', type: 'i64'}
export const nextPc: Expression = {op: 'nextPc', type: 'i64'}
export const csrNumber: Expression = {op: 'csrNumber', type: 'i32'}
export const roundingMode: Expression = {op: 'roundingMode', type: 'i32'}
export const registerNumber = (field: RegisterField): Expression => ({op: 'registerNumber', type: 'i32', field})
export const i64 = (value: bigint | number): Expression => ({op: 'const', type: 'i64', value: BigInt(value)})
export const i32 = (value: bigint | number): Expression => ({op: 'const', type: 'i32', value: BigInt(value)})

const unaryResult: Partial<Record<UnaryName, Type>> = {
	eqz: 'i32',
	truncate32: 'i32',
	signExtend32: 'i64',
	zeroExtend32: 'i64',
	unbox32: 'i32',
	box32: 'i64',
}
const unary =
	(name: UnaryName) =>
	(a: Expression): Expression => ({op: 'unary', type: unaryResult[name] ?? a.type, name, a})

const comparisons: ReadonlySet<BinaryName> = new Set(['eq', 'ne', 'ltS', 'ltU', 'geS', 'geU'])
const binary =
	(name: BinaryName) =>
	(a: Expression, b: Expression): Expression => {
		if (a.type !== b.type) throw new TypeError(`${name} needs two operands of one width, got ${a.type} and ${b.type}`)
		return {op: 'binary', type: comparisons.has(name) ? 'i32' : a.type, name, a, b}
	}

export const clz = unary('clz')
export const ctz = unary('ctz')
export const popcnt = unary('popcnt')
export const eqz = unary('eqz')
export const truncate32 = unary('truncate32')
export const signExtend32 = unary('signExtend32')
export const zeroExtend32 = unary('zeroExtend32')
export const signExtend8 = unary('signExtend8')
export const signExtend16 = unary('signExtend16')
export const unbox32 = unary('unbox32')
export const box32 = unary('box32')

export const add = binary('add')
export const sub = binary('sub')
export const mul = binary('mul')
export const and = binary('and')
export const or = binary('or')
export const xor = binary('xor')
export const shl = binary('shl')
export const shrS = binary('shrS')
export const shrU = binary('shrU')
export const rotl = binary('rotl')
export const rotr = binary('rotr')
export const mulhS = binary('mulhS')
export const mulhU = binary('mulhU')
export const mulhSU = binary('mulhSU')
export const divS = binary('divS')
export const divU = binary('divU')
export const remS = binary('remS')
export const remU = binary('remU')
export const eq = binary('eq')
export const ne = binary('ne')
export const ltS = binary('ltS')
export const ltU = binary('ltU')
export const geS = binary('geS')
export const geU = binary('geU')

export const select = (condition: Expression, a: Expression, b: Expression): Expression => ({
	op: 'select',
	type: a.type,
	condition,
	a,
	b,
})
/** A load; 1, 2 and 4 bytes extend to i64 unless `type` says otherwise. */
export const load = (
	bytes: AccessBytes,
	gva: Expression,
	options: {signed?: boolean; type?: Type} = {},
): Expression => ({op: 'load', type: options.type ?? 'i64', bytes, signed: options.signed ?? true, gva})
export const amo = (name: AmoName, bytes: 4 | 8, gva: Expression, value: Expression): Expression => ({
	op: 'amo',
	type: bytes === 4 ? 'i32' : 'i64',
	name,
	bytes,
	gva,
	value,
})
export const loadReserved = (bytes: 4 | 8, gva: Expression, options: {releases?: boolean} = {}): Expression => ({
	op: 'loadReserved',
	type: bytes === 4 ? 'i32' : 'i64',
	bytes,
	gva,
	releases: options.releases ?? false,
})
export const storeConditional = (bytes: 4 | 8, gva: Expression, value: Expression): Expression => ({
	op: 'storeConditional',
	type: 'i64',
	bytes,
	gva,
	value,
})
export const csr = (
	name: 'write' | 'set' | 'clear',
	operand: Expression,
	readOnly: Expression = i32(0),
): Expression => ({op: 'csr', type: 'i64', name, operand, readOnly})
export const call = (name: CallName, type: Type, ...args: Expression[]): Expression => ({
	op: 'call',
	type,
	name,
	arguments: args,
})

export const writeX = (field: 'rd', value: Expression): Effect => ({effect: 'writeX', field, value})
export const writeF = (field: 'rd', value: Expression): Effect => ({effect: 'writeF', field, value})
export const store = (bytes: AccessBytes, gva: Expression, value: Expression): Effect => ({
	effect: 'store',
	bytes,
	gva,
	value,
})
export const zeroBlock = (gva: Expression): Effect => ({effect: 'zeroBlock', gva})
export const manageBlock = (name: BlockOperation, gva: Expression): Effect => ({effect: 'manageBlock', name, gva})
export const branch = (condition: Expression): Effect => ({effect: 'branch', condition})
export const jump: Effect = {effect: 'jump'}
export const jumpRegister = (target: Expression): Effect => ({effect: 'jumpRegister', target})
export const system = (name: SystemName): Effect => ({effect: 'system', name})

/** One instruction: its bits as the manual prints them, and its effects in order. */
export type Instruction = Readonly<{
	name: string
	/** Space-separated fields from bit 31 (or 15) down, as parsePattern() reads them. */
	pattern: string
	effects: readonly Effect[]
	/** The instruction needs mstatus.FS ≠ 0 (illegal otherwise). */
	floatingPoint?: boolean
	/** The row whose pattern also matches this row's words: this row is tried first (pause lies in fence's space). */
	specializes?: string
}>
