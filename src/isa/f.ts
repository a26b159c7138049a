/** F: single-precision floating point. Unprivileged spec, "F" Extension. */
import {floatingPoint} from './definition.ts'
import type {Instruction} from './expression.ts'
import {box32, f as register, signExtend32, truncate32, writeF, writeX, x} from './expression.ts'
import {computeRows, convertRows, fusedRows, memoryRows, single} from './floating-point.ts'

export const f: readonly Instruction[] = [
	...memoryRows(single),
	...fusedRows(single),
	...computeRows(single),
	...convertRows(single),
	floatingPoint(
		'fmv.x.w',
		'11100 00 00000 rs1 000 rd 1010011',
		writeX('rd', signExtend32(truncate32(register('rs1')))),
	),
	floatingPoint('fmv.w.x', '11110 00 00000 rs1 000 rd 1010011', writeF('rd', box32(truncate32(x('rs1'))))),
]
