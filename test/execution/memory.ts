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
}
