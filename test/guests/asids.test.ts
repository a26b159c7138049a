/** Address spaces with ASIDs are fenced as little as the manual lets a kernel do, whether a hart keeps spaces or not. */
import test from 'ava'
import {runGuest} from '../litmus/run.ts'
import {testMachines} from '../support/translation.ts'
import {expectedOutput, outputDifference} from './guests.ts'
import {withParameters} from './parameters.ts'

for (const {on, translation, isMain} of testMachines)
	for (const asids of ['0', '8'] as const)
		for (const harts of [1, 2]) {
			const machine = `${harts === 1 ? '1 hart' : `${harts} harts`} with ${asids} kept spaces${on}`
			test.serial(`every fence of an ASID, a page or both is seen on ${machine}`, async (t) => {
				const elf = await withParameters('asids', [isMain ? 300 : 100])
				const console = await runGuest(elf, {
					harts,
					translation: {...translation, tlb: {...translation.tlb, asids}},
				})
				t.is(outputDifference(console, await expectedOutput('asids')), undefined, console)
			})
		}
