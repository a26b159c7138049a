/** The grammar of the command line: its commands and options, for the parser, --help and docs/command-line.md. */
import {existsSync} from 'node:fs'
import {Command} from 'commander'
import {maximumHarts} from '../../board/index.ts'
import {expected} from '../../errors.ts'
import {exitCodes} from '../../exit-codes.ts'
import {defaultSeed, mostSeed, usualTraceBytes, usualTraceRate} from '../machine-interface.ts'
import {benchOptions, type RawBenchOptions} from './bench-options.ts'
import {
	campaignNote,
	campaignOptions,
	campaignWorkerNote,
	campaignWorkerOptions,
	type RawCampaignOptions,
	type RawCampaignWorkerOptions,
} from './campaign-options.ts'
import {addCompletion} from './completion.ts'
import {
	commandOptions,
	execNote,
	execOptions,
	isOfExec,
	type RawExecOptions,
	type RawSshOptions,
} from './exec-options.ts'
import {keyHelp} from './key-escapes.ts'
import {RunOption} from './run-option.ts'
import {defaultMemory, type RawRunOptions} from './run-options.ts'
import {
	compareOptions,
	type RawCompareOptions,
	type RawRenderOptions,
	type RawScaleOptions,
	renderOptions,
	scaleNote,
	scaleOptions,
} from './scale-options.ts'
import {type RawStressOptions, ruleHelp, stressNote, stressOptions} from './stress-options.ts'
import {accelOption, jitThresholdOption, studyOptions} from './translation-switches.ts'

type GuestOptions = Readonly<{json?: boolean}>
type FetchGuestOptions = GuestOptions & Readonly<{with?: string}>

/** The actions of the commands. */
export type Actions = Readonly<{
	run: (options: RawRunOptions) => Promise<void>
	ssh: (name: string, words: readonly string[], options: RawSshOptions) => Promise<void>
	copy: (from: string, to: string) => Promise<void>
	exec: (words: readonly string[], options: RawExecOptions) => Promise<void>
	list: (options: GuestOptions) => Promise<void>
	fetch: (name: string, options: FetchGuestOptions) => Promise<void>
	remove: (name: string, options: GuestOptions) => Promise<void>
	benchFlush: (options: RawBenchOptions) => Promise<void>
	stress: (kind: string, options: RawStressOptions) => Promise<void>
	scale: (options: RawScaleOptions) => Promise<void>
	compare: (one: string, other: string, options: RawCompareOptions) => Promise<void>
	render: (file: string, options: RawRenderOptions) => Promise<void>
	campaign: (file: string, options: RawCampaignOptions) => Promise<void>
	campaignWorker: (options: RawCampaignWorkerOptions) => Promise<void>
}>

/** Options of `run`, under the headings of --help. */
export const runOptions = (): Readonly<Record<string, readonly RunOption[]>> => ({
	'The guest': [
		new RunOption('--guest <name>', 'a guest that `guest list` names; the options below replace its parts'),
		new RunOption('--kernel <file>', 'ELF or Linux Image, also gzip').asInQemu(),
		new RunOption('--initrd <file>', 'initial RAM disk').asInQemu(),
		new RunOption('--append <text>', "the kernel's command line; default for a Linux Image: earlycon").asInQemu(),
		new RunOption(
			'--bios <file>',
			'M-mode firmware; default: the built-in SBI; none: the kernel itself starts in M-mode',
		).asInQemu(),
		new RunOption('--dtb <file>', 'device tree instead of the generated one').asInQemu(),
		new RunOption('--dumpdtb <file>', 'write the device tree and exit'),
	],
	'The machine': [
		new RunOption(
			'--smp <n>',
			`harts, 1 to ${maximumHarts}, or a topology such as sockets=2,cores=2 (default: the cores of this machine)`,
		).asInQemu(),
		new RunOption(
			'-m, --memory <size>',
			`guest RAM: 512M, 1G; MiB without a suffix; somewhat below 4 GiB at most (default: ${defaultMemory})`,
		).asInQemu(),
		new RunOption(
			'--global <property>',
			'virtio-mmio.force-legacy=on or off: the transport of virtio devices, version 1 or 2 (default: on, as in QEMU)',
		).asInQemu(),
		new RunOption(
			'-M, --machine <name>',
			'the board; virt is the only one, with the properties accel=NAME and dumpdtb=FILE',
		)
			.asInQemu()
			.hideHelp(),
		accelOption(),
		jitThresholdOption(),
		new RunOption(
			'--no-translation-cache',
			'neither use what earlier runs of the guest have translated, nor keep it for later ones',
		),
	],
	Disks: [
		new RunOption(
			'--drive <keys>',
			'file=FILE with format=raw or qcow2, readonly=on, snapshot=on, discard=unmap, cache=unsafe, if=none, id=ID: a disk; may be repeated',
		)
			.argParser(collect)
			.asInQemu(),
		new RunOption('--hda <file>', 'the same as --drive file=FILE').asInQemu(),
		...['hdb', 'hdc', 'hdd'].map((name) =>
			new RunOption(`--${name} <file>`, 'the same as --drive file=FILE').asInQemu().hideHelp(),
		),
		new RunOption(
			'--overlay <file>',
			"keeps what the guest writes to its own disk: a qcow2 image on top of the guest's, made if it is not there (default: gone at the end)",
		),
		new RunOption('--snapshot', 'what is written to disks goes to temporary files').asInQemu(),
		new RunOption(
			'--device <keys>',
			'virtio-blk-device,drive=ID or virtio-net-device,netdev=ID: shows what has this ID; serial=TEXT; mac=ADDRESS. virtio-balloon-device: memory goes back to the host; free-page-reporting=on, deflate-on-oom=on',
		)
			.argParser(collect)
			.asInQemu(),
	],
	Ports: [
		new RunOption(
			'--chardev <keys>',
			'socket,id=ID,path=PATH,server=on,wait=off, file,id=ID,path=FILE or null,id=ID: for --device virtio-serial-device --device virtserialport,chardev=ID,name=NAME, which the guest has as /dev/virtio-ports/NAME',
		)
			.argParser(collect)
			.asInQemu(),
	],
	Folders: [
		new RunOption(
			'--share <folder>',
			'PATH[:TAG][:ro]: a folder of the host, which the guest mounts by its tag; may be repeated',
		).argParser(collect),
		new RunOption(
			'--virtfs <keys>',
			'local,path=FOLDER,mount_tag=TAG,security_model=none or passthrough; readonly=on, multidevs=forbid',
		)
			.argParser(collect)
			.asInQemu(),
		new RunOption(
			'--fsdev <keys>',
			'local,id=ID and the keys of --virtfs, for --device virtio-9p-device,fsdev=ID,mount_tag=TAG',
		)
			.argParser(collect)
			.asInQemu(),
	],
	Network: [
		new RunOption(
			'--nic <keys>',
			'user with hostfwd=tcp:127.0.0.1:2222-:22, restrict=on, net=, host=, dns=, dhcpstart=, hostname=, ipv6=off, mac=: a network; none; may be repeated',
		)
			.argParser(collect)
			.asInQemu(),
		new RunOption('--netdev <keys>', 'user,id=ID, and as --nic: a network that a --device shows')
			.argParser(collect)
			.asInQemu(),
		new RunOption('--object <keys>', 'filter-dump,id=ID,netdev=ID,file=FILE: its packets, in pcap format')
			.argParser(collect)
			.asInQemu(),
		new RunOption('--pcap <file>', "the first network's packets"),
	],
	'The run': [
		new RunOption('--expect <regex>', 'exit with 0 as soon as the console matches'),
		new RunOption(
			'--timeout <seconds>',
			`exit with ${exitCodes.timeout.code} after this time, whatever the program is doing`,
		),
		new RunOption(
			'--input <text|@file>',
			String.raw`typed at the console, a line at each prompt; text may have escapes: \n, \x40 for @`,
		),
		new RunOption('--stats <file>', 'write statistics (JSON) at the end'),
		new RunOption('--stats-at <regex>', 'with --stats: also statistics at each line of the console that matches'),
		new RunOption('--times', "with --stats: where each hart's time went"),
		new RunOption('--trace <file>', 'write a trace of all harts, which Perfetto and Chrome open'),
		new RunOption(
			'--trace-size <size>',
			`the trace at most, with those after reboots: later events are left out (default: ${usualTraceBytes / 2 ** 20}M)`,
		),
		new RunOption(
			'--trace-rate <events>',
			`of each hart in a second, about: events above are left out (default: ${usualTraceRate})`,
		),
		new RunOption(
			'--name <name>',
			'run an agent in the guest, a Linux with an initramfs, so that `ssh` and `cp` reach it by this name',
		),
		new RunOption('--no-reboot', 'exit when the guest reboots').asInQemu(),
		new RunOption('--nographic', 'no effect, as there are no graphics').asInQemu().hideHelp(),
	],
	'Runs that repeat': [
		new RunOption(
			'--serial',
			'harts run by turns, one at a time, in virtual time: runs of one seed end alike; what is typed is not repeated',
		),
		new RunOption('--seed <n>', `of what --serial draws by lot, 0 to ${mostSeed} (default: ${defaultSeed})`).asInQemu(),
		new RunOption('--digest', 'print a digest of registers, devices and memory to stderr when the guest has ended'),
	],
	'For study': studyOptions(),
})

function collect(value: string, before: readonly string[] | undefined): string[] {
	return [...(before ?? []), value]
}

/** Notes for --help and docs/command-line.md. */
export const runNotes = {
	guest:
		'Without --guest, --kernel and --bios, boots Debian (fetched on the first run), or our own demonstration\nif Debian is not available.',
	qemu: "QEMU's spellings with one dash work too: -smp 4 -m 1G -kernel FILE -append TEXT.",
} as const

export function createGrammar({version, actions}: Readonly<{version: string; actions: Actions}>): Command {
	const program = new Command('manyhart')
		.enablePositionalOptions()
		.description('A RISC-V machine with many harts, each on a thread of its own.')
		.version(version)
		.exitOverride()
		.configureOutput({outputError: () => {}})
		.showHelpAfterError(false)
		.addHelpText('after', '\nmanyhart run --help lists the options of a run, which need no `run`, and the exit codes.')
	addRun(program, actions)
	addExec(program, actions)
	addGuest(program, actions)
	addBench(program, actions)
	addStress(program, actions)
	addScale(program, actions)
	addReport(program, actions)
	addCampaign(program, actions)
	addCompletion(program, Object.values(runOptions()).flat())
	return program
}

function addRun(program: Command, {run}: Actions): void {
	const command = program.command('run', {isDefault: true}).description('boot a guest')
	for (const [heading, options] of Object.entries(runOptions()))
		for (const option of options) command.addOption(option.helpGroup(`${heading}:`))
	command
		.addHelpText('after', runHelp())
		.allowExcessArguments()
		.action((options: RawRunOptions, {args}: Command) => {
			refuseOperand(args[0])
			return run(options)
		})
}

function addExec(program: Command, {exec, ssh, copy}: Actions): void {
	const command = program
		.command('exec [command...]')
		.description('boot a guest, run a command in it, in this folder, and power it off')
	for (const option of commandOptions()) command.addOption(option.helpGroup('The command:'))
	for (const option of execOptions()) command.addOption(option.helpGroup('The command:'))
	for (const [heading, options] of Object.entries(runOptions()))
		for (const option of options.filter(isOfExec)) command.addOption(option.helpGroup(`${heading}:`))
	command
		.passThroughOptions()
		.addHelpText('after', `\n${execNote}`)
		.action((words: readonly string[], options: RawExecOptions) => exec(words, options))
	const remote = program
		.command('ssh <name> [command...]')
		.description('a shell, or a command, in the guest of a machine that runs with --name')
	for (const option of commandOptions()) remote.addOption(option)
	remote
		.passThroughOptions()
		.action((name: string, words: readonly string[], options: RawSshOptions) => ssh(name, words, options))
	program
		.command('cp <from> <to>')
		.description('copy a file or a folder to or from such a machine: one of both paths is NAME:PATH')
		.action((from: string, to: string) => copy(from, to))
}

/** @throws UserError if the command line has a word that is no option. */
function refuseOperand(word: string | undefined): void {
	if (word === undefined) return
	// QEMU takes such a word for a disk's image.
	const hint = existsSync(word) ? ': a kernel is given by --kernel, a disk by --drive' : ''
	throw expected('a command or an option that --help names', `${word}${hint}`)
}

function runHelp(): string {
	const codes = Object.values(exitCodes)
	const width = Math.max(...codes.map(({code}) => String(code).length))
	return [
		'',
		runNotes.guest,
		runNotes.qemu,
		'',
		'Keys:',
		...keyHelp.map((line) => `  ${line}`),
		'',
		'Exit codes:',
		...codes.map(({code, when}) => `  ${String(code).padEnd(width)}  ${when}`),
	].join('\n')
}

function addGuest(program: Command, {list, fetch, remove}: Actions): void {
	const guest = program.command('guest').description('list, fetch and remove guests')
	guest
		.command('list')
		.description('list the guests, and whether each is fetched and as it was then')
		.option('--json', 'print JSON')
		.action(list)
	guest
		.command('fetch <name>')
		.description('fetch a guest into the cache folder')
		.option('--with <packages>', 'for debian-full: more Debian packages, such as gcc,git,python3')
		.option('--json', 'print JSON')
		.action(fetch)
	guest
		.command('remove <name>')
		.description('remove a fetched guest, and say what was there')
		.option('--json', 'print JSON')
		.action(remove)
}

function addBench(program: Command, {benchFlush}: Actions): void {
	const flush = program
		.command('bench')
		.description('measure this emulator')
		.command('flush')
		.description(
			'compare the designs of the TLB with one another and with QEMU: what flushes cost, and what guests notice',
		)
	for (const option of benchOptions()) flush.addOption(option)
	flush.addHelpText('after', `\n${benchNote}`).action((options: RawBenchOptions) => benchFlush(options))
}

function addStress(program: Command, {stress}: Actions): void {
	const command = program
		.command('stress [kind]')
		.description(
			'stress the emulator on real threads, watching that no rule is violated: grace periods (rcu), flushes of TLBs (flush), these beside atomics, beside code that is rewritten (smc), or beside all that and devices; all, the default: one kind after the other, or for each broken rule the one that shows it',
		)
	for (const option of stressOptions()) command.addOption(option)
	command
		.addHelpText('after', `\n${stressNote}\n\n${ruleHelp}`)
		.action((kind: string | undefined, options: RawStressOptions) => stress(kind ?? 'all', options))
}

function addScale(program: Command, {scale}: Actions): void {
	const command = program
		.command('scale')
		.description(
			'measure how guests scale with harts, beside QEMU and the same programs on the host itself, and write a report',
		)
	for (const option of scaleOptions()) command.addOption(option)
	command.addHelpText('after', `\n${scaleNote}`).action((options: RawScaleOptions) => scale(options))
}

function addReport(program: Command, {compare, render}: Actions): void {
	const report = program.command('report').description('reports of records of `scale`')
	const comparison = report
		.command('compare <one> <other>')
		.description(
			'compare two records, scale.json: points that both have; differences are named that the spread carries',
		)
	for (const option of compareOptions()) comparison.addOption(option)
	comparison.action((one: string, other: string, options: RawCompareOptions) => compare(one, other, options))
	const rendering = report
		.command('render <file>')
		.description('write the report of a scale.json again, without measuring')
	for (const option of renderOptions()) rendering.addOption(option)
	rendering.action((file: string, options: RawRenderOptions) => render(file, options))
}

function addCampaign(program: Command, {campaign, campaignWorker}: Actions): void {
	const command = program
		.command('campaign')
		.description('many independent runs: workloads, harts, designs of the TLB, seeds, engines')
	const running = command
		.command('run <file>', {isDefault: true})
		.description(
			'do the runs that a YAML file describes, on this machine or by workers on many, and store each result once; what is done is not done again',
		)
	for (const option of campaignOptions()) running.addOption(option)
	running
		.addHelpText('after', `\n${campaignNote}`)
		.action((file: string, options: RawCampaignOptions) => campaign(file, options))
	const worker = command.command('worker').description('do runs of campaigns whose queue is a Redis')
	for (const option of campaignWorkerOptions()) worker.addOption(option)
	worker
		.addHelpText('after', `\n${campaignWorkerNote}`)
		.action((options: RawCampaignWorkerOptions) => campaignWorker(options))
}

/** A note for --help and docs/command-line.md. */
export const benchNote =
	'Ctrl-C ends it with the results so far. Exit code 1: some runs failed, which are in the record with what they said.'
