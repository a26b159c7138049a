/** A kernel of xv6's kind: without firmware, its transmitter interrupt on and IIR never read, every hart schedules. */
import test from 'ava'
import {runGuest} from '../litmus/run.ts'
import {testMachines} from '../support/translation.ts'
import {expectedOutput, outputDifference} from './guests.ts'
import {withParameters} from './parameters.ts'

const kernels = [
	{frames: 'whose frames keep their program', parameters: []},
	{frames: 'which loads programs into reused frames with sfence.vma only', parameters: [1]},
] as const

for (const {on, translation} of testMachines) {
	for (const {frames, parameters} of kernels) {
		for (const harts of [1, 3]) {
			test.serial(
				`a teaching kernel ${frames} runs on ${harts === 1 ? '1 hart' : `${harts} harts`}${on}`,
				async (t) => {
					const elf = await withParameters('teaching', parameters)
					const console = await runGuest(elf, {harts, bios: 'none', translation})
					t.is(outputDifference(console, await expectedOutput('teaching')), undefined, console)
				},
			)
		}
	}
}
