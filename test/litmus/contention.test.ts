import test from 'ava'
import type {TranslationOptions} from '../../src/main/index.ts'
import {expectedOutput, outputDifference} from '../guests/guests.ts'
import {withParameters} from '../guests/parameters.ts'
import {longPatience} from '../support/patience.ts'
import {testMachines} from '../support/translation.ts'
import {runGuest} from './run.ts'

const harts = 4

type Case = Readonly<{name: string; amount: number; translation: TranslationOptions}>

const printsWhatIsExpected = test.macro(async (t, {name, amount, translation}: Case) => {
	t.timeout(longPatience)
	const console = await runGuest(await withParameters(name, [amount]), {harts, translation})
	t.is(outputDifference(console, await expectedOutput(name)), undefined, console)
})

for (const {on, translation, isMain} of testMachines) {
	const increments = isMain ? 100_000 : 10_000
	test.serial(
		`${increments} increments by each primitive lose none among 4 harts, and nothing tears${on}`,
		printsWhatIsExpected,
		{name: 'lrsc', amount: increments, translation},
	)
	const rounds = isMain ? 1000 : 100
	test.serial(`code rewritten ${rounds} times without fence.i is what 4 harts execute${on}`, printsWhatIsExpected, {
		name: 'unfenced',
		amount: rounds,
		translation,
	})
	test.serial(`code rewritten ${rounds} times in every way is what 4 harts execute${on}`, printsWhatIsExpected, {
		name: 'self-modify',
		amount: rounds,
		translation,
	})
}
