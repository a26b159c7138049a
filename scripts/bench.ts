/**
 * Compares this emulator with qemu-system-riscv64, or with another build of itself, on the same host. The two run in turn,
 * in pairs, so that both see the same load. Also measures flushes. Speeds are the peer's time / ours: above 1 we are
 * faster. Build the project first.
 *
 *     npm run bench -- cpu      our benchmark programs, in the Debian guest or on bare metal
 *     npm run bench -- boot     from start to Debian's shell prompt
 *     npm run bench -- idle     what an idle machine costs the host, by harts
 *     npm run bench -- flush    designs of the TLB: what flushes cost, and what guests notice; docs/flush.md
 *     npm run bench -- smp      harts that wait for one another: fences, locks, wake-ups, more harts than cores
 *     npm run bench -- io       disks, shared folders and networks in Debian: fio, iperf3, nginx
 *     npm run bench -- workloads  Debian's own programs on a disk: perl, python, git, gcc, sqlite, redis, node
 *     npm run bench -- footprint  memory of the host that an idle Debian takes, and where it is
 *     npm run bench -- tracing  what --trace costs
 *     npm run bench -- beyond   a simulation of up to 128 harts; docs/scaling.md
 *     npm run bench -- lookup   speed with each value of --tlb's keys, on bare metal
 *     npm run bench -- churn    live translations and memory while programs come and go
 *     npm run bench -- page     measures all tables of docs/benchmarks.md
 */
import {type Command, InvalidArgumentError, Option} from 'commander'
import {groups, programs, usualGroups} from '../src/bench/index.ts'
import {UserError} from '../src/errors.ts'
import {benchOptions} from '../src/main/command-line/bench-options.ts'
import {tlbOption} from '../src/main/command-line/translation-switches.ts'
import {parseTlbDesign} from '../src/tlb/index.ts'
import {benchBeyond} from './bench/beyond.ts'
import {benchBoot} from './bench/boot.ts'
import {benchChurn} from './bench/churn.ts'
import {benchCpu, type CpuOptions} from './bench/cpu.ts'
import {benchFlush} from './bench/flush.ts'
import {benchFootprint} from './bench/footprint.ts'
import {benchIdle} from './bench/idle.ts'
import {type IoPart, ioParts} from './bench/io/figures.ts'
import {benchIo, type IoOptions} from './bench/io.ts'
import {benchLookup, type LookupOptions} from './bench/lookup.ts'
import {measurableNames} from './bench/page/tables.ts'
import {benchPage} from './bench/page.ts'
import {parts} from './bench/smp/plan.ts'
import {programNames} from './bench/smp/programs.ts'
import {benchSmp, type SmpOptions} from './bench/smp.ts'
import {benchTracing, tracedGuests} from './bench/tracing.ts'
import {workloads} from './bench/workloads/figures.ts'
import {benchWorkloads, type WorkloadsOptions} from './bench/workloads.ts'
import {fromRoot} from './build/project.ts'
import {integerFrom, numberFrom, runScript, scriptCommand, several} from './build/script-command.ts'

const mostHarts = 64
const workloadNames = workloads.map(({name}) => name)
/** The guest counts in thousandths. */
const scaleOf = numberFrom(0.001, 1000)

const pairsOption = () => new Option('--pairs <n>', 'measurements of each').argParser(integerFrom(1, 1000)).default(3)
const jsonOption = () => new Option('--json', 'print JSON').default(false)
const timeoutOption = () =>
	new Option('--timeout <seconds>', 'for each boot').argParser(integerFrom(1, 100_000)).default(1800)
const manyhartOption = () =>
	new Option('--manyhart <file>', 'the manyhart.js to run').default(fromRoot('dist/manyhart.js'), 'dist/manyhart.js')
const againstOption = () => new Option('--against <file>', "another build's manyhart.js, which runs in QEMU's place")
const qemuOption = () =>
	new Option(
		'--qemu <file>',
		'a qemu-system-riscv64, or a folder with its unpacked packages; may be repeated (default: the one in PATH)',
	).argParser(several)
const groupOption = () =>
	new Option(
		'--group <name>',
		`only this group: ${groups.join(', ')}; may be repeated (default: ${usualGroups.join(', ')})`,
	).argParser(groupsOf)
const ownOptions = ['[options...]', 'options of manyhart, after another --, such as -- --accel jit'] as const

function checkOwnOptions(options: readonly string[]): readonly string[] {
	if (options[0] && !options[0].startsWith('-'))
		throw new UserError(`Expected options of manyhart after --, got ${options[0]}`)
	return options
}

const tlbOf = (text: string | undefined) => ({tlb: text === undefined ? {} : parseTlbDesign(text)})

function createCommand(): Command {
	const command = scriptCommand('bench', "Speeds are the peer's time / ours: above 1 we are faster.")
	command
		.command('cpu')
		.description('our benchmark programs, in turn here and under qemu-system-riscv64, timed in the guest')
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
		.option('--copies <n>', 'copies of each program that run at once; the slowest counts', integerFrom(1, mostHarts), 1)
		.option(
			'--beats <n>',
			'wake-ups of another process per second; on bare metal, TLB flushes',
			integerFrom(0, 1000),
			100,
		)
		.option('--scale <x>', 'multiple of the usual work', scaleOf, 1)
		.addOption(jsonOption())
		.option('--svg <file>', 'also write a bar chart')
		.addOption(timeoutOption())
		.addOption(manyhartOption())
		.addOption(againstOption())
		.addHelpText('after', `\nPrograms: ${programs.map(({name}) => name).join(', ')}`)
		.action((own, options) => benchCpu({...(options as CpuOptions), own: checkOwnOptions(own)}))
	command
		.command('boot')
		.description("wall time from start to Debian's shell prompt")
		.argument(...ownOptions)
		.addOption(pairsOption())
		.option('--smp <n>', 'harts', integerFrom(1, mostHarts), 2)
		.option('--warm', 'with what earlier boots have translated (default: each with an empty cache folder)', false)
		.addOption(jsonOption())
		.addOption(timeoutOption())
		.addOption(manyhartOption())
		.addOption(againstOption())
		.action((own, options) => benchBoot({...options, own: checkOwnOptions(own)}))
	command
		.command('idle')
		.description("processor time and wake-ups of a machine at Debian's shell prompt; Linux only")
		.argument(...ownOptions)
		.addOption(
			new Option('--harts <n,...>', 'numbers of harts')
				.argParser((text: string) => text.split(',').map(integerFrom(1, mostHarts)))
				.default([1, 4, 16, 64], '1,4,16,64'),
		)
		.option('--settle <seconds>', 'from the prompt to the measurement', integerFrom(0, 100_000), 60)
		.option('--seconds <n>', 'of the measurement', integerFrom(1, 100_000), 60)
		.option('--append <text>', "added to the kernel's command line")
		.addOption(jsonOption())
		.addOption(timeoutOption())
		.addOption(manyhartOption())
		.addOption(againstOption())
		.action((own, options) => benchIdle({...options, own: checkOwnOptions(own)}))
	command
		.command('beyond')
		.description('simulates 16 to 128 harts from measured latencies, and writes tables and plot of docs/scaling.md')
		.action(benchBeyond)
	command
		.command('tracing')
		.description('processor time of guests with --trace in relation to that without it, in pairs; Linux only')
		.addOption(
			new Option('--guest <name,...>', 'what is traced')
				.argParser((text: string) => text.split(',').map(oneOf(tracedGuests)))
				.default(tracedGuests, tracedGuests.join()),
		)
		.option('--harts <n>', 'harts', integerFrom(1, mostHarts), 2)
		.option('--work <n>', 'fences, or calls of mprotect, of each hart', integerFrom(1, 1e9), 50_000)
		.addOption(pairsOption())
		.addOption(jsonOption())
		.addOption(timeoutOption())
		.addOption(manyhartOption())
		.addOption(
			new Option('--against <file>', "another build's manyhart.js, traced, which runs in place of the untraced one"),
		)
		.action(benchTracing)
	command
		.command('footprint')
		.description(
			'memory of the host that an idle Debian takes, and where it is: here, under QEMU, and of another build',
		)
		.argument(...ownOptions)
		.option('--smp <n>', 'harts', integerFrom(1, mostHarts), 4)
		.option('--idle <seconds>', 'at the prompt, before it is measured', integerFrom(0, 3600), 10)
		.option('--rounds <n>', 'boots of each; the median counts', integerFrom(1, 1000), 3)
		.addOption(jsonOption())
		.addOption(timeoutOption())
		.addOption(manyhartOption())
		.addOption(new Option('--against <file>', "also another build's manyhart.js"))
		.action((own, options) => benchFootprint({...options, own: checkOwnOptions(own)}))
	const flush = command
		.command('flush')
		.description(
			'compares the designs of the TLB with one another and with QEMU; as `manyhart bench flush`, from the sources',
		)
	for (const option of benchOptions()) flush.addOption(option)
	flush
		.option('--page [file]', 'instead: renders docs/flush.md from docs/flush.json, after taking over that record')
		.action(benchFlush)
	command
		.command('smp')
		.description(
			'how harts wait for one another, here and under every QEMU that is named: programs in Debian, and latencies',
		)
		.argument(...ownOptions)
		.option('--quick', 'one round, few harts, little time for each: some minutes', false)
		.addOption(new Option('--only <part>', 'one part').choices(parts))
		.addOption(
			new Option('--program <name>', 'only this program; may be repeated').argParser(
				(name: string, earlier?: readonly string[]) => several(oneOf(programNames)(name), earlier),
			),
		)
		.addOption(new Option('--harts <counts>', 'of the programs, separated by commas').argParser(hartCounts))
		.option('--rounds <n>', 'measurements of each', integerFrom(1, 1000))
		.option('--milliseconds <n>', 'that each program runs', integerFrom(1, 100_000))
		.addOption(qemuOption())
		.addOption(manyhartOption())
		.addOption(new Option('--against <file>', "also another build's manyhart.js"))
		.option(
			'--wait <minutes>',
			'in all, to wait before runs until others leave the cores alone',
			integerFrom(0, 10_000),
			0,
		)
		.option('--out <folder>', 'for smp.json and smp.md, written anew after every run (default: build/smp)')
		.addOption(jsonOption())
		.addOption(new Option('--render <file>', 'shows this smp.json instead of measuring'))
		.addOption(
			new Option('--page <file>', 'takes this smp.json over into docs/benchmarks.md instead of measuring').conflicts(
				'render',
			),
		)
		.addHelpText('after', `\nPrograms: ${programNames.join(', ')}`)
		.action((own, options) => benchSmp({...(options as SmpOptions), own: checkOwnOptions(own)}))
	command
		.command('io')
		.description(
			'disks, shared folders and networks in Debian, here and under every QEMU that is named: fio, iperf3, nginx',
		)
		.argument(...ownOptions)
		.addOption(
			new Option('--part <name,...>', 'only these')
				.argParser((text: string) => text.split(',').map((name) => oneOf(ioParts)(name) as IoPart))
				.default(ioParts, ioParts.join()),
		)
		.option('--rounds <n>', 'measurements of each', integerFrom(1, 1000), 3)
		.option('--harts <n>', 'harts', integerFrom(1, mostHarts), 2)
		.option('--seconds <n>', 'of each figure', integerFrom(1, 1000), 4)
		.addOption(qemuOption())
		.addOption(jsonOption())
		.addOption(timeoutOption())
		.addOption(manyhartOption())
		.addOption(new Option('--against <file>', "also another build's manyhart.js"))
		.addHelpText('after', '\nNeeds qemu-img, iperf3 and wrk in the PATH.')
		.action((own, options) => benchIo({...(options as IoOptions), own: checkOwnOptions(own)}))
	command
		.command('workloads')
		.description(
			"Debian's own programs in the guest debian-full, here and under every QEMU that is named, timed in the guest",
		)
		.argument(...ownOptions)
		.addOption(
			new Option('--workload <name,...>', 'only these')
				.argParser((text: string) => text.split(',').map(oneOf(workloadNames)))
				.default(workloadNames, workloadNames.join()),
		)
		.option('--guest <name>', 'a guest on a disk that has the packages (default: debian-full with those that are used)')
		.option('--rounds <n>', 'measurements of each', integerFrom(1, 1000), 3)
		.option('--harts <n>', 'harts', integerFrom(1, mostHarts), 2)
		.option('--warm', 'with what earlier runs have translated (default: each with an empty cache folder)', false)
		.addOption(qemuOption())
		.addOption(jsonOption())
		.addOption(timeoutOption())
		.addOption(manyhartOption())
		.addOption(new Option('--against <file>', "also another build's manyhart.js"))
		.action((own, options) => benchWorkloads({...(options as WorkloadsOptions), own: checkOwnOptions(own)}))
	command
		.command('lookup')
		.description('compares how translated code can look up a page: our programs on bare metal, without QEMU')
		.argument(...ownOptions)
		.addOption(tlbOption())
		.addOption(groupOption())
		.option('--program <name>', 'only this program; may be repeated', several)
		.option('--rounds <n>', 'measurements of each', integerFrom(1, 1000), 3)
		.option('--scale <x>', 'multiple of the usual work', scaleOf, 1)
		.addOption(jsonOption())
		.addOption(timeoutOption())
		.addOption(manyhartOption())
		.action((own, {tlb, ...options}) =>
			benchLookup({...(options as LookupOptions), ...tlbOf(tlb), own: checkOwnOptions(own)}),
		)
	command
		.command('churn')
		.description('live translations, and memory, while a guest endlessly writes and runs programs')
		.option('--seconds <n>', 'how long', integerFrom(1, 86_400), 120)
		.option('--every <n>', 'seconds between two samples', integerFrom(1, 3600), 10)
		.option('--wasm <mebibytes>', 'limit of live WebAssembly, instead of 64', integerFrom(1, 1024))
		.addOption(jsonOption())
		.action(benchChurn)
	command
		.command('page')
		.description('measures the tables of docs/benchmarks.md; rewrites the page, its record and the speeds in README.md')
		.addOption(new Option('--table <names>', 'only these, separated by commas').conflicts('render'))
		.option('--render', 'render the record without measuring', false)
		.addHelpText('after', `\nTables: ${measurableNames.join(', ')}`)
		.action(benchPage)
	return command
}

function groupsOf(name: string, earlier?: readonly string[]): readonly string[] {
	if (groups.some((group) => group === name)) return several(name, earlier)
	throw new InvalidArgumentError(`Expected ${groups.join(', ')}.`)
}

const oneOf = (names: readonly string[]) => (name: string) => {
	if (names.includes(name)) return name
	throw new InvalidArgumentError(`Expected ${names.join(', ')}.`)
}

const hartCounts = (text: string): readonly number[] => text.split(',').map(integerFrom(1, mostHarts))

await runScript('bench', createCommand())
