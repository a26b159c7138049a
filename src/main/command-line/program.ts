/** Parses a command line and runs its command. */
import {CommanderError} from 'commander'
import {UserError} from '../../errors.ts'
import {presentSpelling} from '../translation/index.ts'
import {checkBenchOptions} from './bench-options.ts'
import {campaignCommand, campaignWorkerCommand} from './campaign-command.ts'
import {checkCampaignOptions, checkCampaignWorkerOptions} from './campaign-options.ts'
import {execCommand} from './exec-command.ts'
import {checkExecOptions} from './exec-options.ts'
import {type Actions, createGrammar} from './grammar.ts'
import {fetchCommand, type GuestOutput, listCommand, removeCommand} from './guest-command.ts'
import {compareCommand, measureCommand, renderCommand} from './laboratory-command.ts'
import {withLongDashes} from './qemu-spelling.ts'
import type {Result} from './result.ts'
import {type RunEnvironment, runCommand} from './run-command.ts'
import {checkRunOptions} from './run-options.ts'
import {checkCompareOptions, checkRenderOptions, checkScaleOptions} from './scale-options.ts'
import {copyCommand, sshCommand} from './ssh-command.ts'
import {stressCommand} from './stress-command.ts'
import {checkStressOptions} from './stress-options.ts'

export type ProgramOptions = RunEnvironment & Readonly<{version: string}>

/** @throws UserError if the command line is invalid. */
export async function runProgram(args: readonly string[], environment: ProgramOptions): Promise<Result> {
	let result: Result = {exitCode: 0, output: 'all'}
	const actions = actionsOf(args, environment, (of) => {
		result = of
	})
	const program = createGrammar({version: environment.version, actions})
	try {
		await program.parseAsync(withLongDashes(args), {from: 'user'})
	} catch (error) {
		if (!(error instanceof CommanderError)) throw error
		// --help and --version also end up here, with 0.
		if (error.exitCode !== 0) throw new UserError(explain(error, args))
	}
	return result
}

function actionsOf(args: readonly string[], environment: ProgramOptions, finish: (result: Result) => void): Actions {
	const {guests, version} = environment
	const laboratory = {guests, version, command: ['manyhart', ...args].join(' ')}
	const done = (exitCode: number) => finish({exitCode, output: 'all'})
	const output = ({json}: {json?: boolean}): GuestOutput => ({format: json ? 'json' : 'text', print: console.log})
	return {
		run: async (options) => finish(await runCommand(checkRunOptions(options), environment)),
		ssh: async (name, words, options) => finish(await sshCommand(name, words, options)),
		copy: async (from, to) => finish(await copyCommand(from, to)),
		exec: async (words, options) => finish(await execCommand(checkExecOptions(words, options), environment)),
		list: async (options) => done(await listCommand(guests, output(options))),
		fetch: async (name, options) =>
			done(await fetchCommand(name, guests, {...output(options), packages: options.with})),
		remove: async (name, options) => done(await removeCommand(name, guests, output(options))),
		stress: async (kind, options) => done(await stressCommand(checkStressOptions(kind, options))),
		benchFlush: async (options) => done(await measureCommand('benchFlush', checkBenchOptions(options), laboratory)),
		scale: async (options) => done(await measureCommand('scale', checkScaleOptions(options), laboratory)),
		compare: async (one, other, options) => await compareCommand(checkCompareOptions(one, other, options)),
		campaign: async (file, options) => done(await campaignCommand(checkCampaignOptions(file, options), laboratory)),
		campaignWorker: async (options) =>
			done(await campaignWorkerCommand(checkCampaignWorkerOptions(options), laboratory)),
		render: async (file, options) => await renderCommand(checkRenderOptions(file, options)),
	}
}

/** Commander's messages in our form: expected and got. */
const explanations: Readonly<
	Record<string, (subject: string, rest: {message: string; args: readonly string[]}) => string>
> = {
	'commander.unknownOption': (subject) =>
		`Expected ${presentSpelling(subject) ?? 'an option that --help names'}, got ${subject}`,
	'commander.unknownCommand': (subject) => `Expected a command that --help names, got ${subject}`,
	'commander.optionMissingArgument': (subject) => `Expected a value after ${subject}, got none`,
	'commander.missingArgument': (subject) => `Expected <${subject}>, got none`,
	'commander.missingMandatoryOptionValue': (subject) => `Expected ${subject}, got none`,
	'commander.invalidArgument': (subject, {message}) =>
		`Expected ${/Allowed choices are (?<choices>.*)\.$/.exec(message)?.groups?.choices ?? 'a value that --help names'}, got ${subject}`,
	'commander.excessArguments': (subject) => `Expected no more words after ${subject}, got some`,
	'commander.help': (_, {args}) =>
		`Expected a command that --help names, got ${(args.includes('help') && args[args.indexOf('help') + 1]) || 'none'}`,
}

function explain({code, message}: CommanderError, args: readonly string[]): string {
	const subject = /'(?<subject>[^']*)'/.exec(message)?.groups?.subject ?? ''
	return (
		explanations[code]?.(subject, {message, args}) ??
		`Expected a command line as --help describes it, got an ${message}`
	)
}
