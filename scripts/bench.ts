/**
 * Compares this emulator with qemu-system-riscv64 on the same machine, pair by pair, so that both meet the same load; and
 * measures flushes. Speeds are QEMU's time / ours: above 1 we are faster. The project must have been built.
 *
 *     npm run bench -- cpu      our own programs in the Debian guest, or on bare metal
 *     npm run bench -- boot     from start to Debian's shell prompt
 *     npm run bench -- flush    what a TLB flush costs the hart that flushes
 *     npm run bench -- lookup   what the keys of --tlb are worth, on bare metal
 *     npm run bench -- churn    what translation holds while programs come and go
 *     npm run bench -- page     measures all of this for docs/benchmarks.md
 */
import {type Command, InvalidArgumentError, Option} from 'commander'
import {UserError} from '../src/errors.ts'
import {tlbOption} from '../src/main/command-line/translation-switches.ts'
import {parseTlbDesign} from '../src/tlb/index.ts'
import {benchBoot} from './bench/boot.ts'
import {benchChurn} from './bench/churn.ts'
import {benchCpu, type CpuOptions} from './bench/cpu.ts'
import {benchFlush, type FlushOptions} from './bench/flush.ts'
import {benchLookup, type LookupOptions} from './bench/lookup.ts'
import {measurableNames} from './bench/page/tables.ts'
import {benchPage} from './bench/page.ts'
import {groups, programs} from './bench/programs.ts'
import {fromRoot} from './build/project.ts'
import {integerFrom, numberFrom, runScript, scriptCommand, several} from './build/script-command.ts'

const mostHarts = 64
/** The guest counts in thousandths. */
const scaleOf = numberFrom(0.001, 1000)

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

const tlbOf = (text: string | undefined) => ({tlb: text === undefined ? {} : parseTlbDesign(text)})

function createCommand(): Command {
	const command = scriptCommand('bench', "Speeds are QEMU's time / ours: above 1 we are faster.")
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
		.addOption(tlbOption())
		.addOption(jsonOption())
		.action(({tlb, ...options}) => benchFlush({...(options as FlushOptions), ...tlbOf(tlb)}))
	command
		.command('lookup')
		.description('what each way of translated code to find a page is worth: our own programs, on bare metal, here')
		.argument(...ownOptions)
		.addOption(tlbOption())
		.addOption(groupOption())
		.option('--program <name>', 'only this program; may be repeated', several)
		.option('--rounds <n>', 'measurements of each', integerFrom(1, 1000), 3)
		.option('--scale <x>', 'times the usual work', scaleOf, 1)
		.addOption(jsonOption())
		.addOption(timeoutOption())
		.addOption(manyhartOption())
		.action((own, {tlb, ...options}) =>
			benchLookup({...(options as LookupOptions), ...tlbOf(tlb), own: checkOwnOptions(own)}),
		)
	command
		.command('churn')
		.description('what translation holds, and the memory it takes, while a guest writes and runs programs without end')
		.option('--seconds <n>', 'how long', integerFrom(1, 86_400), 120)
		.option('--every <n>', 'seconds between two looks', integerFrom(1, 3600), 10)
		.option('--wasm <mebibytes>', 'of WebAssembly that may be live, instead of 64', integerFrom(1, 1024))
		.addOption(jsonOption())
		.action(benchChurn)
	command
		.command('page')
		.description('measures the tables of docs/benchmarks.md, and rewrites it, its record and the speeds in README.md')
		.addOption(new Option('--table <names>', 'only these, with commas between').conflicts('render'))
		.option('--render', 'measures nothing: renders what is recorded', false)
		.addHelpText('after', `\nTables: ${measurableNames.join(', ')}`)
		.action(benchPage)
	return command
}

function groupsOf(name: string, earlier?: readonly string[]): readonly string[] {
	if (groups.some((group) => group === name)) return several(name, earlier)
	throw new InvalidArgumentError(`Expected ${groups.join(', ')}.`)
}

await runScript('bench', createCommand())
