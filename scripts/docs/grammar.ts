/** The program's grammar, for its pages. */
import type {Command, Option} from 'commander'
import {type Actions, createGrammar} from '../../src/main/command-line/grammar.ts'

const nothing = async () => {}
const actions: Actions = {
	run: nothing,
	exec: nothing,
	ssh: nothing,
	copy: nothing,
	list: nothing,
	fetch: nothing,
	remove: nothing,
	benchFlush: nothing,
	stress: nothing,
	scale: nothing,
	compare: nothing,
	render: nothing,
	campaign: nothing,
	campaignWorker: nothing,
}

export const documentedGrammar = (): Command => createGrammar({version: '', actions})

/** @returns the commands that --help lists and that have no commands of their own, `help` apart. */
export function leafCommands(command: Command): readonly Command[] {
	const own = command
		.createHelp()
		.visibleCommands(command)
		.filter(({parent}) => parent === command)
	return own.length === 0 ? [command] : own.flatMap(leafCommands)
}

export const visibleOptions = (command: Command): readonly Option[] => command.options.filter(({hidden}) => !hidden)

/** @example pathOf(list) // 'manyhart guest list' */
export function pathOf(command: Command): string {
	return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name()
}

export const sentence = (text: string) => `${text[0]!.toUpperCase()}${text.slice(1)}.`
