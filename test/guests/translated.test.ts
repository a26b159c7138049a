/** Guest programs that check themselves, on machines that translate nearly everything they run. */
import test from 'ava'
import {runGuest} from '../litmus/run.ts'
import {translatingMachines} from '../support/translation.ts'
import {expectedOutput, guestProgram, outputDifference} from './guests.ts'
import {withParameters} from './parameters.ts'

/** The other encoding of the TLB's tags. */
const plusOneMachines = (['interp', 'jit'] as const).map((accel) => ({
	on: `, with ${accel} and tags plus one`,
	translation: {accel, jitThreshold: 1, jitSynchronous: true, tlb: {lookup: 'inline', encoding: 'plus-one'}} as const,
	guests: ['traps', 'smp-demo'],
}))
const allGuests = ['hello', 'traps', 'timer', 'atomics', 'float', 'smp-demo']

for (const {on, translation, guests} of [
	...translatingMachines.map((machine) => ({...machine, guests: allGuests})),
	...plusOneMachines,
]) {
	for (const guest of guests) {
		test.serial(`${guest} prints what it does under QEMU${on}`, async (t) => {
			const {harts} = guestProgram(guest)
			const console = await runGuest(await withParameters(guest, []), {harts, translation})
			t.is(outputDifference(console, await expectedOutput(guest)), undefined, console)
		})
	}
}
