/** How guests scale with harts, here and under QEMU: `manyhart scale` and `manyhart report`. */
import {existsSync} from 'node:fs'
import {rm} from 'node:fs/promises'
import {join} from 'node:path'
import {expected} from '../../errors.ts'
import {
	defaultRepeat,
	type Laboratory,
	type LaboratoryEnvironment,
	type ScaleOptions,
} from '../../main/command-line/laboratory.ts'
import {makeFolder} from '../../main/guests/index.ts'
import {describeSystemError} from '../../main/system-error.ts'
import {describeHost} from '../host.ts'
import {inWords} from '../progress.ts'
import {compareRecords, comparisonText} from './compare.ts'
import {durationForecast} from './duration.ts'
import {carryOut} from './measure.ts'
import {nativeWorkloads} from './native.ts'
import {chooseSmp, makePlan} from './plan.ts'
import {readRecord, recordName, recordText, type ScaleRecord, scalings, schemaVersion, writeRecord} from './record.ts'
import {writeReport} from './report/report.ts'
import {chooseEngines, chooseWorkloads, workloadOf} from './subjects.ts'

export const scale: Laboratory['scale'] = async (options, environment) => {
	const {out, format} = options
	const {print, stream, signal} = environment
	const {record, traces} = await measured(options, environment)
	const {summary, page} = await writeReport(out, record)
	print(format === 'json' ? recordText(record).trimEnd() : summary)
	if (signal.aborted) stream.write(`scale: interrupted; what was measured so far is in ${out}\n`)
	const failed = record.runs.filter(({error}) => error !== undefined).length
	if (failed > 0) stream.write(`scale: ${failed} of ${record.runs.length} runs failed: see ${join(out, page)}\n`)
	const lacking = signal.aborted ? [] : traces.filter((path) => !existsSync(path))
	if (lacking.length > 0) stream.write(`scale: there is no trace ${lacking.join(', ')}\n`)
	return failed > 0 || lacking.length > 0 ? 'some failed' : 'succeeded'
}

type Measured = Readonly<{
	record: ScaleRecord
	/** Files that there should be. */
	traces: readonly string[]
}>

async function measured(options: ScaleOptions, environment: LaboratoryEnvironment): Promise<Measured> {
	const {quick, out, trace, repeat = quick ? 1 : defaultRepeat} = options
	const {prepareLinux, signal, stream, version} = environment
	const subjects = await chooseWorkloads(options.workloads)
	const {cores} = describeHost()
	const smp = chooseSmp(options, cores)
	if (!smp.includes(1)) stream.write('scale: --smp without 1: there are no speed-ups, which are over one hart\n')
	const scaling = quick ? ['strong' as const] : scalings
	const native = options.native ? await nativeWorkloads({signal}) : undefined
	if (native && native.program === undefined) stream.write(`scale: ${native.reason}: there is no native run beside\n`)
	const compiled = native?.program === undefined ? undefined : native
	const engines = await chooseEngines(options.engines, {version, compiler: compiled?.compiler})
	if (options.engines.some(({kind}) => kind === 'qemu') && !engines.some(({kind}) => kind === 'qemu'))
		stream.write('scale: there is no qemu-system-riscv64 in PATH: nothing is measured beside\n')
	const plan = makePlan({smp, repeat, scalings: scaling, engines, subjects, trace})
	const traces = plan.flatMap((boot) => boot.trace ?? [])
	await madeFolder('--out', out)
	if (trace !== undefined) await madeFolder('--trace', trace)
	// One of an earlier measurement is none of this one.
	await Promise.all(traces.map((path) => rm(path, {force: true})))
	const path = join(out, recordName)
	const keep = (record: ScaleRecord) =>
		writeRecord(path, record).catch((error) => {
			throw expected(`to write ${path}`, describeSystemError(error))
		})
	const record: ScaleRecord = {
		schema: schemaVersion,
		command: environment.command,
		date: new Date().toISOString(),
		manyhart: version,
		node: process.version,
		host: describeHost(),
		quick,
		smp: [...smp],
		repeat,
		scalings: [...scaling],
		state: 'running',
		planned: plan.length - traces.length,
		engines: [...engines],
		workloads: subjects.map(workloadOf),
		boots: [],
		runs: [],
		breakdowns: [],
	}
	await keep(record)
	const seconds = durationForecast({cores}).of(plan)
	stream.write(`scale: ${plan.length} boots, about ${inWords(seconds)}; results in ${out}\n`)
	const kept = await carryOut({
		plan,
		subjects,
		engines,
		native: compiled?.program,
		record,
		keep,
		prepareLinux,
		signal,
		stream,
	})
	return {record: kept, traces}
}

const madeFolder = (option: string, path: string): Promise<void> =>
	makeFolder(path).catch((error) => {
		throw expected(`${option} ${path} to be a folder, or none yet`, describeSystemError(error))
	})

export const compare: Laboratory['compare'] = async ({files, format}, {print}) => {
	const [one, other] = await Promise.all(files.map((file) => readRecord(file, file)))
	const comparison = compareRecords(one!, other!)
	print(format === 'json' ? JSON.stringify(comparison, undefined, '\t') : comparisonText(comparison))
}

export const render: Laboratory['render'] = async ({file, out}, {print}) => {
	const {summary} = await writeReport(out, await readRecord(file, file))
	print(summary)
}
