/** Page 0 in slot 0, where the encodings differ, and the tag that a page flush looks for. */
import test from 'ava'
import {
	FlushCause,
	Regime,
	type TlbConfig,
	TlbState,
	tagEncodings,
	tlbStateOffset,
	trailerWord,
} from '../../src/tlb/index.ts'
import {fill, isFresh, lookUp, openTable} from './lookup.ts'
import {TestMachine} from './test-machine.ts'

const entries = 64

/** Fills these pages. @returns the user's table. */
function fillPages(machine: TestMachine, ...pages: readonly number[]): number {
	const descriptor = machine.descriptor(0, Regime.user)
	openTable(machine.memory, descriptor)
	for (const page of pages) fill(machine, descriptor, page, 5)
	return descriptor
}

for (const encoding of tagEncodings) {
	const create = (config: Partial<TlbConfig> = {}) =>
		TestMachine.create({vcpus: 1, ...config, design: {size: `${entries}`, encoding, ...config.design}})

	test(`a fresh table is empty, page 0 too, with ${encoding}`, (t) => {
		const machine = create()
		const descriptor = machine.descriptor(0, Regime.user)
		t.true(isFresh(machine, descriptor))
		for (let page = 0; page < entries; page++) t.is(lookUp(machine, descriptor, page), undefined)
	})

	test(`generated code is told the bias of ${encoding}`, (t) => {
		const {memory, blocks} = create()
		const word = (blocks.base(0) + tlbStateOffset + TlbState.offset.tagBias) / 4
		t.is(memory.i32[word], {'poison-zero': 0, 'plus-one': 1}[encoding])
	})

	for (const [way, config] of [
		['undo', {}],
		['swap', {undoLimit: -1}],
		['clear', {design: {policy: 'clear'}}],
		['clear in place, where the pool is dry', {undoLimit: -1, spareTables: 0}],
	] as const) {
		test(`a flush by ${way} forgets page 0 and the others, with ${encoding}`, (t) => {
			const machine = create(config)
			machine.enter(0)
			for (let round = 0; round < 3; round++) {
				const descriptor = fillPages(machine, 0, 1, entries, 2 * entries - 1)
				t.is(lookUp(machine, descriptor, 0), undefined, 'another page of its slot came after it')
				fillPages(machine, 0)
				t.is(lookUp(machine, descriptor, 0), 5)
				machine.tlb.flush(0, FlushCause.sfenceAll)
				t.true(isFresh(machine, machine.descriptor(0, Regime.user)))
				machine.tlb.safepoint(0)
				machine.clearRetired()
				t.true(isFresh(machine, descriptor))
			}
		})
	}

	test(`a flush of page 0 forgets it, and of another page of its slot does not, with ${encoding}`, (t) => {
		const machine = create()
		machine.enter(0)
		const descriptor = fillPages(machine, 0, 1)
		machine.flushPage(0, entries, 0)
		machine.flushPage(0, 0, 1)
		t.is(lookUp(machine, descriptor, 0), 5)
		machine.flushPage(0, 0, 0)
		t.is(lookUp(machine, descriptor, 0), undefined)
		t.is(lookUp(machine, descriptor, 1), 5)
		fillPages(machine, 0)
		t.is(lookUp(machine, descriptor, 0), 5)
		machine.tlb.flush(0, FlushCause.sfenceAll)
		t.is(machine.descriptor(0, Regime.user), descriptor)
		t.true(isFresh(machine, descriptor))
	})
}

test('with plus-one slot 0 is logged as any other, once', (t) => {
	const machine = TestMachine.create({vcpus: 1, undoLimit: 1, design: {encoding: 'plus-one'}})
	machine.enter(0)
	const descriptor = fillPages(machine, 0)
	machine.flushPage(0, 0, 0)
	fillPages(machine, 0)
	t.is(machine.memory.i32[trailerWord(descriptor, 'logged')], 1)
	machine.tlb.flush(0, FlushCause.sfenceAll)
	t.is(machine.tlb.tlbStatistics(0).undone, 1)
})
