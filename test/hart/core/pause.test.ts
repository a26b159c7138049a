/** A hart that pauses again and again rings its own bell, so that its run loop can give its core away. */
import test from 'ava'
import {spinPauses} from '../../../src/hart/run-state.ts'
import {Doorbell, VcpuWords} from '../../../src/memory/index.ts'
import {HartCore, Privilege} from './hart-core.ts'

const mscratch = 0x340

const bells = (hart: HartCore) => hart.memory.i32[(hart.block + VcpuWords.offset.doorbell) >> 2]
const pause = (hart: HartCore, times: number) => {
	for (let time = 0; time < times; time++) hart.core.pause()
}

test('so many pauses in a row ring the bell for spinning', (t) => {
	const hart = new HartCore()
	pause(hart, spinPauses - 1)
	t.is(bells(hart), 0)
	pause(hart, 1)
	t.is(bells(hart), Doorbell.spin)
})

for (const between of ['ration', 'clock'] as const) {
	test(`pauses with much else between them do not: a ${between} forgets them`, (t) => {
		const hart = new HartCore()
		for (let times = 0; times < 4; times++) {
			pause(hart, spinPauses - 1)
			if (between === 'ration') hart.core.ration(0)
			else hart.core.clock()
		}
		t.is(bells(hart), 0)
	})
}

test('pauses add up over small rations, as those of a loop that also reads the clock', (t) => {
	const hart = new HartCore()
	hart.enter(Privilege.machine)
	hart.set('reserve', 1_000_000)
	let budget = 0
	/** Turns of so many instructions, one of which reads the clock. @returns instructions until the bell rings, or `most`. */
	const turns = (length: number, {pauses, most}: {pauses: number; most: number}) => {
		let executed = 0
		for (; executed < most && bells(hart) === 0; executed += length, budget -= length) {
			if (budget < 1) budget = hart.core.ration(budget)
			hart.core.csrAccess(mscratch, 0, 1n, 0)
			pause(hart, pauses)
		}
		return executed
	}
	const most = 20_000
	t.is(turns(100, {pauses: 1, most}), most, 'they are too few')
	turns(4, {pauses: 0, most})
	t.true(hart.core.ration(0) < 8 * spinPauses, 'so that one ration is too small')
	t.true(turns(8, {pauses: 1, most}) < most)
	t.is(bells(hart), Doorbell.spin)
})

test('after the bell so many pauses are needed again', (t) => {
	const hart = new HartCore()
	pause(hart, 3 * spinPauses)
	hart.memory.i32[(hart.block + VcpuWords.offset.doorbell) >> 2] = 0
	hart.core.ration(0)
	pause(hart, spinPauses - 1)
	t.is(bells(hart), 0)
	pause(hart, 1)
	t.is(bells(hart), Doorbell.spin)
})
