/** Guest programs that check themselves, on machines that translate nearly everything they run. */
import test from 'ava'
import {runGuest} from '../litmus/run.ts'
import {translatingMachines} from '../support/translation.ts'
import {expectedOutput, guestProgram, outputDifference} from './guests.ts'
import {withParameters} from './parameters.ts'

for (const {on, translation} of translatingMachines) {
	for (const guest of ['hello', 'traps', 'timer', 'atomics', 'float', 'smp-demo']) {
		test.serial(`${guest} prints what it does under QEMU${on}`, async (t) => {
			const {harts} = guestProgram(guest)
			const console = await runGuest(await withParameters(guest, []), {harts, translation})
			t.is(outputDifference(console, await expectedOutput(guest)), undefined, console)
		})
	}
}
