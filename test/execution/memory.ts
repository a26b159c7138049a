/** Reservations and precise faults: sequences on one pair of harts, compared after every step. */
import test from 'ava'
import type {Operands} from '../../src/isa/index.ts'
import {encode} from '../interpreter/encode.ts'
import {code, pages, places} from '../interpreter/guest-map.ts'
import {describe, Pair, wfi} from '../interpreter/pair.ts'
import {randomFor, seed} from '../interpreter/seed.ts'
import {type Engine, on} from './engine.ts'

const at = code.gva

/** Runs one instruction. @returns what differs. */
function step(pair: Pair, name: string, operands: Partial<Operands>): string {
	const word = encode(name, operands)
	pair.put(at, word)
	pair.put(at + 4n, wfi)
	const difference = pair.run(at)
	return difference && `${describe(word)}: ${difference}`
}

export function testMemory(engine: Engine): void {
	function newPair(purpose: string): Pair {
		const pair = new Pair(engine)
		pair.randomize(randomFor(purpose))
		return pair
	}

	const [first] = pages
	/** The first page's offset in the data pages, bytes. */
	const firstPlace = 0x5000

	test(`sc succeeds when nothing happened since lr, and only once${on(engine)}`, (t) => {
		for (const width of ['w', 'd']) {
			const pair = newPair('sc once')
			pair.setX(5, first!.gva + 16n)
			t.is(step(pair, `lr.${width}`, {rd: 6, rs1: 5}), '')
			t.is(step(pair, `sc.${width}`, {rd: 7, rs1: 5, rs2: 8}), '')
			t.is(pair.hart.x[7], 0n)
			t.is(step(pair, `sc.${width}`, {rd: 7, rs1: 5, rs2: 9}), '')
			t.is(pair.hart.x[7], 1n)
		}
	})

	test(`sc fails after the place changed, on another address, and in another width${on(engine)}`, (t) => {
		const pair = newPair('sc fails')
		pair.setX(5, first!.gva + 16n)
		pair.setX(6, first!.gva + 24n)
		const failing: [string, string, {rs1: number; changes: boolean}][] = [
			['lr.w', 'sc.w', {rs1: 5, changes: true}],
			['lr.d', 'sc.d', {rs1: 5, changes: true}],
			['lr.w', 'sc.w', {rs1: 6, changes: false}],
			['lr.d', 'sc.d', {rs1: 6, changes: false}],
			['lr.w', 'sc.d', {rs1: 5, changes: false}],
			['lr.d', 'sc.w', {rs1: 5, changes: false}],
		]
		for (const [reserve, store, {rs1, changes}] of failing) {
			t.is(step(pair, reserve, {rd: 7, rs1: 5}), '')
			if (changes) pair.flipByte(firstPlace + 17)
			t.is(step(pair, store, {rd: 7, rs1, rs2: 8}), '', `${reserve} ${store}`)
			t.is(pair.hart.x[7], 1n, `${reserve} ${store}`)
		}
	})

	test(`a trap between lr and sc ends the reservation${on(engine)}`, (t) => {
		for (const width of ['w', 'd']) {
			const pair = newPair('sc after a trap')
			pair.setX(5, first!.gva + 16n)
			t.is(step(pair, `lr.${width}`, {rd: 6, rs1: 5}), '')
			t.is(step(pair, 'ebreak', {}), '')
			pair.hart.set('privilege', 1n)
			pair.reference.privilege = 'S'
			t.is(step(pair, `sc.${width}`, {rd: 7, rs1: 5, rs2: 8}), '')
			t.is(pair.hart.x[7], 1n)
		}
	})

	test(`a reservation is of memory: sc through another mapping of the page succeeds${on(engine)}`, (t) => {
		const pair = newPair('sc alias')
		pair.setX(5, 0x5000_0020n)
		pair.setX(6, 0x5000_7020n)
		t.is(step(pair, 'lr.d', {rd: 7, rs1: 5}), '')
		t.is(step(pair, 'sc.d', {rd: 7, rs1: 6, rs2: 8}), '')
		t.is(pair.hart.x[7], 0n)
	})

	test(`sequences of lr, sc, amo and stores agree, whatever happens between them${on(engine)}`, (t) => {
		t.log(`seed ${seed}`)
		const random = randomFor('reservations')
		const pair = newPair('reservations data')
		const names = ['lr.w', 'lr.d', 'sc.w', 'sc.d', 'sc.w', 'sc.d', 'amoadd.w', 'amoswap.d', 'sb', 'sd']
		let successes = 0
		for (let round = 0; round < 3000; round++) {
			const name = random.pick(names)
			const gva = random.below(20)
				? random.pick([first!.gva, 0x5000_7000n]) + BigInt(random.below(2) * 8)
				: random.pick(places)
			pair.setX(5, gva)
			pair.setX(6, random.bits(64))
			if (random.below(6) === 0) pair.flipByte(firstPlace + random.below(24))
			const operands: Partial<Operands> =
				name.startsWith('s') && !name.startsWith('sc') ? {rs1: 5, rs2: 6} : {rd: 7, rs1: 5}
			const difference = step(pair, name, /^(sc|amo)/.test(name) ? {...operands, rs2: 6} : operands)
			if (name.startsWith('sc') && pair.hart.x[7] === 0n) successes++
			if (difference) return t.fail(`round ${round}, INTERPRETER_SEED=${seed}: ${difference}`)
		}
		t.true(successes > 30, `${successes} sc succeeded`)
	})

	test(`every access at every place agrees, on fresh translations and on known ones${on(engine)}`, (t) => {
		const pair = newPair('places')
		const names = ['lb', 'lhu', 'lw', 'ld', 'sb', 'sh', 'sw', 'sd', 'amomaxu.w', 'amoand.d', 'lr.w', 'sc.d']
		const wrong: string[] = []
		for (const gva of places) {
			pair.setX(5, gva)
			for (const name of names) {
				const target = /^s[bhwd]$/.test(name) ? {} : {rd: 7}
				const source = /^(s|amo)/.test(name) ? {rs2: 6} : {}
				const difference = step(pair, name, {...target, ...source, rs1: 5})
				if (difference) wrong.push(`${gva.toString(16)} ${difference}`)
			}
			if (wrong.length > 3) break
			// Every other place is followed by an empty TLB.
			if (gva % 16n < 8n) pair.hart.swapTables()
		}
		t.deepEqual(wrong, [])
	})

	test(`a load that faults leaves its base register, which is its destination, as it was${on(engine)}`, (t) => {
		const pair = newPair('rd is rs1')
		for (const name of ['ld', 'lw', 'fld', 'flw', 'lr.d', 'amoadd.d', 'sc.d']) {
			pair.setFloat({fs: 1, frm: 0, fflags: 0})
			pair.setX(5, 0x5000_2008n)
			const isAtomic = /^(lr|amo|sc)/.test(name)
			t.is(step(pair, name, {rd: 5, rs1: 5, ...(isAtomic ? {} : {imm: 0})}), '')
			t.is(pair.hart.x[5], 0x5000_2008n, name)
			t.is(pair.hart.get('mtval'), 0x5000_2008n, name)
			t.is((pair.hart.get('mstatus') >> 13n) & 3n, 1n, `${name} leaves FS`)
		}
	})

	test(`a store across pages whose second page is denied writes nothing to the first${on(engine)}`, (t) => {
		const pair = newPair('store across')
		const before = pair.hart.peek(pages[1]!.gpa + 0xff8)
		pair.setX(5, 0x5000_1ffcn)
		t.is(step(pair, 'sd', {rs1: 5, rs2: 6, imm: 0}), '')
		t.is(pair.hart.get('mtval'), 0x5000_2000n)
		t.is(pair.hart.peek(pages[1]!.gpa + 0xff8), before)
	})

	test(`a device register is read and written through the bus${on(engine)}`, (t) => {
		const pair = newPair('device')
		pair.hart.registers.set(0x4000_0010, 0x8000_0001)
		pair.setX(5, 0x5000_5010n)
		step(pair, 'lw', {rd: 6, rs1: 5, imm: 0})
		t.is(pair.hart.x[6], 0xffff_ffff_8000_0001n)
		step(pair, 'lbu', {rd: 6, rs1: 5, imm: 0})
		pair.setX(7, 0x1234_5678n)
		step(pair, 'sh', {rs1: 5, rs2: 7, imm: 0})
		t.deepEqual(pair.hart.mmio, ['read 40000010 4', 'read 40000010 1', 'write 40000010 2 5678'])
	})

	const deviceRegister = 0x4000_0010
	/** What each AMO leaves of a register that holds `old`, by hand. */
	const amos = [
		{name: 'amoswap', old: 0x8000_0005n, operand: 3n, result: 3n},
		{name: 'amoadd', old: 0xffff_fffen, operand: 3n, result: 0x1_0000_0001n},
		{name: 'amoand', old: 0x8000_0005n, operand: 0x8000_0004n, result: 0x8000_0004n},
		{name: 'amoor', old: 0x8000_0005n, operand: 0xan, result: 0x8000_000fn},
		{name: 'amoxor', old: 0x8000_0005n, operand: 6n, result: 0x8000_0003n},
		{name: 'amomin', old: 5n, operand: -1n, result: -1n},
		{name: 'amomax', old: 5n, operand: -1n, result: 5n},
		{name: 'amominu', old: 5n, operand: -1n, result: 5n},
		{name: 'amomaxu', old: 5n, operand: -1n, result: -1n},
	]

	for (const {name, old, operand, result} of amos) {
		test(`${name} on a device register gives the old value, and the device has the new one${on(engine)}`, (t) => {
			for (const [width, bits] of [['w', 32] as const, ['d', 64] as const]) {
				const {hart, pair} = withRegister(old)
				pair.setX(6, operand)
				step(pair, `${name}.${width}`, {rd: 7, rs1: 5, rs2: 6})
				t.is(hart.x[7], BigInt.asUintN(64, BigInt.asIntN(bits, old)), width)
				const [low, high] = [hart.registers.get(deviceRegister)!, hart.registers.get(deviceRegister + 4)!]
				t.is(BigInt(low), BigInt.asUintN(32, result), width)
				t.is(BigInt(high), bits === 32 ? 0n : BigInt.asUintN(32, result >> 32n), width)
			}
		})
	}

	test(`sc on a device register succeeds once after lr, while the register holds the value${on(engine)}`, (t) => {
		for (const width of ['w', 'd']) {
			const {hart, pair} = withRegister(0x8000_0001n)
			pair.setX(6, 0x55n)
			const sc = () => {
				step(pair, `sc.${width}`, {rd: 8, rs1: 5, rs2: 6})
				return [hart.x[8], hart.registers.get(deviceRegister)]
			}
			t.deepEqual(sc(), [1n, 0x8000_0001], 'nothing is reserved')
			step(pair, `lr.${width}`, {rd: 7, rs1: 5})
			t.is(hart.x[7], width === 'w' ? 0xffff_ffff_8000_0001n : 0x8000_0001n)
			t.deepEqual(sc(), [0n, 0x55])
			pair.setX(6, 0x66n)
			t.deepEqual(sc(), [1n, 0x55], 'the reservation is gone')
			step(pair, `lr.${width}`, {rd: 7, rs1: 5})
			hart.registers.set(deviceRegister, 0x77)
			t.deepEqual(sc(), [1n, 0x77], 'the register has changed')
		}
	})

	test(`a reservation of a device register is of that register, in that width, and not of RAM${on(engine)}`, (t) => {
		const {hart, pair} = withRegister(1n)
		hart.registers.set(deviceRegister + 8, 1)
		pair.setX(9, 0x5000_5018n)
		pair.setX(10, first!.gva + 16n)
		for (const [reserve, store, rs1] of [
			['lr.w', 'sc.w', 9] as const,
			['lr.w', 'sc.d', 5] as const,
			['lr.w', 'sc.w', 10] as const,
		]) {
			step(pair, reserve, {rd: 7, rs1: 5})
			step(pair, store, {rd: 8, rs1, rs2: 6})
			t.is(hart.x[8], 1n, `${store} at x${rs1}`)
		}
		step(pair, 'lr.w', {rd: 7, rs1: 10})
		step(pair, 'sc.w', {rd: 8, rs1: 5, rs2: 6})
		t.is(hart.x[8], 1n, 'reserved in RAM')
	})

	/** x5 leads to a device register of 8 bytes. */
	function withRegister(value: bigint) {
		const pair = newPair('device')
		const {hart} = pair
		hart.registers.set(deviceRegister, Number(value)).set(deviceRegister + 4, 0)
		pair.setX(5, 0x5000_5010n)
		return {pair, hart}
	}
}
