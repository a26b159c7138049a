/** The evaluator: executes a decoded instruction on BigInts, straight from its tree. Slow; the tests' oracle. */
import type {Decoded} from '../decode.ts'
import type {
	AccessBytes,
	AmoName,
	BinaryName,
	BlockOperation,
	Effect,
	Expression,
	SystemName,
	Type,
	UnaryName,
} from '../expression.ts'
import type {Operands} from '../pattern.ts'

/** What the evaluator needs of a hart. Values are unsigned; a hook that faults throws before it writes anything. */
export type EvaluatedHart = {
	readonly x: BigUint64Array
	readonly f: BigUint64Array
	pc: bigint
	load(gva: bigint, bytes: AccessBytes): bigint
	store(gva: bigint, bytes: AccessBytes, value: bigint): void
	loadReserved(gva: bigint, bytes: 4 | 8): bigint
	/** @returns true when the store was done. */
	storeConditional(gva: bigint, bytes: 4 | 8, value: bigint): boolean
	zeroBlock(gva: bigint): void
	/** Does nothing, or faults. */
	manageBlock(gva: bigint, operation: BlockOperation): void
	/** @returns the old value. */
	csr(access: {number: number; how: 'write' | 'set' | 'clear'; operand: bigint; readOnly: boolean}): bigint
	/** A function of the hart core; the hook also accrues its flags. */
	call(name: string, args: readonly bigint[]): bigint
	/** @param rm the instruction's field. @returns the mode in force, 0–4. */
	roundingMode(rm: number): number
	/** May change pc, which is already the next instruction's. */
	system(name: SystemName, operands: Readonly<Operands>): void
}

const bitsOf = (type: Type): number => (type === 'i32' ? 32 : 64)
const unsigned = (type: Type, value: bigint): bigint => BigInt.asUintN(bitsOf(type), value)
const signed = (type: Type, value: bigint): bigint => BigInt.asIntN(bitsOf(type), value)
const canonicalNan32 = 0x7fc0_0000n
const boxed = 0xffff_ffff_0000_0000n

type Operator = Readonly<{a: bigint; b: bigint; type: Type}>

/** The caller truncates the results. Operands are unsigned; `type` is theirs. */
const binaryOperators: Readonly<Record<BinaryName, (operands: Operator) => bigint>> = {
	add: ({a, b}) => a + b,
	sub: ({a, b}) => a - b,
	mul: ({a, b}) => a * b,
	and: ({a, b}) => a & b,
	or: ({a, b}) => a | b,
	xor: ({a, b}) => a ^ b,
	shl: ({a, b, type}) => a << amount(type, b),
	shrS: ({a, b, type}) => signed(type, a) >> amount(type, b),
	shrU: ({a, b, type}) => a >> amount(type, b),
	rotl: ({a, b, type}) => rotateLeft(type, a, amount(type, b)),
	rotr: ({a, b, type}) => rotateLeft(type, a, BigInt(bitsOf(type)) - amount(type, b)),
	mulhS: ({a, b, type}) => (signed(type, a) * signed(type, b)) >> 64n,
	mulhU: ({a, b}) => (a * b) >> 64n,
	mulhSU: ({a, b, type}) => (signed(type, a) * b) >> 64n,
	divS: ({a, b, type}) => (b === 0n ? -1n : signed(type, a) / signed(type, b)),
	divU: ({a, b}) => (b === 0n ? -1n : a / b),
	remS: ({a, b, type}) => (b === 0n ? a : signed(type, a) % signed(type, b)),
	remU: ({a, b}) => (b === 0n ? a : a % b),
	eq: ({a, b}) => truth(a === b),
	ne: ({a, b}) => truth(a !== b),
	ltS: ({a, b, type}) => truth(signed(type, a) < signed(type, b)),
	ltU: ({a, b}) => truth(a < b),
	geS: ({a, b, type}) => truth(signed(type, a) >= signed(type, b)),
	geU: ({a, b}) => truth(a >= b),
}

const unaryOperators: Readonly<Record<UnaryName, (a: bigint, type: Type) => bigint>> = {
	clz: (a, type) => BigInt(digits(a, type).indexOf('1') < 0 ? bitsOf(type) : digits(a, type).indexOf('1')),
	ctz: (a, type) => BigInt(a === 0n ? bitsOf(type) : bitsOf(type) - 1 - digits(a, type).lastIndexOf('1')),
	popcnt: (a, type) => BigInt(digits(a, type).replaceAll('0', '').length),
	eqz: (a) => truth(a === 0n),
	truncate32: (a) => a,
	signExtend32: (a) => BigInt.asIntN(32, a),
	zeroExtend32: (a) => a,
	signExtend8: (a) => BigInt.asIntN(8, a),
	signExtend16: (a) => BigInt.asIntN(16, a),
	unbox32: (a) => ((a & boxed) === boxed ? a : canonicalNan32),
	box32: (a) => a | boxed,
}

const amoOperators: Readonly<Record<AmoName, (operands: Operator) => bigint>> = {
	swap: ({b}) => b,
	add: ({a, b}) => a + b,
	and: ({a, b}) => a & b,
	or: ({a, b}) => a | b,
	xor: ({a, b}) => a ^ b,
	min: ({a, b, type}) => (signed(type, a) < signed(type, b) ? a : b),
	max: ({a, b, type}) => (signed(type, a) > signed(type, b) ? a : b),
	minu: ({a, b, type}) => (unsigned(type, a) < unsigned(type, b) ? a : b),
	maxu: ({a, b, type}) => (unsigned(type, a) > unsigned(type, b) ? a : b),
}

function truth(condition: boolean): bigint {
	return condition ? 1n : 0n
}
function amount(type: Type, shift: bigint): bigint {
	return shift % BigInt(bitsOf(type))
}
function rotateLeft(type: Type, a: bigint, by: bigint): bigint {
	return (a << by) | (a >> (BigInt(bitsOf(type)) - by))
}
function digits(a: bigint, type: Type): string {
	return a.toString(2).padStart(bitsOf(type), '0')
}

/** All that the tree of the executing instruction can refer to. */
type Context = Readonly<{hart: EvaluatedHart; operands: Readonly<Operands>; pc: bigint; nextPc: bigint}>

/** @returns the value, unsigned, of the expression's width. */
function evaluate(context: Context, e: Expression): bigint {
	return unsigned(e.type, evaluateWide(context, e))
}

function evaluateWide(context: Context, e: Expression): bigint {
	const {hart, operands} = context
	switch (e.op) {
		case 'const':
			return e.value
		case 'x':
			return operands[e.field] === 0 ? 0n : hart.x[operands[e.field]]!
		case 'f':
			return hart.f[operands[e.field]]!
		case 'imm':
			return BigInt(operands.imm)
		case 'csrNumber':
			return BigInt(operands.csr)
		case 'registerNumber':
			return BigInt(operands[e.field])
		case 'pc':
			return context.pc
		case 'nextPc':
			return context.nextPc
		case 'roundingMode':
			return BigInt(hart.roundingMode(operands.rm))
		case 'unary':
			return unaryOperators[e.name](evaluate(context, e.a), e.a.type)
		case 'binary':
			return binaryOperators[e.name]({a: evaluate(context, e.a), b: evaluate(context, e.b), type: e.a.type})
		case 'select': {
			const [a, b] = [evaluate(context, e.a), evaluate(context, e.b)]
			return evaluate(context, e.condition) === 0n ? b : a
		}
		case 'load': {
			const value = hart.load(evaluate(context, e.gva), e.bytes)
			return e.signed ? BigInt.asIntN(e.bytes * 8, value) : value
		}
		case 'loadReserved':
			return hart.loadReserved(evaluate(context, e.gva), e.bytes)
		case 'storeConditional': {
			const gva = evaluate(context, e.gva)
			return truth(!hart.storeConditional(gva, e.bytes, evaluate(context, e.value)))
		}
		case 'amo': {
			const gva = evaluate(context, e.gva)
			const b = evaluate(context, e.value)
			const a = hart.load(gva, e.bytes)
			hart.store(gva, e.bytes, unsigned(e.type, amoOperators[e.name]({a, b, type: e.type})))
			return a
		}
		case 'csr': {
			const operand = evaluate(context, e.operand)
			const readOnly = evaluate(context, e.readOnly) !== 0n
			return hart.csr({number: operands.csr, how: e.name, operand, readOnly})
		}
		case 'call':
			return hart.call(
				e.name,
				e.arguments.map((argument) => evaluate(context, argument)),
			)
	}
}

/** Evaluates an effect's operands. @returns the effect itself, to be carried out once all operands are evaluated. */
function prepare(context: Context, effect: Effect): () => void {
	const {hart, operands} = context
	const target = BigInt.asUintN(64, context.pc + BigInt(operands.imm))
	switch (effect.effect) {
		case 'writeX': {
			const value = evaluate(context, effect.value)
			return () => {
				if (operands.rd !== 0) hart.x[operands.rd] = value
			}
		}
		case 'writeF': {
			const value = evaluate(context, effect.value)
			return () => {
				hart.f[operands.rd] = value
			}
		}
		case 'store': {
			const gva = evaluate(context, effect.gva)
			const value = BigInt.asUintN(effect.bytes * 8, evaluate(context, effect.value))
			return () => hart.store(gva, effect.bytes, value)
		}
		case 'zeroBlock': {
			const gva = evaluate(context, effect.gva)
			return () => hart.zeroBlock(gva)
		}
		case 'manageBlock': {
			const gva = evaluate(context, effect.gva)
			return () => hart.manageBlock(gva, effect.name)
		}
		case 'branch': {
			const taken = evaluate(context, effect.condition) !== 0n
			return () => {
				if (taken) hart.pc = target
			}
		}
		case 'jump':
			return () => {
				hart.pc = target
			}
		case 'jumpRegister': {
			const to = evaluate(context, effect.target)
			return () => {
				hart.pc = to
			}
		}
		case 'system':
			return () => hart.system(effect.name, operands)
	}
}

/** Executes one instruction at hart.pc and moves pc on. When a hook throws, pc and the registers are as before. */
export function execute(hart: EvaluatedHart, {instruction, operands, length}: Decoded): void {
	const pc = hart.pc
	const nextPc = BigInt.asUintN(64, pc + BigInt(length))
	const effects = instruction.effects.map((effect) => prepare({hart, operands, pc, nextPc}, effect))
	try {
		hart.pc = nextPc
		for (const act of effects) act()
	} catch (fault) {
		hart.pc = pc
		throw fault
	}
}
