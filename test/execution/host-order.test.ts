/** Fences in code for a weakly ordered host, checked in its text: most tests run on hosts with total store order. */
import binaryen from 'assemblyscript/binaryen'
import test from 'ava'
import {type HostOrder, hostOrder, hostOrders} from '../../src/codegen/host-order.ts'
import type {Sharing} from '../../src/codegen/sharing.ts'
import {buildInterpreter, handlers} from '../../src/interpreter/index.ts'
import {ramBase} from '../../src/memory/index.ts'
import {Regime} from '../../src/tlb/index.ts'
import {translate} from '../../src/translate/index.ts'
import {HartCore} from '../hart/core/hart-core.ts'
import {encode} from '../interpreter/encode.ts'

const orders = {'': 0, '.aq': 1 << 26, '.rl': 1 << 25, '.aqrl': 3 << 25} as const
const registers = {rd: 5, rs1: 10, rs2: 6}
const hart = new HartCore()

/** Its atomic instructions and fences, in order. */
const atomicsOf = (text: string): string[] =>
	[...text.matchAll(/\((atomic\.fence|i(?:32|64)\.atomic\.[\w.]+)/g)].map(([, name]) => name!)

const textOf = (wasm: Uint8Array): string =>
	binaryen.readBinaryWithFeatures(new Uint8Array(wasm), binaryen.Features.All).emitText()

/** Those of a region of one instruction. */
function atomicsOfRegion(word: number, order: HostOrder, sharing: Sharing = 'shared'): string[] {
	const page = hart.ramOffset(ramBase)
	hart.memory.u32.set([word, encode('wfi', {}) >>> 0], page / 4)
	const fetchTable = hart.descriptor(Regime.machine) >>> 0
	const request = {page, entry: 0, pageGva: BigInt(ramBase), fetchTable, nextPage: undefined}
	const {bytes} = translate(hart.memory, [request], {hostOrder: order, sharing, design: hart.design})!
	const name = `"${ramBase.toString(16)} at ${page.toString(16)}"`
	const functions = textOf(bytes).split(/\n(?= \(func )/)
	const region = functions.filter((each) => each.startsWith(` (func $${name} `))
	if (region.length !== 1) throw new Error(`Expected one function ${name}, got ${region.length}`)
	return atomicsOf(region[0]!)
}

const fence = 'atomic.fence'
const after = (order: HostOrder): string[] => (order === 'weak' ? [fence] : [])

const amos: readonly (readonly [string, readonly string[]])[] = [
	['amoswap.w', ['i32.atomic.rmw.xchg']],
	['amoadd.w', ['i32.atomic.rmw.add']],
	['amoxor.d', ['i64.atomic.rmw.xor']],
	['amoand.d', ['i64.atomic.rmw.and']],
	['amoor.w', ['i32.atomic.rmw.or']],
	['amominu.w', ['i32.atomic.load', 'i32.atomic.rmw.cmpxchg']],
	['amomax.d', ['i64.atomic.load', 'i64.atomic.rmw.cmpxchg']],
	['sc.w', ['i32.atomic.rmw.cmpxchg']],
	['sc.d', ['i64.atomic.rmw.cmpxchg']],
]

for (const order of hostOrders) {
	for (const [name, instructions] of amos) {
		const end = order === 'weak' ? 'ends with a fence' : 'has no fence'
		test(`${name}, however it is ordered, ${end} on a host that is ${order}`, (t) => {
			for (const [suffix, bits] of Object.entries(orders)) {
				t.deepEqual(atomicsOfRegion(encode(name, registers) | bits, order), [...instructions, ...after(order)], suffix)
			}
		})
	}

	test(`lr has a fence before it where it is a release, and none after it, on a host that is ${order}`, (t) => {
		for (const [name, load] of [
			['lr.w', 'i32.atomic.load'],
			['lr.d', 'i64.atomic.load'],
		] as const) {
			for (const [suffix, bits] of Object.entries(orders)) {
				const before = suffix.includes('rl') ? [fence] : []
				t.deepEqual(atomicsOfRegion(encode(name, {...registers, rs2: 0}) | bits, order), [...before, load], suffix)
			}
		}
	})

	test(`plain accesses have no fence on a host that is ${order}`, (t) => {
		t.deepEqual(atomicsOfRegion(encode('ld', {rd: 5, rs1: 10, imm: 8}), order), [])
		t.deepEqual(atomicsOfRegion(encode('sd', {rs1: 10, rs2: 6, imm: 8}), order), [])
	})
}

const [i, o, r, w, io, rw] = [8, 4, 2, 1, 12, 3] as const
const tso = 8 << 8
const all = io | rw
const fenceWith = (sets: number) => encode('fence', {}) | (sets << 20)

test('a fence is one on a host with total store order where it orders a load after a store', (t) => {
	for (const [before, after] of [
		[rw, rw],
		[w, r],
		[all, all],
		[o, i],
		[w, i],
		[o, r],
		[rw, all],
	] as const)
		t.deepEqual(atomicsOfRegion(fenceWith((before << 4) | after), 'total-store'), [fence], `${before} ${after}`)
	// What is reserved is as an ordinary fence.
	t.deepEqual(atomicsOfRegion(fenceWith(tso | (all << 4) | all), 'total-store'), [fence])
})

test('other fences are nothing on such a host, FENCE.TSO among them', (t) => {
	for (const [before, after] of [
		[r, rw],
		[r, r],
		[w, w],
		[rw, w],
		[i, all],
		[all, o],
		[0, rw],
		[rw, 0],
	] as const)
		t.deepEqual(atomicsOfRegion(fenceWith((before << 4) | after), 'total-store'), [], `${before} ${after}`)
	t.deepEqual(atomicsOfRegion(fenceWith(tso | (rw << 4) | rw), 'total-store'), [])
})

test('every fence is one on a weakly ordered host', (t) => {
	for (const sets of [0x33, 0x23, 0x11, 0x31, 0x12, tso | 0x33])
		t.deepEqual(atomicsOfRegion(fenceWith(sets), 'weak'), [fence], `${sets}`)
})

test('with one hart, AMOs, LR and SC are plain accesses, and fences are fences, for the sake of devices', (t) => {
	for (const order of hostOrders) {
		for (const [name] of amos)
			t.deepEqual(atomicsOfRegion(encode(name, registers) | orders['.aqrl'], order, 'alone'), [])
		t.deepEqual(atomicsOfRegion(encode('lr.w', {...registers, rs2: 0}) | orders['.aqrl'], order, 'alone'), [])
		t.deepEqual(atomicsOfRegion(fenceWith(0x33), order, 'alone'), [fence])
	}
})

test('the interpreter for a weakly ordered host is the other one with a fence after each AMO and SC', (t) => {
	const [strong, weak] = hostOrders.map((order) => buildInterpreter({hostOrder: order}))
	t.true(WebAssembly.validate(weak!))
	const storing = handlers.filter(({key}) => /^(amo|sc\.)/.test(key)).length
	t.true(storing >= 40)
	const isStore = (name: string) => name.includes('.rmw.')
	const expected = atomicsOf(textOf(strong!)).flatMap((name) => (isStore(name) ? [name, fence] : [name]))
	t.deepEqual(atomicsOf(textOf(weak!)), expected)
	t.is(expected.filter(isStore).length, storing)
})

test('generated code is for the host that it is generated on', (t) => {
	const known: Partial<Record<string, HostOrder>> = {x64: 'total-store', arm64: 'weak', riscv64: 'weak'}
	t.is(hostOrder, known[process.arch] ?? hostOrder)
	t.deepEqual(buildInterpreter(), buildInterpreter({hostOrder}))
})
