/** `--accel` and the other switches of translation, checked. */
import {expected} from '../../errors.ts'
import {tagEncodings} from '../../tlb/index.ts'
import type {TranslationOptions} from '../machine-interface.ts'
import {accelerators, lastPagesChoices, lookups, mostThreshold} from '../translation/index.ts'
import {quoted} from './quantities.ts'

/** As the parser of the command line hands them over. */
export type RawTranslationSwitches = Readonly<
	Partial<Record<'accel' | 'jitThreshold' | 'lookup' | 'lastPages' | 'tlbEncoding' | 'dumpWasm', string>> &
		Partial<Record<'countChains' | 'perfMap', boolean>>
>

/** @returns only what was given. @throws UserError that names the switch, what it takes and what came. */
export function checkTranslationSwitches(raw: RawTranslationSwitches): TranslationOptions {
	const {accel, jitThreshold, lookup, lastPages, tlbEncoding, countChains, dumpWasm, perfMap} = raw
	return {
		...(accel !== undefined && {accel: oneOf(accelerators, accel, '--accel')}),
		...(jitThreshold !== undefined && {jitThreshold: parseThreshold(jitThreshold)}),
		...(lookup !== undefined && {lookup: oneOf(lookups, lookup, '--lookup')}),
		...(lastPages !== undefined && {lastPages: oneOf(lastPagesChoices, lastPages, '--last-pages')}),
		...(tlbEncoding !== undefined && {tlbEncoding: oneOf(tagEncodings, tlbEncoding, '--tlb-encoding')}),
		...(countChains && {countChains}),
		...(dumpWasm !== undefined && {dumpWasm: parseFolder(dumpWasm)}),
		...(perfMap && {perfMap}),
	}
}

function oneOf<Choice extends string>(choices: readonly Choice[], text: string, option: string): Choice {
	const chosen = choices.find((choice) => choice === text)
	if (chosen === undefined) throw expected(`${option} ${choices.join(' or ')}`, quoted(text))
	return chosen
}

function parseThreshold(text: string): number {
	const threshold = /^\d+$/.test(text) ? Number(text) : 0
	if (threshold < 1 || threshold > mostThreshold)
		throw expected(`--jit-threshold from 1 to ${mostThreshold}`, quoted(text))
	return threshold
}

function parseFolder(text: string): string {
	if (text === '') throw expected('--dump-wasm to be a folder', quoted(text))
	return text
}
