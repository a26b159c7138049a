/** Both ways of computing, side by side in one module: emitHostFloat() over the hart core, and the hart core alone. */

import {fieldOffset, VcpuBlock} from '../../src/hart/index.ts'
import {defineExactFusedMultiplyAdd, type FusedMultiplyAdd} from '../../src/translate/fused-multiply-add.ts'
import {emitHostFloat} from '../../src/translate/host-float.ts'
import {type Code, type Local, ModuleBuilder, type Signature, type ValueType} from '../../src/wasm/index.ts'
import type {TypeName} from '../hart/core/float-operands.ts'
import {hart, memory, signatures} from '../hart/core/softfloat.ts'

// The hart core's vCPU block is at 0. After it: the number of slow calls, the results that differed, the operands.
const fflags = fieldOffset.fflags
const slowCalls = VcpuBlock.size
const actual = slowCalls + 8
const expected = actual + 16
const operandBytes = 32
const operands = expected + 16

/** Cases that the buffer holds. */
export const capacity = 4096
if (memory.buffer.byteLength < operands + capacity * operandBytes)
	memory.grow(Math.ceil((operands + capacity * operandBytes) / 65_536))

/** The operands of cases: 64 bits each, in rows of four. */
export const operandBits = new BigUint64Array(memory.buffer, operands, capacity * 4)
export const operandWords = new Uint32Array(memory.buffer, operands, capacity * 8)
export const operandDoubles = new Float64Array(memory.buffer, operands, capacity * 4)
export const operandSingles = new Float32Array(memory.buffer, operands, capacity * 8)
const words = new Int32Array(memory.buffer)
const longs = new BigUint64Array(memory.buffer)

const wasmType = (type: TypeName): 'i32' | 'i64' => (type.endsWith('32') ? 'i32' : 'i64')
/** The WebAssembly signature of the hart core's function. */
const signatureOf = (name: string): Signature => {
	const {operands, result, rounds} = signatures.get(name)!
	return {
		parameters: [...operands.map(wasmType), ...(rounds ? (['i32'] as ValueType[]) : [])],
		results: [wasmType(result)],
	}
}

export type Mode = 'dynamic' | number
/**
 * @returns index of the first case that differs, or count. fast: the local that emitHostFloat() reads; rm: the value of
 * frm.
 */
export type Compare = (count: number, fast: number, rm: number) => number
/**
 * Computes one case again and again, with each result's lowest bit XORed into the next first operand: a chain.
 * @returns the last.
 */
export type Repeat = (count: number, fast: number, rm: number) => number

export type Comparison = Readonly<{compare: Compare; host: Repeat; soft: Repeat}>

/** A module of its own for each operation: some engines give up optimising large ones. */
export function build(name: string, mode: Mode, fusedMultiplyAdd: FusedMultiplyAdd): Comparison {
	const module = new ModuleBuilder({name: `${name} ${mode}`})
	const signature = signatureOf(name)
	module.importSharedMemory('env', 'memory')
	const softfloat = module.importFunction('hart', name, signature)
	const fused = fusedMultiplyAdd === 'exact' ? defineExactFusedMultiplyAdd(module) : 'relaxed'
	const {rounds} = signatures.get(name)!
	const arity = signature.parameters.length - (rounds ? 1 : 0)

	/** @param pointer to the case's operands. */
	const operandsAt = (code: Code, pointer: Local, rm: Local) =>
		signature.parameters.map((type, index) => () => {
			if (index === arity) code.get(rm)
			else code.get(pointer).memory(type === 'i32' ? 'i32.load' : 'i64.load', operands + 8 * index)
		})
	const emitSoft = (code: Code, push: readonly (() => void)[]) => {
		for (const operand of push) operand()
		code.call(softfloat)
	}
	const emitHost = (code: Code, {push, fast}: {push: readonly (() => void)[]; fast: Local}) =>
		emitHostFloat(code, {
			name,
			push,
			fast,
			roundingMode: mode,
			fusedMultiplyAdd: fused,
			slow: (push) => {
				code.i32(0).i32(0).memory('i32.load', slowCalls).i32(1).op('i32.add').memory('i32.store', slowCalls)
				emitSoft(code, push)
			},
		})
	const setFlags = (code: Code) => code.i32(0).i32(1).memory('i32.store', fflags)
	const type = signature.results[0] as 'i32' | 'i64'

	const parameters = ['i32', 'i32', 'i32'] as const
	const emitCompare = (code: Code): void => {
		const [count, fast, rm] = [code.parameter(0), code.parameter(1), code.parameter(2)]
		const [pointer, index, flags] = [code.local('i32'), code.local('i32'), code.local('i32')]
		const result = code.local(type)
		code.block('end', (end) => {
			code.loop('next', (next) => {
				const push = operandsAt(code, pointer, rm)
				code.get(index).get(count).op('i32.ge_u').brIf(end)
				setFlags(code)
				emitHost(code, {push, fast})
				code.set(result).i32(0).memory('i32.load', fflags).set(flags)
				code
					.i32(0)
					.get(result)
					.memory(`${type}.store`, actual)
					.i32(0)
					.get(flags)
					.memory('i32.store', actual + 8)
				setFlags(code)
				emitSoft(code, push)
				code.get(result).op(`${type}.ne`).i32(0).memory('i32.load', fflags).get(flags).op('i32.ne', 'i32.or')
				code.brIf(end)
				code.get(index).i32(1).op('i32.add').set(index)
				code.get(pointer).i32(operandBytes).op('i32.add').set(pointer).br(next)
			})
		})
		// Once more for the report.
		code
			.get(index)
			.get(count)
			.op('i32.lt_u')
			.if(undefined, () => {
				setFlags(code)
				emitSoft(code, operandsAt(code, pointer, rm))
				code.set(result).i32(0).get(result).memory(`${type}.store`, expected)
				code
					.i32(0)
					.i32(0)
					.memory('i32.load', fflags)
					.memory('i32.store', expected + 8)
			})
		code.get(index)
	}
	const emitRepeat = (way: 'host' | 'soft') => (code: Code) => {
		const [count, fast, rm] = [code.parameter(0), code.parameter(1), code.parameter(2)]
		const [last, zero, first] = [code.local(type), code.local('i32'), signature.parameters[0] as 'i32' | 'i64']
		setFlags(code)
		code.loop('next', (next) => {
			// Depends on the last result, by its lowest bit.
			const [chained, ...others] = operandsAt(code, zero, rm)
			const push = [
				() => {
					chained!()
					code.get(last)
					if (type === 'i64') code.op('i32.wrap_i64')
					code.i32(1).op('i32.and')
					if (first === 'i64') code.op('i64.extend_i32_u')
					code.op(`${first}.xor`)
				},
				...others,
			]
			if (way === 'host') emitHost(code, {push, fast})
			else emitSoft(code, push)
			code.set(last).get(count).i32(1).op('i32.sub').tee(count).brIf(next)
		})
		code.get(last)
		if (type === 'i64') code.op('i32.wrap_i64')
	}
	module.function('compare', {parameters, results: ['i32']}, emitCompare, {exported: true})
	module.function('host', {parameters, results: ['i32']}, emitRepeat('host'), {exported: true})
	module.function('soft', {parameters, results: ['i32']}, emitRepeat('soft'), {exported: true})
	const instance = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()), {env: {memory}, hart})
	return instance.exports as Comparison
}

/**
 * Compares the cases that the operand buffer holds.
 * @returns what differs, as text, and how many of them the hart core computed.
 */
export function compareAll(
	name: string,
	{compare}: Comparison,
	options: {count: number; fast: 0 | 1; rm: number},
): {difference: string | undefined; slow: number} {
	words[slowCalls / 4] = 0
	const {count, fast, rm} = options
	const index = compare(count, fast, rm)
	const slow = words[slowCalls / 4]!
	if (index === count) return {difference: undefined, slow}
	const hex = (value: bigint) => `0x${value.toString(16)}`
	const show = (offset: number) => `${hex(longs[offset / 8]!)} flags ${words[offset / 4 + 2]!.toString(2)}`
	const tuple = [...operandBits.subarray(4 * index, 4 * index + signatures.get(name)!.operands.length)].map(hex)
	return {
		difference: `${name}(${tuple.join(', ')}), fast ${fast}, rm ${rm}: expected ${show(expected)}, got ${show(actual)}`,
		slow,
	}
}
