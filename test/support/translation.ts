/**
 * How the tests' machines run guest code. If a test does not say, the environment does, in the command line's switches:
 *
 *     TEST_MACHINE='--accel jit --jit-threshold 1 --jit-synchronous --tlb lookup=outlined,encoding=plus-one' npm test
 *
 * Scripts that run such machines take the same switches.
 */
import type {Command, Option} from 'commander'
import {scriptCommand} from '../../scripts/build/script-command.ts'
import {
	accelOption,
	checkTranslationSwitches,
	jitSynchronousOption,
	jitThresholdOption,
	type RawTranslationSwitches,
	tlbOption,
} from '../../src/main/command-line/translation-switches.ts'
import type {TranslationOptions} from '../../src/main/index.ts'

export type MachineSwitches = Pick<RawTranslationSwitches, 'accel' | 'jitThreshold' | 'jitSynchronous' | 'tlb'>

const switches = (): readonly Option[] => [accelOption(), jitThresholdOption(), jitSynchronousOption(), tlbOption()]

/** The command's action finds them among its options. */
export function addMachineSwitches(command: Command): Command {
	for (const option of switches()) command.addOption(option.helpGroup('The machine:'))
	return command
}

/** @throws CommanderError, after it has printed the mistake. */
const given = (): MachineSwitches => {
	const words = (process.env.TEST_MACHINE ?? '').split(/\s+/).filter(Boolean)
	const command = addMachineSwitches(scriptCommand('test', 'TEST_MACHINE')).allowExcessArguments(false)
	return command.parse(words, {from: 'user'}).opts<MachineSwitches>()
}

/** For machines whose test does not say. */
export const testTranslation = (): TranslationOptions => checkTranslationSwitches(given())

/** The same for the command line. */
export const testTranslationArguments = (): string[] => wordsOf(given())

function wordsOf({accel, jitThreshold, jitSynchronous, tlb}: MachineSwitches): string[] {
	const pairs = Object.entries({'--accel': accel, '--jit-threshold': jitThreshold, '--tlb': tlb})
	const words = pairs.flatMap(([name, value]) => (value === undefined ? [] : [name, value]))
	return jitSynchronous ? [...words, '--jit-synchronous'] : words
}

/** Applies a script's switches to all machines that it creates from now on. @throws UserError */
export function useTranslation(switches: MachineSwitches): void {
	checkTranslationSwitches(switches)
	const words = wordsOf(switches)
	if (words.length > 0) process.env.TEST_MACHINE = words.join(' ')
}

export type TestMachine = Readonly<{
	/** The end of a title; empty for the interpreter. */
	on: string
	translation: TranslationOptions
	/** Whether tests run in full on it. */
	isMain: boolean
}>

const all = {accel: 'jit', jitThreshold: 1, jitSynchronous: true} as const

/** Machines that translate nearly everything they run. */
export const translatingMachines: readonly TestMachine[] = (['inline', 'outlined'] as const).map((lookup) => ({
	on: `, translated, lookups ${lookup}`,
	translation: {...all, tlb: {lookup}},
	isMain: false,
}))

/** For tests that run on each: an interpreting one and those above, or only the environment's, if it names one. */
export const testMachines: readonly TestMachine[] = process.env.TEST_MACHINE
	? [{on: '', translation: testTranslation(), isMain: true}]
	: [{on: '', translation: {accel: 'interp'}, isMain: true}, ...translatingMachines]
