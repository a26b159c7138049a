/** `manyhart bench flush`: definitions of its options, and checks of their values. */
import {Option} from 'commander'
import {UserError} from '../../errors.ts'
import {type BenchOptions, benchParts, type PartName} from './laboratory.ts'
import {parseSeed, quoted} from './quantities.ts'

/** The options as the parser returns them. */
export type RawBenchOptions = Readonly<{
	quick?: boolean
	only?: string
	qemu?: readonly string[]
	out?: string
	json?: boolean
	seed?: string
	render?: string
}>

const defaultFolder = 'manyhart-flush'

export const benchOptions = (): readonly Option[] => [
	new Option('--quick', 'few designs, once: about two minutes instead of up to an hour'),
	new Option('--only <parts>', `some parts, separated by commas: ${benchParts.join(', ')} (default: all)`),
	new Option(
		'--qemu <file>',
		'a qemu-system-riscv64 to measure beside, or a folder with its unpacked packages; may be repeated (default: the one in PATH, if there is one)',
	).argParser((file: string, earlier: readonly string[] = []) => [...earlier, file]),
	new Option(
		'--out <folder>',
		`for flush.json, flush.md and the plots; created if missing (default: ${defaultFolder})`,
	),
	new Option('--json', 'print the record'),
	new Option('--seed <n>', 'of the order of the runs (default: 1)'),
	new Option('--render <file>', 'tables and plots of this flush.json again, without measuring'),
]

/** @throws UserError that names the option and the values that it accepts. */
export function checkBenchOptions({quick, only, qemu, out, json, seed, render}: RawBenchOptions): BenchOptions {
	if (render !== undefined) {
		const measuring = Object.entries({'--quick': quick, '--only': only, '--qemu': qemu, '--seed': seed})
		const given = measuring.find(([, value]) => value !== undefined)
		if (given) throw new UserError(`Expected --render without ${given[0]}, got both: it measures nothing`)
	}
	return {
		amount: quick ? 'quick' : 'whole',
		parts: only === undefined ? undefined : parseParts(only),
		qemus: qemu,
		out: checkFolder(out ?? defaultFolder),
		format: json ? 'json' : 'text',
		seed: seed === undefined ? 1 : parseSeed(seed),
		render,
	}
}

function parseParts(text: string): readonly PartName[] {
	const names = text.split(',')
	const unknown = names.find((name) => !benchParts.some((part) => part === name))
	if (unknown !== undefined)
		throw new UserError(`Expected --only to have parts among ${benchParts.join(', ')}, got ${quoted(unknown)}`)
	return benchParts.filter((part) => names.includes(part))
}

function checkFolder(text: string): string {
	if (text === '') throw new UserError('Expected --out to be a folder, got ""')
	return text
}
