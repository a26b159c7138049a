/** Upper halves of 64 × 64-bit products, for which Wasm has no instruction. */
import type {MultiplyHighName} from '../isa/index.ts'
import type {Code, FunctionReference, Local, ModuleBuilder} from '../wasm/index.ts'

const signature = {parameters: ['i64', 'i64'], results: ['i64']} as const

/** Defines mulhU, mulhS and mulhSU in the module. */
export function emitMultiplyHigh(module: ModuleBuilder): readonly (readonly [MultiplyHighName, FunctionReference])[] {
	const mulhU = module.function('mulhU', signature, emitUnsigned)
	const mulhS = module.function('mulhS', signature, (code) => emitSigned(code, mulhU, [0, 1]))
	const mulhSU = module.function('mulhSU', signature, (code) => emitSigned(code, mulhU, [0]))
	return [
		['mulhU', mulhU],
		['mulhS', mulhS],
		['mulhSU', mulhSU],
	]
}

// With a = ah·2^32 + al, b alike:
//   cross = (al·bl >> 32) + ah·bl            (fits: (2^32−1)^2 + 2^32−1 < 2^64)
//   middle = low32(cross) + al·bh
//   result = ah·bh + (cross >> 32) + (middle >> 32)
function emitUnsigned(code: Code): void {
	const [a, b] = [code.parameter(0), code.parameter(1)]
	const cross = code.local('i64')
	const low = (local: Local) => code.get(local).i64(0xffff_ffffn).op('i64.and')
	const high = (local: Local) => code.get(local).i64(32n).op('i64.shr_u')
	low(a)
	low(b)
	code.op('i64.mul').i64(32n).op('i64.shr_u')
	high(a)
	low(b)
	code.op('i64.mul', 'i64.add').set(cross)
	high(a)
	high(b)
	code.op('i64.mul')
	high(cross)
	code.op('i64.add')
	low(cross)
	low(a)
	high(b)
	code.op('i64.mul', 'i64.add').i64(32n).op('i64.shr_u', 'i64.add')
}

// Read as unsigned, a negative operand is 2^64 too large: subtract the other operand from the upper half.
function emitSigned(code: Code, mulhU: FunctionReference, signedOperands: readonly number[]): void {
	code.get(code.parameter(0)).get(code.parameter(1)).call(mulhU)
	for (const index of signedOperands) {
		code.get(code.parameter(index)).i64(63n).op('i64.shr_s')
		code.get(code.parameter(1 - index)).op('i64.and', 'i64.sub')
	}
}
