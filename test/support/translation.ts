/**
 * How machines of tests run guest code. Where a test does not say, the environment does, in the command line's switches:
 *
 *     TEST_MACHINE='--accel jit --jit-threshold 1 --jit-synchronous --lookup outlined --tlb-encoding plus-one' npm test
 *
 * Scripts that run such machines take the same switches.
 */
import {type ParseArgsConfig, parseArgs} from 'node:util'
import type {TranslationOptions} from '../../src/main/index.ts'

/** For parseArgs(). --jit-synchronous: each hart translates by itself, at once; with --jit-threshold 1 nearly all code runs translated. */
export const translationSwitches = {
	accel: {type: 'string'},
	'jit-threshold': {type: 'string'},
	'jit-synchronous': {type: 'boolean', default: false},
	lookup: {type: 'string'},
	'tlb-encoding': {type: 'string'},
} as const satisfies ParseArgsConfig['options']

export type TranslationValues = Readonly<{
	accel?: string | undefined
	'jit-threshold'?: string | undefined
	'jit-synchronous'?: boolean
	lookup?: string | undefined
	'tlb-encoding'?: string | undefined
}>

/** Machines check the values. */
function optionsOf(values: TranslationValues): TranslationOptions {
	const {accel, lookup, 'jit-threshold': threshold, 'jit-synchronous': jitSynchronous = false} = values
	const {'tlb-encoding': tlbEncoding} = values
	return {
		...(accel !== undefined && {accel: accel as NonNullable<TranslationOptions['accel']>}),
		...(lookup !== undefined && {lookup: lookup as NonNullable<TranslationOptions['lookup']>}),
		...(tlbEncoding !== undefined && {tlbEncoding: tlbEncoding as NonNullable<TranslationOptions['tlbEncoding']>}),
		...(threshold !== undefined && {jitThreshold: Number(threshold)}),
		jitSynchronous,
	}
}

const given = (): TranslationValues => {
	const args = (process.env.TEST_MACHINE ?? '').split(/\s+/).filter(Boolean)
	return parseArgs({args, options: translationSwitches}).values
}

/** Of machines that a test says nothing about. */
export const testTranslation = (): TranslationOptions => optionsOf(given())

/** The same for the command line, which has no --jit-synchronous. */
export const testTranslationArguments = (): string[] =>
	Object.entries(given()).flatMap(([name, value]) => (typeof value === 'string' ? [`--${name}`, value] : []))

/** A script's switches hold for all machines that it makes from now on. */
export function useTranslation(values: TranslationValues): void {
	const {accel, lookup, 'jit-threshold': threshold, 'jit-synchronous': isSynchronous} = values
	const pairs = Object.entries({accel, 'jit-threshold': threshold, lookup, 'tlb-encoding': values['tlb-encoding']})
	const words = pairs.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]))
	if (words.length === 0 && !isSynchronous) return
	process.env.TEST_MACHINE = [...words, ...(isSynchronous ? ['--jit-synchronous'] : [])].join(' ')
}

export type TestMachine = Readonly<{
	/** A title's end: the interpreter goes without saying. */
	on: string
	translation: TranslationOptions
	/** Whether tests do as much as they can on it. */
	isMain: boolean
}>

const all = {accel: 'jit', jitThreshold: 1, jitSynchronous: true} as const

/** Machines that translate nearly everything they run. */
export const translatingMachines: readonly TestMachine[] = (['inline', 'outlined'] as const).map((lookup) => ({
	on: `, translated, lookups ${lookup}`,
	translation: {...all, lookup},
	isMain: false,
}))

/** For tests that run on each: one that interprets, and those above; only the environment's, where it says one. */
export const testMachines: readonly TestMachine[] = process.env.TEST_MACHINE
	? [{on: '', translation: testTranslation(), isMain: true}]
	: [{on: '', translation: {accel: 'interp'}, isMain: true}, ...translatingMachines]
