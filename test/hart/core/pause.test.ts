/** A hart that pauses again and again rings its own bell, so that its run loop can give its core away. */
import test from 'ava'
import {spinPauses} from '../../../src/hart/run-state.ts'
import {Doorbell, VcpuWords} from '../../../src/memory/index.ts'
import {HartCore} from './hart-core.ts'

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
