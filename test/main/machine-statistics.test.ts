/** Statistics of a machine that has run. */
import test from 'ava'
import {guestBinary} from '../guests/guests.ts'
import {createMachine} from './test-machine.ts'

/** Remaps pages and fences them on two harts. */
const kernel = guestBinary('smp-demo')

test('with statistics of every page, each fill of a guest is in one class, and flushes from outside are met', async (t) => {
	const machine = await createMachine(t, {kernel, smp: 2, tlb: {statistics: 'all'}})
	t.deepEqual(await machine.run(), {reason: 'power-off', exitCode: 0})
	const {harts, tlbPool} = machine.statistics()
	for (const {tlb} of harts) {
		const {sampledOneIn, uncertain, givenUp, flush, ...classes} = tlb.misses!
		const all = [...Object.values(classes), ...Object.values(flush)]
		t.is(sampledOneIn, 1)
		t.is(
			all.reduce((sum, count) => sum + count, 0),
			tlb.fills,
		)
		t.true(flush.remoteAll > 0 && classes.cold > 0)
		t.is(givenUp, 0)
		t.true(uncertain <= classes.conflict + classes.capacity)
		const {inPlace, byRunLoop} = tlb.flushCosts!
		t.true(inPlace.count + byRunLoop.count > 100)
	}
	t.is(tlbPool.clearing!.count, tlbPool.recycled)
})

test('without statistics there are none of misses and of costs', async (t) => {
	const machine = await createMachine(t, {kernel, smp: 2})
	await machine.run()
	const {harts, tlbPool} = machine.statistics()
	t.false('misses' in harts[0]!.tlb || 'flushCosts' in harts[0]!.tlb || 'clearing' in tlbPool)
})
