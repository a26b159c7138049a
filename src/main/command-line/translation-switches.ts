/** `--accel` and the other switches of translation: definitions, and checks of their values. */
import {expected} from '../../errors.ts'
import {parseTlbDesign, tlbKeys} from '../../tlb/index.ts'
import type {TranslationOptions} from '../machine-interface.ts'
import {accelerators, mostThreshold, translationDefaults} from '../translation/index.ts'
import {quoted} from './quantities.ts'
import {RunOption} from './run-option.ts'

/** The switches as the parser returns them. */
export type RawTranslationSwitches = Readonly<
	Partial<Record<'accel' | 'jitThreshold' | 'tlb' | 'dumpWasm', string>> &
		Partial<Record<'jitSynchronous' | 'countChains' | 'perfMap', boolean>>
>

const tlbNames = Object.values(tlbKeys).map(({name, default: usual}) => `${name} (default: ${usual})`)

/** How guest code runs. Scripts have these options, too. */
export const accelOption = () =>
	new RunOption(
		'--accel <name>',
		`jit: translate hot code to WebAssembly; interp: interpret all of it (default: ${translationDefaults.accel})`,
	).asInQemu()
export const jitThresholdOption = () =>
	new RunOption(
		'--jit-threshold <n>',
		`jumps that make their target hot, 1 to ${mostThreshold} (default: ${translationDefaults.threshold})`,
	)
export const jitSynchronousOption = () =>
	new RunOption(
		'--jit-synchronous',
		'each hart translates by itself, at once; with --jit-threshold 1 nearly all code runs translated',
	)
/** May be given several times; later keys override earlier ones. */
export const tlbOption = () =>
	new RunOption('--tlb <key=value,...>', `design of the TLB; keys: ${tlbNames.join(', ')}`).argParser(
		(text: string, earlier?: string) => (earlier === undefined ? text : `${earlier},${text}`),
	)

/** Options for people who study the emulator. */
export const studyOptions = (): readonly RunOption[] => [
	tlbOption(),
	jitSynchronousOption(),
	new RunOption('--count-chains', 'count how translated code passes from region to region, for --stats; slower'),
	new RunOption(
		'--dump-wasm <folder>',
		'write each translated module there as NNNN.wasm (with --jit-synchronous, HART-NNNN.wasm), functions named by guest address',
	),
	new RunOption('--perf-map', "name translated code for Linux's perf, and print where the names are"),
]

/** @returns only switches that were given. @throws UserError that names the switch and the values that it accepts. */
export function checkTranslationSwitches(raw: RawTranslationSwitches): TranslationOptions {
	const {accel, jitThreshold, jitSynchronous, tlb, countChains, dumpWasm, perfMap} = raw
	return {
		...(accel !== undefined && {accel: parseAccelerator(accel)}),
		...(jitThreshold !== undefined && {jitThreshold: parseThreshold(jitThreshold)}),
		...(jitSynchronous && {jitSynchronous}),
		...(tlb !== undefined && {tlb: parseTlbDesign(tlb)}),
		...(countChains && {countChains}),
		...(dumpWasm !== undefined && {dumpWasm: parseFolder(dumpWasm)}),
		...(perfMap && {perfMap}),
	}
}

/** QEMU's `tcg` translates on a thread per hart by default; so does `jit`, which has no other properties. */
const tcg = /^tcg(?:,(?:thread=multi|tb-size=\d+|split-wx=off|one-insn-per-tb=off))*$/
/** QEMU's list of alternatives, of which the first that works is chosen. */
const alternatives = /^(?:kvm:)?tcg(?::kvm)?$/

function parseAccelerator(text: string): (typeof accelerators)[number] {
	if (tcg.test(text) || alternatives.test(text)) return 'jit'
	const chosen = accelerators.find((name) => name === text)
	if (chosen === undefined) throw expected("--accel interp or jit, which is QEMU's tcg", quoted(text))
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
