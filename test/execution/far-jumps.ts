/** auipc and jalr to the furthest places that the two reach, about 2 GiB away. */
import test from 'ava'
import type {Gpa} from '../../src/memory/index.ts'
import {code} from '../interpreter/guest-map.ts'
import {Pair, wfi} from '../interpreter/pair.ts'
import {Assembly, reg} from './assembly.ts'
import {type Engine, on} from './engine.ts'

const {zero, ra, t1, a0} = reg
const page = 0x1_4000_0000n
const pageOf = (gva: bigint) => gva & -0x1000n
const gpas = {jump: code.gpa + 0x1_0000, target: code.gpa + 0x2_0000} as const

/** The furthest up and down, and an odd sum, whose bit 0 jalr clears. */
const reaches = [
	{name: 'up', at: 0x900n, high: 0x7fff_f000, low: 0x7fe},
	{name: 'down', at: 0x100n, high: -0x8000_0000, low: -0x800},
	{name: 'to an odd sum', at: 0x900n, high: 0x7fff_f000, low: 0x7ff},
] as const

export function testFarJumps(engine: Engine): void {
	for (const {name, at, high, low} of reaches) {
		for (const [kind, rd] of [
			['jump', zero],
			['call', ra],
		] as const) {
			test(`a far ${kind} reaches ${name}${on(engine)}`, (t) => {
				const pair = new Pair(engine)
				const target = (page + at + BigInt(high) + BigInt(low)) & -2n
				const put = (gva: bigint, gpa: Gpa, assembly: Assembly): void => {
					pair.mapCode(pageOf(gva), gpa)
					assembly.put({
						put: (place, word) => {
							const parcel = gpa + Number(place - pageOf(gva))
							pair.hart.writeParcel(parcel, word & 0xffff)
							if ((word & 3) === 3) pair.hart.writeParcel(parcel + 2, word >>> 16)
						},
					})
				}
				const from = new Assembly(page + at).op('auipc', {rd: t1, imm: high})
				put(page, gpas.jump, from.op('jalr', {rd, rs1: t1, imm: low}).word(wfi))
				put(target, gpas.target, new Assembly(target).op('addi', {rd: a0, rs1: a0, imm: 5}).word(wfi))
				for (let run = 0; run < 4; run++) t.is(pair.run(page + at), '', `${run}`)
			})
		}
	}
}
