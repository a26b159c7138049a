/** D: double-precision floating point. Unprivileged spec, "D" Extension. */
import {floatingPoint} from './definition.ts'
import type {Instruction} from './expression.ts'
import {box32, call, f, roundingMode, unbox32, writeF, writeX, x} from './expression.ts'
import {computeRows, convertRows, double, fusedRows, memoryRows} from './floating-point.ts'

export const d: readonly Instruction[] = [
	...memoryRows(double),
	...fusedRows(double),
	...computeRows(double),
	...convertRows(double),
	floatingPoint(
		'fcvt.s.d',
		'01000 00 00001 rs1 rm rd 1010011',
		writeF('rd', box32(call('f64_to_f32', 'i32', f('rs1'), roundingMode))),
	),
	// Exact in every rounding mode; a reserved one is still illegal.
	floatingPoint(
		'fcvt.d.s',
		'01000 01 00000 rs1 rm rd 1010011',
		writeF('rd', call('f32_to_f64', 'i64', unbox32(f('rs1')), roundingMode)),
	),
	floatingPoint('fmv.x.d', '11100 01 00000 rs1 000 rd 1010011', writeX('rd', f('rs1'))),
	floatingPoint('fmv.d.x', '11110 01 00000 rs1 000 rd 1010011', writeF('rd', x('rs1'))),
]
