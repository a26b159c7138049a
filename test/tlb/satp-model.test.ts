import test from 'ava'
import {explore, type Variant} from './satp-model.ts'

const flushing: Variant = {
	keeps: false,
	counts: 'before it reads satp',
	compares: true,
	satp: 'atomic',
	flushIsBarrier: false,
	flusherHasBarrier: true,
	flusherWaits: true,
}
const keeping: Variant = {...flushing, keeps: true}

for (const [name, variant] of Object.entries({'flush when they leave': flushing, 'keep their tables': keeping}))
	test(`a fence of one ASID skips harts that left it, and none of their accesses reaches a page that is reused: harts that ${name}`, (t) => {
		const {states, ...faults} = explore(variant)
		t.log(`${states} states`)
		t.deepEqual(faults, {overwritten: false, leaked: false})
	})

const mutants: readonly (readonly [string, Variant])[] = [
	[
		'satp is stored plainly, and its flush is a barrier',
		{...flushing, counts: 'never', satp: 'plain', flushIsBarrier: true},
	],
	['satp is stored plainly, and its flush is none', {...flushing, counts: 'never', satp: 'plain'}],
	['the flusher has no barrier before it reads satp', {...flushing, counts: 'never', flusherHasBarrier: false}],
	['the flusher waits for nobody', {...flushing, flusherWaits: false}],
	['the flusher does not count', {...keeping, counts: 'never'}],
	['the flusher counts only if the target is elsewhere', {...keeping, counts: 'if the target is elsewhere'}],
	['the target does not compare', {...keeping, compares: false}],
	['the target keeps its tables, and satp is stored plainly', {...keeping, satp: 'plain'}],
	['the target keeps its tables, and the flusher waits for nobody', {...keeping, flusherWaits: false}],
]
for (const [name, variant] of mutants) {
	test(`the model refutes a fence where ${name}`, (t) => {
		const {states, overwritten, leaked} = explore(variant)
		t.log(`${states} states; overwritten: ${overwritten}, leaked: ${leaked}`)
		t.true(overwritten)
	})
}
