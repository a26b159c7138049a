/**
 * Compares this emulator with qemu-system-riscv64 on the same machine, pair by pair, so that both meet the same load; and
 * measures flushes. Speeds are QEMU's time / ours: above 1 we are faster. The project must have been built.
 *
 *     npm run bench -- cpu      our own programs in the Debian guest, or on bare metal
 *     npm run bench -- boot     from start to Debian's shell prompt
 *     npm run bench -- flush    what a TLB flush costs the hart that flushes
 *     npm run bench -- lookup   what --lookup, --last-pages and --tlb-encoding are worth, on bare metal
 *     npm run bench -- churn    what translation holds while programs come and go
 */
import {Command, CommanderError, InvalidArgumentError, Option} from 'commander'
import {UserError} from '../src/errors.ts'
import {defaultTagEncoding, tagEncodings} from '../src/tlb/index.ts'
import {benchBoot} from './bench/boot.ts'
import {benchChurn} from './bench/churn.ts'
import {benchCpu, type CpuOptions} from './bench/cpu.ts'
import {benchFlush, type FlushOptions} from './bench/flush.ts'
import {benchLookup, choices, type LookupOptions} from './bench/lookup.ts'
import {groups, programs} from './bench/programs.ts'
import {BuildError, fromRoot, reportFailure} from './build/project.ts'

const wrongUse = 2
const mostHarts = 64

const integerFrom = (least: number, most: number) => (text: string) => {
	const value = Number(text)
	if (Number.isInteger(value) && value >= least && value <= most) return value
	throw new InvalidArgumentError(`Expected an integer from ${least} to ${most}.`)
}

/** The guest counts in thousandths. */
function scaleOf(text: string): number {
	const value = Number(text)
	if (value >= 0.001 && value <= 1000) return value
	throw new InvalidArgumentError('Expected a number from 0.001 to 1000.')
}

const several = (value: string, earlier: readonly string[] = []) => [...earlier, value]

const pairsOption = () => new Option('--pairs <n>', 'measurements of each').argParser(integerFrom(1, 1000)).default(3)
const jsonOption = () => new Option('--json', 'for programs').default(false)
const timeoutOption = () =>
	new Option('--timeout <seconds>', 'for each boot').argParser(integerFrom(1, 100_000)).default(1800)
const manyhartOption = () =>
	new Option('--manyhart <file>', 'what runs as manyhart').default(fromRoot('dist/manyhart.js'), 'dist/manyhart.js')
const groupOption = () =>
	new Option('--group <name>', `only this group: ${groups.join(', ')}; may be repeated`).argParser(groupsOf)
const ownOptions = ['[options...]', 'after two more dashes: options of manyhart, such as -- --accel jit'] as const

function checkOwnOptions(options: readonly string[]): readonly string[] {
	if (options[0] && !options[0].startsWith('-'))
		throw new UserError(`Expected options of manyhart behind two dashes, got ${options[0]}`)
	return options
}

function createCommand(): Command {
	const command = new Command('npm run bench --')
		.description("Speeds are QEMU's time / ours: above 1 we are faster.")
		.exitOverride()
	command
		.command('cpu')
		.description('our own programs, in turn here and under qemu-system-riscv64, timed in the guest')
		.argument(...ownOptions)
		.option('--bare', 'on bare metal instead of in the Debian guest', false)
		.addOption(groupOption())
		.option('--program <name>', 'only this program; may be repeated', several)
		.addOption(
			new Option(
				'--elf <file>',
				'your own program instead: a static Linux ELF; with --bare one for bare metal',
			).conflicts(['group', 'program', 'scale']),
		)
		.addOption(pairsOption())
		.option('--smp <n>', 'harts (default: as many as --copies)', integerFrom(1, mostHarts))
		.option('--copies <n>', 'so many of each program at once; the slowest counts', integerFrom(1, mostHarts), 1)
		.option(
			'--beats <n>',
			'so often a second another process wakes up, or flushes on bare metal',
			integerFrom(0, 1000),
			100,
		)
		.option('--scale <x>', 'times the usual work', scaleOf, 1)
		.addOption(jsonOption())
		.option('--svg <file>', 'also a bar chart')
		.addOption(timeoutOption())
		.addOption(manyhartOption())
		.addHelpText('after', `\nPrograms: ${programs.map(({name}) => name).join(', ')}`)
		.action((own, options) => benchCpu({...(options as CpuOptions), own: checkOwnOptions(own)}))
	command
		.command('boot')
		.description("wall time from start to Debian's shell prompt")
		.argument(...ownOptions)
		.addOption(pairsOption())
		.option('--smp <n>', 'harts', integerFrom(1, mostHarts), 2)
		.addOption(jsonOption())
		.addOption(timeoutOption())
		.addOption(manyhartOption())
		.action((own, options) => benchBoot({...options, own: checkOwnOptions(own)}))
	command
		.command('flush')
		.description('what a flush costs the thread that flushes, by table size and policy')
		.option('--flushes <n>', 'of each kind', integerFrom(10, 1_000_000), 300)
		.addOption(
			new Option('--tlb-encoding <name>', 'how tables say that they are empty')
				.choices(tagEncodings)
				.default(defaultTagEncoding),
		)
		.addOption(jsonOption())
		.action((options) => benchFlush(options as FlushOptions))
	command
		.command('lookup')
		.description('what each way of translated code to find a page is worth: our own programs, on bare metal, here')
		.argument(...ownOptions)
		.addOption(new Option('--lookup <name>', 'only the ways with this one').choices(choices.lookup))
		.addOption(new Option('--last-pages <on|off>', 'only the ways with or without them').choices(choices.lastPages))
		.addOption(new Option('--tlb-encoding <name>', 'only the ways with this one').choices(choices.tlbEncoding))
		.addOption(groupOption())
		.option('--program <name>', 'only this program; may be repeated', several)
		.option('--rounds <n>', 'measurements of each', integerFrom(1, 1000), 3)
		.option('--scale <x>', 'times the usual work', scaleOf, 1)
		.addOption(jsonOption())
		.addOption(timeoutOption())
		.addOption(manyhartOption())
		.action((own, options) => benchLookup({...(options as LookupOptions), own: checkOwnOptions(own)}))
	command
		.command('churn')
		.description('what translation holds, and the memory it takes, while a guest writes and runs programs without end')
		.option('--seconds <n>', 'how long', integerFrom(1, 86_400), 120)
		.option('--every <n>', 'seconds between two looks', integerFrom(1, 3600), 10)
		.option('--wasm <mebibytes>', 'of WebAssembly that may be live, instead of 64', integerFrom(1, 1024))
		.addOption(jsonOption())
		.action(benchChurn)
	return command
}

function groupsOf(name: string, earlier?: readonly string[]): readonly string[] {
	if (groups.some((group) => group === name)) return several(name, earlier)
	throw new InvalidArgumentError(`Expected ${groups.join(', ')}.`)
}

try {
	await createCommand().parseAsync()
} catch (error) {
	if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : wrongUse
	else {
		reportFailure('bench', error instanceof UserError ? new BuildError(error.message) : error)
		if (error instanceof UserError) process.exitCode = error.exitCode
	}
}
