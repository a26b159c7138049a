/** Shell completion: scripts for the shells, and the words that they then ask for. */
import {ShellCompDirective, script} from '@bomb.sh/tab'
import tab from '@bomb.sh/tab/commander'
import type {Command} from 'commander'
import {tlbKeys} from '../../tlb/index.ts'
import {guestDescriptions} from '../guests/index.ts'
import {accelerators} from '../translation/index.ts'
import {benchOptions} from './bench-options.ts'
import {campaignOptions} from './campaign-options.ts'
import {benchParts} from './laboratory.ts'
import type {RunOption} from './run-option.ts'
import {engineNames, scaleOptions} from './scale-options.ts'

/** The values that an option takes, by its name. */
const optionValues: Readonly<Record<string, readonly string[]>> = {
	guest: guestDescriptions.map(({name}) => name),
	accel: accelerators,
	global: ['virtio-mmio.force-legacy=on', 'virtio-mmio.force-legacy=off'],
	tlb: Object.values(tlbKeys).flatMap(({name, values}) => Object.keys(values).map((value) => `${name}=${value}`)),
}

/**
 * Adds `completion <shell>`, which prints a script, and the hidden `complete -- WORDS`, which the scripts run. Call it
 * after the other commands are there.
 * @param options of `run`, which are those of the program, too.
 */
export function addCompletion(program: Command, options: readonly RunOption[]): void {
	const root = tab(program, {completionCommandName: 'completion'})
	const run = root.commands.get('run')!
	for (const [name, values] of Object.entries(optionValues)) {
		run.options.get(name)!.handler = (complete) => {
			for (const value of values) complete(value, '')
		}
	}
	for (const [name, option] of run.options) root.options.set(name, option)
	for (const command of ['guest fetch', 'guest remove'])
		root.commands.get(command)!.arguments.get('name')!.handler = (complete) => {
			for (const {name, description} of guestDescriptions) complete(name, description)
		}

	const benchFlush = root.commands.get('bench flush')!
	benchFlush.options.get('only')!.handler = (complete) => {
		for (const part of benchParts) complete(part, '')
	}

	root.commands.get('scale')!.options.get('engine')!.handler = (complete) => {
		for (const name of engineNames) complete(name, '')
	}

	const ofFiles = new Set([
		...options.filter(({flags}) => takesFile(flags)).flatMap(({names}) => names),
		...[...benchOptions(), ...scaleOptions(), ...campaignOptions()].flatMap((option) =>
			takesFile(option.flags) ? [option.attributeName()] : [],
		),
	])
	commandOf(program, 'complete').action((words: readonly string[]) => {
		const isFile = ofFiles.has(words.at(-2)?.replace(/^--?/, '') ?? '')
		// Without words of ours the shell completes the names of files.
		if (isFile) console.log(`:${ShellCompDirective.ShellCompDirectiveDefault}`)
		else root.parse([...words])
	})
	const completion = commandOf(program, 'completion')
		.description('print a script that completes words in a shell')
		.usage('bash|zsh|fish|powershell')
		.addHelpText('after', `\n${completionNote}`)
		.action((shell: string) => {
			script(shell, program.name(), program.name())
			// The library's own line has no -o default, so that bash would not complete files where it is left to.
			if (shell === 'bash') console.log(`complete -o default -F __${program.name()}_complete ${program.name()}`)
		})
	completion.registeredArguments[0]!.description = 'the shell'
}

export const completionNote =
	'Evaluate the script when the shell starts: `source <(manyhart completion bash)` in ~/.bashrc, or zsh in ~/.zshrc; bash needs its package bash-completion.'

const takesFile = (flags: string) => /<.*(?:file|folder)>/.test(flags)

function commandOf(program: Command, name: string): Command {
	return program.commands.find((command) => command.name() === name)!
}
