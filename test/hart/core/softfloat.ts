/** The hart core's floating-point functions, compiled and callable from tests. */
import {fieldOffset} from '../../../src/hart/index.ts'
import type {FloatResult} from '../../../src/isa/oracle/float-value.ts'
import {hartModule} from '../../support/hart-module.ts'
import type {TypeName} from './float-operands.ts'

type Signature = Readonly<{operands: readonly TypeName[]; result: TypeName; rounds: boolean}>
/** The functions' types, by name. Those with `rounds` take the rounding mode last. */
export const signatures = new Map<string, Signature>()
for (const type of ['f32', 'f64'] as const) {
	const arity = {add: 2, sub: 2, mul: 2, div: 2, sqrt: 1, fma: 3}
	for (const [name, count] of Object.entries(arity))
		signatures.set(`${type}_${name}`, {operands: Array(count).fill(type), result: type, rounds: true})
	for (const name of ['min', 'max'])
		signatures.set(`${type}_${name}`, {operands: [type, type], result: type, rounds: false})
	for (const name of ['eq', 'lt', 'le'])
		signatures.set(`${type}_${name}`, {operands: [type, type], result: 'u32', rounds: false})
	signatures.set(`${type}_class`, {operands: [type], result: 'u32', rounds: false})
	for (const integer of ['i32', 'u32', 'i64', 'u64'] as const) {
		signatures.set(`${type}_to_${integer}`, {operands: [type], result: integer, rounds: true})
		signatures.set(`${integer}_to_${type}`, {operands: [integer], result: type, rounds: true})
	}
}
signatures.set('f32_to_f64', {operands: ['f32'], result: 'f64', rounds: true})
signatures.set('f64_to_f32', {operands: ['f64'], result: 'f32', rounds: true})

export const memory = new WebAssembly.Memory({initial: 1, maximum: 65536, shared: true})
export const hart = await instantiate()
// Before attach() the hart core has its vCPU block at 0.
export const fflags = new Int32Array(memory.buffer, fieldOffset.fflags, 1)

/** Arithmetic calls no import. */
async function instantiate(): Promise<Record<string, (...parameters: unknown[]) => number | bigint>> {
	const functions = WebAssembly.Module.imports(hartModule).filter(({kind}) => kind === 'function')
	const stubs = functions.map(({name}) => [name, () => 0])
	const {exports} = await WebAssembly.instantiate(hartModule, {env: {...Object.fromEntries(stubs), memory}})
	return exports as Record<string, (...parameters: unknown[]) => number | bigint>
}

/** Calls one of the hart core's functions. @returns its result as unsigned bits, and the flags that it raised. */
export function compute(name: string, operands: readonly bigint[], rm: number): FloatResult {
	const {operands: types, result: resultType, rounds} = signatures.get(name)!
	const parameters: unknown[] = types.map((type, index) =>
		type.endsWith('32') ? Number(operands[index]) : operands[index],
	)
	if (rounds) parameters.push(rm)
	fflags[0] = 0
	const result = hart[name]!(...parameters)
	return {value: BigInt.asUintN(Number(resultType.slice(1)), BigInt(result)), flags: fflags[0]!}
}
