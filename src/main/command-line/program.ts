/** The grammar of the command line. */
import {Command, CommanderError, Option} from 'commander'
import {UserError} from '../../errors.ts'
import {fetchCommand, type GuestOutput, listCommand, removeCommand} from './guest-command.ts'
import {withLongDashes} from './qemu-spelling.ts'
import {type RunEnvironment, runCommand} from './run-command.ts'
import {checkRunOptions, type RawRunOptions} from './run-options.ts'

export type ProgramOptions = RunEnvironment & Readonly<{version: string}>

/** @returns the exit code. @throws UserError for a command line that means nothing. */
export async function runProgram(args: readonly string[], environment: ProgramOptions): Promise<number> {
	let exitCode = 0
	const program = createProgram(environment, (code) => {
		exitCode = code
	})
	try {
		await program.parseAsync(withLongDashes(args), {from: 'user'})
	} catch (error) {
		if (!(error instanceof CommanderError)) throw error
		// Help and version leave this way too, with 0.
		if (error.exitCode !== 0) throw new UserError(explain(error))
	}
	return exitCode
}

function createProgram(environment: ProgramOptions, finish: (exitCode: number) => void): Command {
	const program = new Command('manyhart')
		.description('A RISC-V machine with many harts, each on a thread of its own.')
		.version(environment.version)
		.exitOverride()
		.configureOutput({outputError: () => {}})
		.showHelpAfterError(false)
	addRun(program, async (options) => finish(await runCommand(checkRunOptions(options), environment)))
	addGuest(program, environment, finish)
	return program
}

const runHelp = `
Without --guest, --kernel and --bios, boots Debian (fetched at the first run), or our own demonstration where it cannot
be had. QEMU's spellings with one dash work too: -smp 4 -m 1G -kernel FILE -append TEXT.
Keys: Ctrl-A x quits, Ctrl-A h helps, Ctrl-A Ctrl-A sends Ctrl-A.
Exit codes: 0 guest powered off or --expect matched, the test finisher's code, 124 timeout, 2 wrong use,
70 a failure of ours, 71 guest stuck.`

function addRun(program: Command, action: (options: RawRunOptions) => Promise<void>): void {
	program
		.command('run', {isDefault: true})
		.description('boot a guest')
		.option('--guest <name>', 'a fetched or built-in guest; the options below override its parts')
		.option('--smp <n>', 'harts, 1 to 64 (default: the cores of this machine)')
		.option('-m, --memory <size>', 'guest RAM: 512M, 1G; MiB without a suffix (default: 1G)')
		.option('--kernel <file>', 'ELF or Linux Image, also gzip')
		.option('--initrd <file>', 'initial RAM disk')
		.option('--append <text>', "the kernel's command line")
		.option('--bios <file>', 'M-mode firmware instead of the built-in SBI')
		.option('--dtb <file>', 'device tree instead of the generated one')
		.option('--dumpdtb <file>', 'write the device tree and exit')
		.option('--expect <regex>', 'exit with 0 as soon as the console matches')
		.option('--timeout <seconds>', 'exit with 124 after this time')
		.option('--input <file|text>', String.raw`typed at the console line by line; text understands \n`)
		.option('--stats <file>', 'write statistics (JSON) at the end')
		.option('--no-reboot', 'exit when the guest reboots')
		.option('--accel <name>', 'jit: translate hot code to WebAssembly; interp: interpret all of it')
		.option('--jit-threshold <n>', 'jumps to one place that make it hot, 1 to 65535')
		.option('--lookup <name>', 'how translated code looks pages up: outlined into a function (default), or inline')
		.option('--last-pages <on|off>', 'whether translated code keeps the last page of each base register at hand')
		.option(
			'--tlb-encoding <name>',
			'what tags a page in the TLB: poison-zero, its address (default); plus-one, that + 1',
		)
		.option('--count-chains', 'count how translated code passes from region to region, for --stats; slower')
		.option('--dump-wasm <folder>', 'write each translated module there')
		.option('--perf-map', "name translated code for Linux's perf")
		.addOption(new Option('-M, --machine <name>', 'the board').hideHelp())
		.addOption(new Option('--nographic', 'as it is anyway').hideHelp())
		.addHelpText('after', runHelp)
		.action(action)
}

function addGuest(program: Command, {guests}: ProgramOptions, finish: (exitCode: number) => void): void {
	const output = ({json}: {json?: boolean}): GuestOutput => ({format: json ? 'json' : 'text', print: console.log})
	const guest = program.command('guest').description('list, fetch and remove guests')
	guest
		.command('list')
		.description('what there is, and whether it is fetched')
		.option('--json', 'for programs')
		.action(async (options) => finish(await listCommand(guests, output(options))))
	guest
		.command('fetch <name>')
		.description('fetch a guest into the cache folder')
		.option('--json', 'for programs')
		.action(async (name, options) => finish(await fetchCommand(name, guests, output(options))))
	guest
		.command('remove <name>')
		.description('remove a fetched guest')
		.option('--json', 'for programs')
		.action(async (name, options) => finish(await removeCommand(name, guests, output(options))))
}

/** Commander's messages in our form: what was expected, what came. */
const explanations: Readonly<Record<string, (subject: string) => string>> = {
	'commander.unknownOption': (subject) => `Expected an option that --help names, got ${subject}`,
	'commander.unknownCommand': (subject) => `Expected a command that --help names, got ${subject}`,
	'commander.optionMissingArgument': (subject) => `Expected a value after ${subject}, got none`,
	'commander.missingArgument': (subject) => `Expected <${subject}>, got none`,
	'commander.help': () => 'Expected a command that --help names, got none',
}

function explain({code, message}: CommanderError): string {
	const subject = /'(?<subject>[^']*)'/.exec(message)?.groups?.subject ?? ''
	return explanations[code]?.(subject) ?? `Expected a command line as --help says, got an ${message}`
}
