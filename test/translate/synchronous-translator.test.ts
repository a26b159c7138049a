import test from 'ava'
import {HartRegisters} from '../../src/hart/index.ts'
import {SynchronousTranslator} from '../../src/translate/synchronous-translator.ts'
import {encode} from '../interpreter/encode.ts'
import {RegionHart} from './region-hart.ts'

const loop = [encode('addi', {rd: 5, rs1: 5, imm: 1}), encode('bne', {rs1: 5, rs2: 0, imm: -4})]

function createTranslator(options: {mostBytes: number}) {
	const hart = new RegionHart()
	const {offset: block} = hart.memory.region('vcpu')
	const saved: Uint8Array[] = []
	const save = (id: number, wasm: Uint8Array) => void saved.splice(id, 0, wasm)
	const translator = new SynchronousTranslator(hart.memory, {block, translate: {}, save, ...options})
	const registers = new HartRegisters(hart.memory, block)
	const translateAt = (pageNumber: number, words = loop) =>
		translator.translate({
			page: hart.writeCode(pageNumber, words),
			entry: 0,
			pageGva: BigInt(pageNumber * 4096),
			fetchTable: 0,
			nextPage: undefined,
		})
	return {translator, registers, translateAt, saved}
}

test('each module gets the next number, is saved and counted', (t) => {
	const {registers, translateAt, saved} = createTranslator({mostBytes: 2 ** 20})
	const modules = [1, 2, 3].map((page) => translateAt(page)!)
	t.deepEqual(
		modules.map(({regions}) => regions.id),
		[0, 1, 2],
	)
	for (const {module} of modules) t.true(module instanceof WebAssembly.Module)
	t.is(registers.number('ownRequests'), 3)
	t.is(registers.number('ownModules'), 3)
	t.is(registers.number('ownRegions'), 3)
	t.is(registers.number('ownGuestInstructions'), 3 * loop.length)
	t.is(
		registers.number('ownWasmBytes'),
		saved.reduce((sum, {length}) => sum + length, 0),
	)
	t.true(registers.number('ownTranslateTime') + registers.number('ownCompileTime') > 0)
})

test('what cannot be translated is counted', (t) => {
	const {registers, translateAt} = createTranslator({mostBytes: 2 ** 20})
	t.is(translateAt(1, [encode('ebreak', {})]), undefined)
	t.is(registers.number('ownRequests'), 1)
	t.is(registers.number('ownRejected'), 1)
	t.is(registers.number('ownModules'), 0)
})

test('above the limit the oldest modules are dropped, but never the newest', (t) => {
	const {translator, registers, translateAt, saved} = createTranslator({mostBytes: 1})
	translateAt(1)
	t.deepEqual([...translator.surplus()], [])
	translateAt(2)
	translateAt(3)
	t.deepEqual([...translator.surplus()], [0, 1])
	t.deepEqual([...translator.surplus()], [])
	t.is(registers.number('ownModulesDropped'), 2)
	t.is(registers.number('ownRegionsDropped'), 2)
	t.is(registers.number('ownWasmBytesDropped'), saved[0]!.length + saved[1]!.length)
})
