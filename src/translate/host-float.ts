/**
 * Floating point on the host's hardware, where result and flags are exactly those of the hart core's softfloat.
 *
 * WebAssembly rounds to nearest even and has no flags. Once NX has accrued, an operation that raises at most NX changes
 * no flag. So each fast path only checks, by the result, that no other flag is raised. Unprivileged spec, "F"
 * Extension.
 */
import type {Code, FunctionReference, Label, Local, PlainOpcode} from '../wasm/index.ts'
import {emitRelaxedFusedMultiplyAdd} from './fused-multiply-add.ts'

type Push = () => void
type Bits = 'i32' | 'i64'

export type HostFloatOptions = Readonly<{
	/** The hart core's function, e.g. f64_add. One without a fast path is called directly. */
	name: string
	/**
	 * The callee's operands, evaluated once, in this order: bits of numbers (i32, i64), integers.
	 * Where the callee takes a rounding mode it is the last one, and evaluated only for the call.
	 */
	push: readonly Push[]
	/**
	 * i32: 1 = NX has accrued and frm is nearest even. No other state is relied upon.
	 * Not read by operations that neither round nor have a dynamic rounding mode: comparisons, min, max, and, with a
	 * static mode, i32_to_f64, u32_to_f64 and f32_to_f64.
	 */
	fast: Local
	/** The instruction's rm field; ignored for callees that take no rounding mode. */
	roundingMode: 'dynamic' | number
	/** From defineExactFusedMultiplyAdd(), or relaxed: see fused-multiply-add.ts. */
	fusedMultiplyAdd: FunctionReference | 'relaxed'
	/** Calls the hart core: emits the operands, the call, and whatever the caller does after it. Leaves the result. */
	slow: (push: readonly Push[]) => void
}>

/** A format of numbers. `word` is the upper 32 bits of a number, less the sign bit, doubled. */
type Format = Readonly<{
	name: 'f32' | 'f64'
	bits: Bits
	/** Of the exponent. */
	bias: number
	/** The value of the exponent's lowest bit in the word. */
	unit: number
	reinterpret: PlainOpcode
}>
const formats = {
	f32: {name: 'f32', bits: 'i32', bias: 127, unit: 2 ** 24, reinterpret: 'f32.reinterpret_i32'},
	f64: {name: 'f64', bits: 'i64', bias: 1023, unit: 2 ** 21, reinterpret: 'f64.reinterpret_i64'},
} as const satisfies Record<string, Format>

/** Where an operation's fast path is emitted, and from which operands. */
type Site = Readonly<{
	code: Code
	/** Integers and bits of numbers. */
	operands: readonly Local[]
	rm: number
	fusedMultiplyAdd: FunctionReference | 'relaxed'
	/** Branch here, with an empty stack, when the hart core must compute the result. */
	soft: Label
}>
type Operation = Readonly<{
	operands: readonly Bits[]
	result: Bits
	/**
	 * none: the callee takes no mode and raises no NX; exact: it takes one, which never matters;
	 * nearest: the host rounds to nearest even only; integral: the host rounds to integers in the modes of `integral`.
	 */
	rounding: 'none' | 'exact' | 'nearest' | 'integral'
	/** Pushes the result. */
	emit(site: Site): void
}>

/** Rounding a number to an integer, by rounding mode. Modes without an instruction are left out. */
const integral = ['nearest', 'trunc', 'floor', 'ceil'] as const

const operations = new Map<string, Operation>()
for (const format of Object.values(formats)) {
	const {name, bits} = format
	const one = [bits]
	const two = [bits, bits]
	const three = [bits, bits, bits]
	const add = (operation: string, rest: Operation) => operations.set(`${name}_${operation}`, rest)
	// Sums that are subnormal are exact.
	for (const operation of ['add', 'sub'] as const) {
		const emit = (site: Site) => emitFinite(site, format, operation)
		add(operation, {operands: two, result: bits, rounding: 'nearest', emit})
	}
	// A root of any number from 0 on is normal or 0; others are NaN.
	const emitRoot = (site: Site) => emitFinite(site, format, 'sqrt')
	add('sqrt', {operands: one, result: bits, rounding: 'nearest', emit: emitRoot})
	const emitProduct = (site: Site) =>
		emitNormal(site, format, {zeros: [0, 1], push: () => pushAll(site, format, 'mul')})
	add('mul', {operands: two, result: bits, rounding: 'nearest', emit: emitProduct})
	const emitQuotient = (site: Site) => emitNormal(site, format, {zeros: [0], push: () => pushAll(site, format, 'div')})
	add('div', {operands: two, result: bits, rounding: 'nearest', emit: emitQuotient})
	add('fma', {operands: three, result: bits, rounding: 'nearest', emit: (site) => emitFused(site, format)})
	for (const operation of ['min', 'max'] as const) {
		const emit = (site: Site) => emitNumber(site, format, () => pushAll(site, format, operation))
		add(operation, {operands: two, result: bits, rounding: 'none', emit})
	}
	for (const operation of ['eq', 'lt', 'le'] as const) {
		const emit = (site: Site) => emitComparison(site, format, operation)
		add(operation, {operands: two, result: 'i32', rounding: 'none', emit})
	}
	for (const integer of ['i32', 'i64'] as const) {
		for (const letter of ['i', 'u'] as const) {
			const suffix = letter === 'i' ? 's' : 'u'
			const width = integer.slice(1)
			const emitTo = (site: Site) => emitToInteger(site, format, {integer, suffix})
			add(`to_${letter}${width}`, {operands: one, result: integer, rounding: 'integral', emit: emitTo})
			const emitFrom = ({code, operands}: Site) =>
				code.get(operands[0]!).op(`${name}.convert_${integer}_${suffix}`, `${bits}.reinterpret_${name}` as PlainOpcode)
			const rounding = name === 'f64' && integer === 'i32' ? 'exact' : 'nearest'
			operations.set(`${letter}${width}_to_${name}`, {operands: [integer], result: bits, rounding, emit: emitFrom})
		}
	}
}
operations.set('f32_to_f64', {
	operands: ['i32'],
	result: 'i64',
	rounding: 'exact',
	emit: (site) =>
		emitNumber(site, formats.f64, () => {
			pushFloat(site, formats.f32, 0)
			site.code.op('f64.promote_f32')
		}),
})
operations.set('f64_to_f32', {
	operands: ['i64'],
	result: 'i32',
	rounding: 'nearest',
	emit: (site) =>
		emitNormal(site, formats.f32, {
			zeros: [0],
			push: () => {
				pushFloat(site, formats.f64, 0)
				site.code.op('f32.demote_f64')
			},
		}),
})

/** Whether emitHostFloat() has a fast path. */
export function hasHostFloat(name: string, roundingMode: 'dynamic' | number): boolean {
	const operation = operations.get(name)
	return operation !== undefined && modeOf(operation, roundingMode) !== undefined
}

/** @returns the mode that the fast path rounds in, or undefined if there is no fast path for this one. */
function modeOf({rounding}: Operation, roundingMode: 'dynamic' | number): number | undefined {
	const mode = roundingMode === 'dynamic' || rounding === 'none' ? 0 : roundingMode
	const modes = {none: 0, nearest: 0, integral: integral.length - 1, exact: 4}
	return mode <= modes[rounding] ? mode : undefined
}

/**
 * Emits one of the hart core's floating-point functions. Leaves its result: bits (i32, i64) or an integer.
 * Neither checks nor sets mstatus.FS.
 */
export function emitHostFloat(code: Code, options: HostFloatOptions): void {
	// operands
	// fast && (result = host(operands), it is known to be right) ? result : hart core(operands)
	const operation = operations.get(options.name)
	const rm = operation && modeOf(operation, options.roundingMode)
	if (!operation || rm === undefined) return options.slow(options.push)
	const operands = operation.operands.map((type, index) => {
		options.push[index]!()
		const local = code.local(type)
		code.set(local)
		return local
	})
	const raisesNothing =
		operation.rounding === 'none' || (operation.rounding === 'exact' && options.roundingMode !== 'dynamic')
	code.block(
		'done',
		(done) => {
			code.block('soft', (soft) => {
				if (!raisesNothing) code.get(options.fast).op('i32.eqz').unlikely().brIf(soft)
				operation.emit({code, operands, rm, fusedMultiplyAdd: options.fusedMultiplyAdd, soft})
				code.br(done)
			})
			const rest = options.push.slice(operands.length)
			options.slow([...operands.map((local) => () => void code.get(local)), ...rest])
		},
		operation.result,
	)
	code.release(...operands)
}

function pushFloat({code, operands}: Site, format: Format, index: number): void {
	code.get(operands[index]!).op(format.reinterpret)
}

type Arithmetic = 'add' | 'sub' | 'mul' | 'div' | 'min' | 'max' | 'sqrt'

/** Pushes the operands as numbers, then emits the instruction on them. */
function pushAll(site: Site, format: Format, operation: Arithmetic): void {
	for (const index of site.operands.keys()) pushFloat(site, format, index)
	site.code.op(`${format.name}.${operation}`)
}

/** Pushes the upper 32 bits of a number's bits. */
function pushUpper(code: Code, bits: Local): void {
	code.get(bits)
	if (bits.type === 'i64') code.i64(32n).op('i64.shr_u', 'i32.wrap_i64')
}

/** Pushes the number's word (see Format). Words are ordered as magnitudes are. */
function pushWord(code: Code, bits: Local): void {
	pushUpper(code, bits)
	code.i32(1).op('i32.shl')
}

const infinityWord = ({bias, unit}: Format): number => (2 * bias + 1) * unit

function pushIsZero(code: Code, bits: Local): void {
	if (bits.type === 'i64') code.get(bits).i64(1n).op('i64.shl', 'i64.eqz')
	else code.get(bits).i32(1).op('i32.shl', 'i32.eqz')
}

/** Leaves the bits of the number that `push` pushes, after `check` has tested them in a local. */
function emitChecked(site: Site, format: Format, steps: {push: Push; check: (bits: Local) => void}): void {
	const {code} = site
	const bits = code.local(format.bits)
	steps.push()
	code.op(`${format.bits}.reinterpret_${format.name}` as PlainOpcode).set(bits)
	steps.check(bits)
	code.get(bits)
	code.release(bits)
}

/** The result is valid if it is finite: then the operands are, too. */
function emitFinite(site: Site, format: Format, operation: Arithmetic): void {
	emitChecked(site, format, {
		push: () => pushAll(site, format, operation),
		check: (bits) => {
			pushWord(site.code, bits)
			site.code.i32(infinityWord(format)).op('i32.ge_u').unlikely().brIf(site.soft)
		},
	})
}

/** The result is valid unless it is a NaN. NaN results are quiet, so the word alone shows them. */
function emitNumber(site: Site, format: Format, push: Push): void {
	emitChecked(site, format, {
		push,
		check: (bits) => {
			pushWord(site.code, bits)
			site.code.i32(infinityWord(format)).op('i32.gt_u').unlikely().brIf(site.soft)
		},
	})
}

/**
 * The result is valid if it is finite and at least twice the smallest normal number, so not tiny even before rounding,
 * or if it is zero because one of the operands `zeros` is.
 */
function emitNormal(site: Site, format: Format, {zeros, push}: {zeros: readonly number[]; push: Push}): void {
	const {code, operands} = site
	emitChecked(site, format, {
		push,
		check: (bits) => {
			pushWord(code, bits)
			code
				.i32(2 * format.unit)
				.op('i32.sub')
				.i32(infinityWord(format) - 2 * format.unit)
			code
				.op('i32.ge_u')
				.unlikely()
				.if(undefined, () => {
					for (const [index, operand] of zeros.entries()) {
						pushIsZero(code, operands[operand]!)
						if (index > 0) code.op('i32.or')
					}
					pushIsZero(code, bits)
					code.op('i32.and', 'i32.eqz').unlikely().brIf(site.soft)
				})
		},
	})
}

// Valid unless an operand is a NaN. eq: a == b or a < b or a > b must hold; lt: a < b or a ≥ b; le: a ≤ b or a > b
const complements = {eq: ['lt', 'gt'], lt: ['ge'], le: ['gt']} as const

function emitComparison(site: Site, format: Format, operation: 'eq' | 'lt' | 'le'): void {
	const {code} = site
	const result = code.local('i32')
	const compare = (name: 'eq' | 'lt' | 'le' | 'gt' | 'ge') => {
		pushFloat(site, format, 0)
		pushFloat(site, format, 1)
		code.op(`${format.name}.${name}`)
	}
	compare(operation)
	code.tee(result)
	for (const name of complements[operation]) {
		compare(name)
		code.op('i32.or')
	}
	code.op('i32.eqz').unlikely().brIf(site.soft).get(result)
	code.release(result)
}

/**
 * The result is valid if the rounded number is in range; −2^31, −2^63, and −0 for unsigned are left to the hart core.
 */
function emitToInteger(site: Site, format: Format, {integer, suffix}: {integer: Bits; suffix: 's' | 'u'}): void {
	const {code, operands, rm} = site
	const mode = integral[rm]!
	const width = Number(integer.slice(1))
	const bits = mode === 'trunc' ? operands[0]! : code.local(format.bits)
	if (mode !== 'trunc') {
		pushFloat(site, format, 0)
		code.op(`${format.name}.${mode}`, `${format.bits}.reinterpret_${format.name}` as PlainOpcode).set(bits)
	}
	// signed: |number| < 2^(width − 1); unsigned, with the sign bit kept: 0 ≤ number < 2^width
	if (suffix === 's') pushWord(code, bits)
	else pushUpper(code, bits)
	code.i32(suffix === 's' ? (format.bias + width - 1) * format.unit : ((format.bias + width) * format.unit) / 2)
	code.op('i32.ge_u').unlikely().brIf(site.soft)
	code.get(bits).op(format.reinterpret, `${integer}.trunc_sat_${format.name}_${suffix}`)
	if (mode !== 'trunc') code.release(bits)
}

function emitFused(site: Site, format: Format): void {
	const {code, fusedMultiplyAdd} = site
	const push = site.operands.map((_, index) => () => pushFloat(site, format, index))
	emitNormal(site, format, {
		zeros: [0, 1],
		push: () => {
			if (fusedMultiplyAdd === 'relaxed') return emitRelaxedFusedMultiplyAdd(code, {format: format.name, push})
			if (format.name === 'f32') return emitFused32(site, push)
			for (const operand of push) operand()
			code.call(fusedMultiplyAdd)
		},
	})
}

// sum = a × b + c in binary64, where the product is exact; demote(sum)
// Rounding twice is correct unless the sum lies halfway between two results, where the first rounding may have put it.
function emitFused32({code, soft}: Site, push: readonly Push[]): void {
	const sum = code.local('f64')
	for (const [index, after] of [[], ['f64.mul'], ['f64.add']].entries()) {
		push[index]!()
		code.op('f64.promote_f32', ...(after as PlainOpcode[]))
	}
	code.tee(sum).op('i64.reinterpret_f64', 'i32.wrap_i64').i32(0x1fff_ffff).op('i32.and')
	code.i32(0x1000_0000).op('i32.eq').unlikely().brIf(soft)
	code.get(sum).op('f32.demote_f64')
	code.release(sum)
}
