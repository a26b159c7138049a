/** `npm run bench -- smp`: harts that wait for one another, here and under QEMU; programs in Debian, and latencies. */
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {hostInWords} from '../../src/bench/host.ts'
import {expected} from '../../src/errors.ts'
import {EndingSignals} from '../../src/main/command-line/signals.ts'
import {fetchGuest} from '../../src/main/guests/index.ts'
import {describeSystemError} from '../../src/main/system-error.ts'
import {fromRoot, writeWhole} from '../build/project.ts'
import type {Entry} from './page/record.ts'
import {smp, smpLatency} from './page/smp.ts'
import {recordEntries} from './page.ts'
import {carryOut} from './smp/measure.ts'
import {type Amount, amounts, makePlan, type Part, parts} from './smp/plan.ts'
import {parseRecord, recordText, type SmpRecord, schemaVersion} from './smp/record.ts'
import {comparedSubjects, type SubjectOptions} from './smp/subjects.ts'
import {Summary} from './smp/summary.ts'
import {latencyFigures, latencyLines, programFigures, programLines} from './smp/tables.ts'

export type SmpOptions = SubjectOptions &
	Partial<Amount> &
	Readonly<{
		quick: boolean
		only?: Part
		program?: readonly string[]
		/** Minutes, in all, to wait for other processes before runs. */
		wait: number
		/** A folder for smp.json and smp.md. */
		out?: string
		json: boolean
		/** A record to show, instead of measuring. */
		render?: string
		/** A record to take over into docs/benchmarks.json, instead of measuring. */
		page?: string
	}>

const defaultFolder = fromRoot('build/smp')

export async function benchSmp(options: SmpOptions): Promise<void> {
	const {render, page, json, out = defaultFolder} = options
	if (page !== undefined) return await recordEntries(entriesOf(await readRecord('--page', page)))
	const record = render === undefined ? await measured(options, out) : await readRecord('--render', render)
	console.log(json ? recordText(record).trimEnd() : report(record))
	if (render !== undefined) return
	const {failures} = new Summary(record)
	for (const {kind, subject, harts, round, error} of failures)
		console.error(`bench: ${kind}, ${harts} harts, ${subject}, round ${round + 1}: ${error}`)
	if (failures.length > 0 || record.state !== 'complete') process.exitCode = 1
}

/** @returns what docs/benchmarks.json keeps of a record: the tables that it has figures for. */
export function entriesOf(record: SmpRecord): Readonly<Record<string, Entry>> {
	const has = partsOf(record)
	const {command, date, node, host} = record
	const about = {command, date: date.slice(0, 10), node, host}
	const tables = [...(has.includes('programs') ? [smp] : []), ...(has.includes('latency') ? [smpLatency] : [])]
	return Object.fromEntries(tables.map(({name, read}) => [name, {...about, figures: read([record])}]))
}

const partsOf = ({measurements}: SmpRecord): readonly Part[] =>
	parts.filter((part) => measurements.some(({kind}) => (kind === 'programs') === (part === 'programs')))

/** @param option for messages. @throws UserError */
export async function readRecord(option: string, path: string): Promise<SmpRecord> {
	const text = await readFile(path, 'utf8').catch((error) => {
		throw expected(`${option} ${path} to be a file`, describeSystemError(error))
	})
	return parseRecord(text, `${option} ${path}`)
}

async function measured(options: SmpOptions, out: string): Promise<SmpRecord> {
	const subjects = await comparedSubjects(options)
	if (!subjects.some(({kind}) => kind === 'qemu'))
		console.error('bench: there is no qemu-system-riscv64 in PATH: nothing is measured beside')
	const usual = amounts[options.quick ? 'quick' : 'whole']
	const {rounds = usual.rounds, harts = usual.harts, milliseconds = usual.milliseconds} = options
	const wanted = options.only === undefined ? parts : [options.only]
	const runs = makePlan({
		...usual,
		...{rounds, harts, milliseconds, parts: wanted, subjects},
		...(options.program && {programs: options.program}),
	})
	if (wanted.includes('programs')) await fetchGuest('debian')
	const keep = async (record: SmpRecord) => {
		await writeWhole(join(out, 'smp.json'), recordText(record))
		await writeWhole(join(out, 'smp.md'), `${report(record)}\n`)
	}
	const record: SmpRecord = {
		schema: schemaVersion,
		command: typedCommand(process.argv.slice(2)),
		date: new Date().toISOString(),
		node: process.version,
		host: hostInWords(),
		milliseconds,
		subjects: subjects.map(({id}) => id),
		planned: runs.length,
		state: 'running',
		measurements: [],
	}
	console.error(`bench: ${runs.length} runs; results in ${out}`)
	using signals = new EndingSignals()
	return await carryOut({runs, subjects, record, keep, wait: options.wait, signal: signals.signal})
}

/** The command as typed, but for names of files, which say nothing elsewhere. */
export function typedCommand(words: readonly string[]): string {
	const shown = words.map((word, index) => {
		if (/^--(?:qemu|manyhart|against|out)=/.test(word)) return `${word.split('=')[0]} FILE`
		return /^--(?:qemu|manyhart|against|out)$/.test(words[index - 1] ?? '') ? 'FILE' : word
	})
	return ['npm run bench --', ...shown].join(' ')
}

/** All tables of a record, as a page. */
export function report(record: SmpRecord): string {
	const summary = new Summary(record)
	const {command, date, node, host, measurements, planned, state, subjects} = record
	const has = partsOf(record)
	return [
		'# Harts that wait',
		'',
		`\`${command}\`, ${date.slice(0, 10)}: ${subjects.join(', ')}; Node ${node}; ${host}.`,
		`${measurements.length} of ${planned} runs, ${state}.`,
		...(has.includes('programs') ? ['', '## Programs', '', ...programLines(programFigures(summary))] : []),
		...(has.includes('latency') ? ['', '## Latencies', '', ...latencyLines(latencyFigures(summary))] : []),
	].join('\n')
}
