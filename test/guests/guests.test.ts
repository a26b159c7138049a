import test from 'ava'
import {checkGuests} from '../../scripts/guests/check.ts'
import {expectedOutput, guestPrograms, outputDifference} from './guests.ts'

test('the guest binaries are the ones that their sources were compiled to', async (t) => {
	const {faults, rebuilt} = await checkGuests()
	t.log(`${rebuilt} of ${guestPrograms.length} rebuilt byte for byte`)
	t.deepEqual(faults, [])
})

test('every guest program for bare metal has its expected output', async (t) => {
	const recorded = guestPrograms.filter(({on}) => on === 'bare metal')
	for (const {name} of recorded) t.true((await expectedOutput(name)).length > 0, name)
})

test('a firmware banner before the expected lines and other numbers for # make no difference', (t) => {
	t.is(outputDifference('OpenSBI\r\nbench 17 ticks\r\ndone\r\n', ['bench # ticks', 'done']), undefined)
})

test('a line that differs, lacks or is cut short is named', (t) => {
	t.is(outputDifference('one\ntwo', ['one', 'three']), 'expected: three\n     got: two')
	t.is(outputDifference('one', ['one', 'two']), 'expected: two\n     got: the end')
	t.is(outputDifference('zero', ['one']), 'no line like: one')
})
