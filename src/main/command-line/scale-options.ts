/** `manyhart scale` and `manyhart report`: definitions of their options, and checks of their values. */
import {dirname} from 'node:path'
import {Option} from 'commander'
import {maximumHarts} from '../../board/index.ts'
import {expected} from '../../errors.ts'
import {
	type CompareOptions,
	defaultRepeat,
	type EngineChoice,
	type RenderOptions,
	type ScaleOptions,
} from './laboratory.ts'
import {quoted} from './quantities.ts'

/** The options as the parser returns them. */
export type RawScaleOptions = Readonly<{
	smp?: string
	workload?: string
	engine?: string
	native?: boolean
	repeat?: string
	quick?: boolean
	out?: string
	trace?: string
	json?: boolean
}>

export type RawRenderOptions = Readonly<{out?: string}>
export type RawCompareOptions = Readonly<{json?: boolean}>

const defaultFolder = 'manyhart-scale'
const mostRepeat = 1000

export const engineNames = ['manyhart', 'qemu'] as const

export const scaleOptions = (): readonly Option[] => [
	new Option(
		'--smp <n,...>',
		`counts of harts, each 1 to ${maximumHarts} (default: powers of two up to the cores of this machine, these, and twice these)`,
	),
	new Option(
		'--workload <names>',
		'workloads, separated by commas: linux (all of these), bare (all on bare metal, as bare/ring), all (both), names (the message about a wrong one lists them), or the file of a static Linux ELF of yours (default: all)',
	),
	new Option(
		'--engine <names>',
		'what runs them, separated by commas: manyhart, qemu (every qemu-system-riscv64 in PATH), qemu=PATH (one, or a folder with its unpacked packages) (default: manyhart,qemu)',
	),
	new Option('--no-native', "leave out the host's own run of the same programs, compiled for it"),
	new Option('--repeat <n>', `repetitions, in each of which the engines take turns (default: ${defaultRepeat})`),
	new Option('--quick', 'once, on no more harts than cores, strong scaling only: figures are rough'),
	new Option(
		'--out <folder>',
		`for scale.json, report.html, report.md and the plots; created if missing (default: ${defaultFolder})`,
	),
	new Option(
		'--trace <folder>',
		'after all else a run of each workload on each count of harts that counts nowhere: its trace, as NAME-HARTS.json, which Perfetto and Chrome open; created if missing',
	),
	new Option('--json', 'print the record'),
]

export const renderOptions = (): readonly Option[] => [
	new Option(
		'--out <folder>',
		'for report.html, report.md and the plots; created if missing (default: the folder of the record)',
	),
]

export const compareOptions = (): readonly Option[] => [new Option('--json', 'print JSON')]

/** @throws UserError that names the option and the values that it accepts. */
export function checkScaleOptions({
	smp,
	workload,
	engine,
	native,
	repeat,
	quick,
	out,
	trace,
	json,
}: RawScaleOptions): ScaleOptions {
	if (quick && repeat !== undefined) throw expected('--quick, which runs once, without --repeat', 'both')
	const engines = (engine ?? engineNames.join(',')).split(',').map(parseEngine)
	if (trace !== undefined && !engines.some(({kind}) => kind === 'manyhart'))
		throw expected('--trace with --engine manyhart, of which it is', quoted(engine!))
	return {
		quick: quick === true,
		smp: smp === undefined ? undefined : parseCounts(smp),
		mostHarts: maximumHarts,
		workloads: (workload ?? 'all').split(','),
		engines,
		native: native !== false,
		repeat: repeat === undefined ? undefined : parseRepeat(repeat),
		out: checkFolder('--out', out ?? defaultFolder),
		trace: trace === undefined ? undefined : checkFolder('--trace', trace),
		format: json ? 'json' : 'text',
	}
}

export const checkRenderOptions = (file: string, {out}: RawRenderOptions): RenderOptions => ({
	file,
	out: checkFolder('--out', out ?? dirname(file)),
})

export const checkCompareOptions = (one: string, other: string, {json}: RawCompareOptions): CompareOptions => ({
	files: [one, other],
	format: json ? 'json' : 'text',
})

/** @returns ascending, each once. */
function parseCounts(text: string): readonly number[] {
	const counts = text.split(',').map((part) => {
		const harts = /^\d+$/.test(part) ? Number(part) : 0
		if (harts < 1 || harts > maximumHarts)
			throw expected(`--smp with counts from 1 to ${maximumHarts}, separated by commas`, quoted(text))
		return harts
	})
	return [...new Set(counts)].toSorted((one, other) => one - other)
}

function parseEngine(text: string): EngineChoice {
	const [, name, file] = /^(\w+)(?:=(.*))?$/s.exec(text) ?? []
	if (name === 'manyhart' && file === undefined) return {kind: 'manyhart'}
	if (name === 'qemu' && file !== '') return {kind: 'qemu', file}
	throw expected('--engine with names among manyhart, qemu and qemu=PATH', quoted(text))
}

function parseRepeat(text: string): number {
	const repeat = /^\d+$/.test(text) ? Number(text) : 0
	if (repeat >= 1 && repeat <= mostRepeat) return repeat
	throw expected(`--repeat from 1 to ${mostRepeat}`, quoted(text))
}

function checkFolder(option: string, text: string): string {
	if (text === '') throw expected(`${option} to be a folder`, quoted(text))
	return text
}

/** A note for --help and docs/command-line.md. */
export const scaleNote =
	'Ctrl-C ends it with the results so far. Exit code 1: some runs failed, which are in the record with what they said.'
