/** Compares the designs of the TLB: `manyhart bench flush`. */
import {join} from 'node:path'
import {expected} from '../../errors.ts'
import type {BenchOptions, Laboratory, LaboratoryEnvironment, PartName} from '../../main/command-line/laboratory.ts'
import {makeFolder} from '../../main/guests/index.ts'
import {describeSystemError} from '../../main/system-error.ts'
import {defaultTlbDesign} from '../../tlb/index.ts'
import {hostInWords} from '../host.ts'
import {inWords} from '../progress.ts'
import {findQemu, qemuVersionOf} from '../qemu.ts'
import {readText} from '../record-file.ts'
import {carryOut} from './measure.ts'
import {partNames} from './parts.ts'
import {makePlan, type Plan} from './plan.ts'
import {type FlushRecord, parseRecord, recordText, schemaVersion, writeRecord} from './record.ts'
import {writeReport} from './report/report.ts'

export const recordName = 'flush.json'

export const benchFlush: Laboratory['benchFlush'] = async (options, environment) => {
	const {out, render, format} = options
	const {print, stream, signal} = environment
	const isMeasured = render === undefined
	const record = isMeasured ? await measured(options, environment) : await readRecord('--render', render)
	const report = await writeReport(out, record)
	print(format === 'json' ? recordText(record).trimEnd() : report.summary)
	if (!isMeasured) return 'succeeded'
	const failed = record.measurements.filter(({error}) => error !== undefined).length
	if (record.state === 'out of time') stream.write('bench: the time was used up before all runs were done\n')
	if (signal.aborted) stream.write(`bench: interrupted; the results so far are in ${out}\n`)
	if (failed > 0)
		stream.write(`bench: ${failed} of ${record.measurements.length} runs failed: see ${join(out, report.page)}\n`)
	return failed > 0 ? 'some failed' : 'succeeded'
}

/** @param option for messages. @throws UserError */
export async function readRecord(option: string, path: string): Promise<FlushRecord> {
	const text = await readText(path, `${option} ${path}`)
	return parseRecord(text, `${option} ${path}`)
}

async function measured(options: BenchOptions, environment: LaboratoryEnvironment): Promise<FlushRecord> {
	const {amount, seed, out} = options
	const {prepareLinux, signal, stream} = environment
	const qemus = await qemusOf(options)
	if (qemus.length === 0) stream.write('bench: there is no qemu-system-riscv64 in PATH: nothing is measured beside\n')
	const parts = options.parts ?? partNames
	const plan = makePlan({amount, parts, qemus, seed})
	await makeFolder(out).catch((error) => {
		throw expected(`--out ${out} to be a folder, or none yet`, describeSystemError(error))
	})
	const path = join(out, recordName)
	const keep = (record: FlushRecord) =>
		writeRecord(path, record).catch((error) => {
			throw expected(`to write ${path}`, describeSystemError(error))
		})
	const record = emptyRecord(plan, {options: {...options, parts}, environment})
	await keep(record)
	stream.write(`bench: ${plan.runs.length} runs, at most ${inWords(plan.minutes * 60)}; results in ${out}\n`)
	return await carryOut({plan, record, keep, prepareLinux, signal, stream})
}

async function qemusOf({qemus}: BenchOptions): Promise<readonly Readonly<{file: string; version: string}>[]> {
	const found = qemus === undefined ? await findQemu() : undefined
	const files = new Set(qemus ?? (found === undefined ? [] : [found]))
	return await Promise.all([...files].map(async (file) => ({file, version: await qemuVersionOf(file)})))
}

type About = Readonly<{
	options: Omit<BenchOptions, 'parts'> & Readonly<{parts: readonly PartName[]}>
	environment: LaboratoryEnvironment
}>

function emptyRecord({runs, subjects}: Plan, {options, environment}: About): FlushRecord {
	const {amount, parts, seed} = options
	return {
		schema: schemaVersion,
		command: environment.command,
		date: new Date().toISOString(),
		manyhart: environment.version,
		node: process.version,
		host: hostInWords(),
		amount,
		parts: [...parts],
		seed,
		defaults: {...defaultTlbDesign},
		state: 'running',
		planned: runs.length,
		subjects: subjects.map((subject) => ({...subject})),
		measurements: [],
	}
}
