import test from 'ava'
import {expectedOutput, outputDifference} from '../guests/guests.ts'
import {withParameters} from '../guests/parameters.ts'
import {withMutation} from './mutation.ts'
import {runGuest} from './run.ts'

const harts = 4

const printsWhatIsExpected = test.macro(async (t, name: string, amount: number) => {
	t.timeout(120_000)
	const console = await runGuest(await withParameters(name, [amount]), harts)
	t.is(outputDifference(console, await expectedOutput(name)), undefined, console)
})

test.serial(
	'100000 increments by each primitive lose none among 4 harts, and nothing tears',
	printsWhatIsExpected,
	'lrsc',
	100_000,
)
test.serial(
	'code rewritten a thousand times in every way is what 4 harts execute',
	printsWhatIsExpected,
	'self-modify',
	1000,
)

test.serial('an interpreter whose fence.i does nothing is caught', async (t) => {
	const elf = await withParameters('self-modify', [10])
	const {message} = await t.throwsAsync(withMutation('no fence.i', () => runGuest(elf, harts)))
	t.regex(message, /^FAIL rewritten code runs after fence\.i/m)
})
