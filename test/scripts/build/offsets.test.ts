import test from 'ava'
import {offsetsSource, upperSnake} from '../../../scripts/build/offsets.ts'
import {fieldOffset} from '../../../src/hart/index.ts'

test('names become upper snake case, and abbreviations stay whole', (t) => {
	t.deepEqual(['trapCause', 'mstatus', 'SSIP', 'fenceI'].map(upperSnake), ['TRAP_CAUSE', 'MSTATUS', 'SSIP', 'FENCE_I'])
})

test('offsets of the hart count from the start of the vCPU block', (t) => {
	const expected = fieldOffset.mstatus
	t.true(offsetsSource().includes(`export const HART_MSTATUS: u32 = ${expected}\n`))
})

test('no constant is declared twice', (t) => {
	const names = [...offsetsSource().matchAll(/export const (\w+)/g)].map(([, name]) => name)
	t.deepEqual(names, [...new Set(names)])
})
