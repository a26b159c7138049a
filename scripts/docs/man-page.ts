/** docs/manyhart.1, the man page, from the grammar, the guests and the exit codes. */
import type {Command, Option} from 'commander'
import remarkMan from 'remark-man'
import remarkParse from 'remark-parse'
import {unified} from 'unified'
import {exitCodes} from '../../src/exit-codes.ts'
import {campaignNote, campaignWorkerNote} from '../../src/main/command-line/campaign-options.ts'
import {completionNote} from '../../src/main/command-line/completion.ts'
import {benchNote, runNotes} from '../../src/main/command-line/grammar.ts'
import {keyHelp} from '../../src/main/command-line/key-escapes.ts'
import {scaleNote} from '../../src/main/command-line/scale-options.ts'
import {stressNote} from '../../src/main/command-line/stress-options.ts'
import {environmentVariables} from '../../src/main/environment.ts'
import {guestDescriptions} from '../../src/main/guests/index.ts'
import {tlbKeys} from '../../src/tlb/index.ts'
import {documentedGrammar, leafCommands, pathOf, sentence, visibleOptions} from './grammar.ts'

/** @param version of the package. @returns roff. */
export async function renderManPage(version: string): Promise<string> {
	const description = documentedGrammar().description().replace(/\.$/, '')
	const markdown = [
		...['## Synopsis', ''],
		...leafCommands(documentedGrammar()).flatMap((command) => [
			`**${pathOf(command)}** ${escaped(command.usage())}`,
			'',
		]),
		...['## Description', '', `${description}.`, '', escaped(runNotes.guest), '', escaped(runNotes.qemu), ''],
		...leafCommands(documentedGrammar()).flatMap(commandSection),
		...list(
			'Keys of --tlb',
			Object.values(tlbKeys).flatMap(({name, about, default: usual, values}) =>
				Object.entries(values).map(
					([value, effect]): Item => [`${name}=${value}`, `${about}: ${effect}${value === usual ? ' (default)' : ''}`],
				),
			),
		),
		...list(
			'Guests',
			guestDescriptions.map(({name, description: what}): Item => [name, what]),
		),
		...['## Keys', '', 'While the console is on a terminal:', '', ...keyHelp.map((line) => `    ${line}`), ''],
		...list(
			'Exit status',
			Object.values(exitCodes).map(({code, when}): Item => [String(code), when]),
		),
		...list(
			'Environment',
			Object.values(environmentVariables).map(({name, about}): Item => [name, about]),
		),
		...['## See also', '', '**qemu-system-riscv64**(1); the pages in *docs* of the package.', ''],
	].join('\n')
	const page = await unified()
		.use(remarkParse)
		.use(remarkMan, {
			name: 'manyhart',
			section: 1,
			description,
			version: `Manyhart ${version}`,
			manual: 'Manyhart',
			date: undated,
		})
		.process(markdown)
	return String(page)
}

/** The page is the same on every day. */
const undated = new Date(0)

/** A term, and what it means. */
type Item = readonly [term: string, meaning: string]

function commandSection(command: Command): string[] {
	const items = visibleOptions(command).map(({flags, description}: Option): Item => [flags, description])
	const isCompletion = command.name() === 'completion'
	return [
		...[`## ${pathOf(command)}`, '', sentence(command.description()), ''],
		...(isCompletion ? [escaped(completionNote), ''] : []),
		...(pathOf(command) === 'manyhart bench flush' ? [escaped(benchNote), ''] : []),
		...(pathOf(command) === 'manyhart scale' ? [escaped(scaleNote), ''] : []),
		...(pathOf(command) === 'manyhart campaign run' ? [escaped(`${campaignNote} \`run\` may be left out.`), ''] : []),
		...(pathOf(command) === 'manyhart campaign worker' ? [escaped(campaignWorkerNote), ''] : []),
		...(pathOf(command) === 'manyhart stress' ? [escaped(stressNote), ''] : []),
		...itemLines(items),
	]
}

const list = (title: string, items: readonly Item[]): string[] => [`## ${title}`, '', ...itemLines(items)]
const itemLines = (items: readonly Item[]): string[] => [
	...items.map(([term, meaning]) => `* **${escaped(term)}**: ${escaped(meaning)}`),
	'',
]
/** Text as Markdown that means just this text. */
const escaped = (text: string): string => text.replaceAll(/[\\`*_<>[\]]/g, (character) => `\\${character}`)
