/** docs/command-line.md, from the grammar, the keys of --tlb, the guests and the exit codes. */
import type {Command, Option} from 'commander'
import {markdownTable} from '../../src/bench/markdown.ts'
import {exitCodes} from '../../src/exit-codes.ts'
import {faults} from '../../src/faults.ts'
import {campaignNote, campaignWorkerNote} from '../../src/main/command-line/campaign-options.ts'
import {completionNote} from '../../src/main/command-line/completion.ts'
import {benchNote, runNotes, runOptions} from '../../src/main/command-line/grammar.ts'
import {keyHelp} from '../../src/main/command-line/key-escapes.ts'
import {qemuOptions} from '../../src/main/command-line/qemu-options.ts'
import {scaleNote} from '../../src/main/command-line/scale-options.ts'
import {stressNote} from '../../src/main/command-line/stress-options.ts'
import {environmentVariables} from '../../src/main/environment.ts'
import {guestDescriptions} from '../../src/main/guests/index.ts'
import {tlbKeys} from '../../src/tlb/index.ts'
import {documentedGrammar, leafCommands, pathOf, sentence, visibleOptions} from './grammar.ts'

const code = (text: string) => `\`${text}\``

export function renderCommandLine(): string {
	return `${[
		'# Command line',
		'',
		"Generated from the program's own definitions by `npm run docs`.",
		'',
		...leafCommands(documentedGrammar()).flatMap(commandSection),
		...qemuSection(),
		...tlbSection(),
		'## Guests',
		'',
		...markdownTable(
			['name', 'what', 'from'],
			guestDescriptions.map(({name, description, origin}) => [
				code(name),
				description,
				origin === 'package' ? 'the package' : code(`manyhart guest fetch ${name}`),
			]),
		),
		'',
		'An interrupted fetch resumes where it stopped.',
		'',
		'## Keys',
		'',
		'While the console is on a terminal:',
		'',
		'```',
		...keyHelp,
		'```',
		'',
		'## Exit codes',
		'',
		...markdownTable(
			['code', 'when'],
			Object.values(exitCodes).map(({code, when}) => [String(code), when]),
		),
		'',
		'## Environment',
		'',
		...markdownTable(
			['variable', ''],
			Object.values(environmentVariables).map(({name, about}) => [code(name), about]),
		),
	].join('\n')}\n`
}

function commandSection(command: Command): string[] {
	const isRun = pathOf(command) === 'manyhart run'
	const groups = Map.groupBy(visibleOptions(command), ({helpGroupHeading}) => helpGroupHeading?.replace(/:$/, ''))
	return [
		`## ${pathOf(command)}`,
		'',
		'```',
		`${pathOf(command)} ${command.usage()}`,
		'```',
		'',
		sentence(command.description()),
		...(isRun ? ['', runNotes.guest, '', '`manyhart` without a command does the same.'] : []),
		...(command.name() === 'completion' ? ['', completionNote] : []),
		...(pathOf(command) === 'manyhart bench flush'
			? ['', benchNote, '', 'See [flush.md](flush.md) for what it found.']
			: []),
		...(pathOf(command) === 'manyhart scale'
			? ['', scaleNote, '', 'See [scaling.md](scaling.md) for how it measures, and how to read what it writes.']
			: []),
		...(pathOf(command) === 'manyhart campaign run'
			? [
					'',
					campaignNote,
					'',
					'`run` may be left out. See [campaign.md](campaign.md) for the file, and for what is guaranteed.',
				]
			: []),
		...(pathOf(command) === 'manyhart campaign worker' ? ['', campaignWorkerNote] : []),
		...(pathOf(command) === 'manyhart stress'
			? [
					'',
					stressNote,
					'',
					...markdownTable(
						['rule', ''],
						Object.entries(faults).map(([name, what]) => [code(name), what]),
					),
					'',
					'See [stress.md](stress.md) for what each kind exercises.',
				]
			: []),
		'',
		...[...groups].flatMap(([heading, options]) => [
			...(heading === undefined ? [] : [`### ${heading}`, '']),
			...markdownTable(['option', ''], options.map(optionRow)),
			'',
		]),
	]
}

const optionRow = ({flags, description}: Option): string[] => [code(flags), description]

function qemuSection(): string[] {
	const options = Object.values(runOptions())
		.flat()
		.filter(({isQemu}) => isQemu)
	return [
		"## QEMU's spellings",
		'',
		sentence(`These options of ${code('manyhart run')} may be written with one dash, as in QEMU, or with two`),
		'',
		...markdownTable(
			['QEMU', 'here'],
			options.map(({flags, names, hidden, description}) => {
				const value = /<.*>$/.exec(flags)?.[0]
				const spelled = names.map((name) => code([`-${name}`, value].filter(Boolean).join(' ')))
				return [spelled.join(', '), hidden ? `accepted: ${description}` : code(flags)]
			}),
		),
		'',
		`${code('-help')} and ${code('-version')} work, too. QEMU's other options are taken if they change nothing here, and refused`,
		'otherwise; the message has the reason.',
		'',
		'### Taken',
		'',
		...markdownTable(
			['QEMU', 'other values are refused, because'],
			qemuOptions.flatMap(({names, value, taken, reason}) =>
				taken === undefined
					? []
					: [[spelledQemu(names, taken === 'always' ? value && `<${value}>` : taken.shown), reason]],
			),
		),
		'',
		'### Refused',
		'',
		...markdownTable(
			['QEMU', 'because'],
			qemuOptions.flatMap(({names, taken, reason}) => (taken === undefined ? [[spelledQemu(names), reason]] : [])),
		),
		'',
	]
}

const spelledQemu = (names: readonly string[], value?: string) =>
	names.map((name) => code([`-${name}`, value].filter(Boolean).join(' '))).join(', ')

function tlbSection(): string[] {
	const rows = Object.values(tlbKeys).flatMap(({name, about, default: usual, values}) =>
		Object.entries(values).map(([value, effect], index) => [
			index === 0 ? code(name) : '',
			index === 0 ? about : '',
			code(value) + (value === usual ? ' (default)' : ''),
			effect,
		]),
	)
	return [
		'## Keys of --tlb',
		'',
		'They change nothing that a guest can see; in speed, little but `asids` makes a difference. They are for people who study the',
		'TLB. An example is `--tlb lookup=inline,last-pages=off`. The option may be repeated; the last value of a key counts. In',
		"the library they are fields: `Machine.create({…, tlb: {lookup: 'inline', lastPages: 'off'}})`.",
		'',
		...markdownTable(['key', 'says', 'value', ''], rows),
		'',
	]
}
