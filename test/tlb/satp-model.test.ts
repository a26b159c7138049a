import test from 'ava'
import {explore, type Variant} from './satp-model.ts'

const real: Variant = {satp: 'atomic', flushIsBarrier: false, flusherHasBarrier: true, flusherWaits: true}

test('a fence of one ASID skips harts that left it, and none of their accesses reaches a page that is reused', (t) => {
	const {states, ...faults} = explore(real)
	t.log(`${states} states`)
	t.deepEqual(faults, {overwritten: false, leaked: false})
})

const mutants: readonly (readonly [string, Variant])[] = [
	['satp is stored plainly, and its flush is a barrier', {...real, satp: 'plain', flushIsBarrier: true}],
	['satp is stored plainly, and its flush is none', {...real, satp: 'plain'}],
	['the flusher has no barrier before it reads satp', {...real, flusherHasBarrier: false}],
	['the flusher waits for nobody', {...real, flusherWaits: false}],
]
for (const [name, variant] of mutants) {
	test(`the model refutes a fence where ${name}`, (t) => {
		const {states, overwritten, leaked} = explore(variant)
		t.log(`${states} states; overwritten: ${overwritten}, leaked: ${leaked}`)
		t.true(overwritten)
	})
}
