/** The options of `manyhart exec` and `manyhart ssh`, checked. */
import {expected} from '../../errors.ts'
import {parseSeconds, quoted} from './quantities.ts'
import {RunOption} from './run-option.ts'
import {checkRunOptions, type RawRunOptions, type RunOptions} from './run-options.ts'

type RawCommandOptions = Readonly<{
	env?: readonly string[]
	workdir?: string
	tty?: boolean
	interactive?: boolean
}>

/** As the parser returns them. */
export type RawExecOptions = Omit<RawRunOptions, 'share'> &
	RawCommandOptions &
	Readonly<{share?: readonly string[] | false; bootTimeout?: string; showConsole?: boolean}>
export type RawSshOptions = RawCommandOptions

/** How a command is to run. */
export type CommandOptions = Readonly<{
	/** Empty: a shell. */
	command: readonly string[]
	env: Readonly<Record<string, string>>
	/** Undefined: a folder that is shared, or `/`. */
	workdir: string | undefined
	/** Whether it gets a terminal. */
	tty: boolean
}>

export type ExecCommandOptions = Readonly<{
	run: RunOptions
	command: CommandOptions
	/** Seconds until the agent must answer. */
	bootTimeoutSeconds: number
	/** Whether the guest's console is shown, on stderr. */
	showsConsole: boolean
}>

const defaultBootTimeout = 300

/** Those of `run` that make sense here. */
const runOptionNames = [
	...['guest', 'kernel', 'initrd', 'append', 'smp', 'memory', 'global', 'accel', 'jitThreshold', 'translationCache'],
	...['drive', 'hda', 'snapshot', 'overlay', 'device', 'chardev'],
	...['nic', 'netdev', 'object', 'pcap', 'timeout', 'stats'],
]

export const isOfExec = (option: RunOption): boolean => runOptionNames.includes(option.attributeName())

export const commandOptions = (): readonly RunOption[] => [
	new RunOption(
		'-e, --env <name=value>',
		'a variable of its environment; NAME alone: as it is here; may be repeated',
	).argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value]),
	new RunOption('-w, --workdir <path>', 'the folder in the guest where it runs'),
	new RunOption('-t, --tty', 'give it a terminal, of the size of this one'),
	new RunOption('-i, --interactive', 'no effect: stdin is passed on in any case'),
]

/** Of `exec` only. */
export const execOptions = (): readonly RunOption[] => [
	new RunOption(
		'--share <folder>',
		'PATH[:TAG][:ro]: a folder that the guest has where it is here (default: this one); may be repeated',
	).argParser((value: string, before: readonly string[] | false | undefined) => [...(before || []), value]),
	new RunOption('--no-share', 'share no folder'),
	new RunOption('--boot-timeout <seconds>', `the guest must be ready by then (default: ${defaultBootTimeout})`),
	new RunOption('--show-console', "show the guest's console on stderr"),
]

export const execNote = `The command's exit code is returned: 128 + n if signal n ended it, 127 if there is no such command, 126 if it
cannot be run. Signals go to the command; a second one of Ctrl-C, SIGTERM, SIGHUP and SIGQUIT ends the machine at once.`

/** @throws UserError */
export function checkExecOptions(words: readonly string[], raw: RawExecOptions): ExecCommandOptions {
	if (words.length === 0) throw expected('a command to run in the guest, as in: manyhart exec -- uname -m', 'none')
	const {share, env: _env, ...rest} = raw
	const shares = share === false ? [] : (share ?? ['.:'])
	return {
		run: checkRunOptions({...rest, share: shares, nic: rest.nic ?? (rest.netdev ? [] : ['user'])}),
		command: checkCommandOptions(words, raw),
		bootTimeoutSeconds:
			raw.bootTimeout === undefined ? defaultBootTimeout : parseSeconds(raw.bootTimeout, '--boot-timeout'),
		showsConsole: raw.showConsole === true,
	}
}

/** @throws UserError */
export function checkCommandOptions(command: readonly string[], raw: RawCommandOptions): CommandOptions {
	const {env = [], workdir, tty = false} = raw
	return {command, env: Object.fromEntries(env.flatMap(parseVariable)), workdir, tty}
}

function parseVariable(text: string): [string, string][] {
	const {name, value} = /^(?<name>[^=]+)(?:=(?<value>.*))?$/s.exec(text)?.groups ?? {}
	if (name === undefined) throw expected('--env NAME=VALUE or NAME', quoted(text))
	const own = value ?? process.env[name]
	return own === undefined ? [] : [[name, own]]
}
