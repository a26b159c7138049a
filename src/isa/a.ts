/**
 * A: atomics. All are ordered as if aq and rl were set, so these bits are ignored, but for rl of an LR: it orders that
 * load after earlier plain accesses, too. Unprivileged spec, "A" Extension.
 */
import {instruction, rs2} from './definition.ts'
import type {AmoName, Instruction} from './expression.ts'
import {amo, loadReserved, signExtend32, storeConditional, truncate32, writeX, x} from './expression.ts'

const gva = x('rs1')

const amoRows = (name: AmoName, funct5: string): Instruction[] => [
	instruction(
		`amo${name}.w`,
		`${funct5} aq rl rs2 rs1 010 rd 0101111`,
		writeX('rd', signExtend32(amo(name, 4, gva, truncate32(rs2)))),
	),
	instruction(`amo${name}.d`, `${funct5} aq rl rs2 rs1 011 rd 0101111`, writeX('rd', amo(name, 8, gva, rs2))),
]

export const a: readonly Instruction[] = [
	instruction('lr.w', '00010 aq rl 00000 rs1 010 rd 0101111', writeX('rd', signExtend32(loadReserved(4, gva)))),
	instruction('lr.d', '00010 aq rl 00000 rs1 011 rd 0101111', writeX('rd', loadReserved(8, gva))),
	{
		...instruction(
			'lr.w.rl',
			'00010 aq 1 00000 rs1 010 rd 0101111',
			writeX('rd', signExtend32(loadReserved(4, gva, {releases: true}))),
		),
		specializes: 'lr.w',
	},
	{
		...instruction(
			'lr.d.rl',
			'00010 aq 1 00000 rs1 011 rd 0101111',
			writeX('rd', loadReserved(8, gva, {releases: true})),
		),
		specializes: 'lr.d',
	},
	instruction('sc.w', '00011 aq rl rs2 rs1 010 rd 0101111', writeX('rd', storeConditional(4, gva, truncate32(rs2)))),
	instruction('sc.d', '00011 aq rl rs2 rs1 011 rd 0101111', writeX('rd', storeConditional(8, gva, rs2))),
	...amoRows('swap', '00001'),
	...amoRows('add', '00000'),
	...amoRows('xor', '00100'),
	...amoRows('and', '01100'),
	...amoRows('or', '01000'),
	...amoRows('min', '10000'),
	...amoRows('max', '10100'),
	...amoRows('minu', '11000'),
	...amoRows('maxu', '11100'),
]
