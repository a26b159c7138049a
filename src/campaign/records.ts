/** scale.json of a campaign's results: one for each host, so that no curve mixes machines. `manyhart report` reads them. */
import {createHash} from 'node:crypto'
import {join} from 'node:path'
import {recordName, type ScaleRecord, schemaVersion, writeRecord} from '../bench/scale/record.ts'
import {bareWorkloads, programName, scaleWorkloads} from '../bench/scale/workloads.ts'
import {expected} from '../errors.ts'
import {makeFolder} from '../main/guests/index.ts'
import {describeSystemError} from '../main/system-error.ts'
import type {Host, Result, ScaleRun} from './run.ts'

export type CampaignRecord = Readonly<{
	/** In the campaign's folder. */
	path: string
	host: Host
	record: ScaleRecord
}>

/** @property version of Manyhart. @property campaign its name. */
type About = Readonly<{version: string; command: string; campaign: string; state: ScaleRecord['state']}>

type ScaleResult = Result & {run: ScaleRun}

/** What makes a host another one. Its load changes. */
function hostKey({load: _, ...host}: Host): string {
	return JSON.stringify(Object.entries(host).toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

/** Of all results of kind `scale` in parallel; by turns, time is virtual. */
export function campaignRecords(results: Iterable<Result>, about: About): readonly CampaignRecord[] {
	const measured = [...results].filter(
		(result): result is ScaleResult => result.run.kind === 'scale' && result.run.seed === undefined,
	)
	const groups = Map.groupBy(measured, ({outcome}) => hostKey(outcome.host))
	return [...groups.values()].map((group) => {
		const {outcome} = group[0]!
		const key = createHash('sha256').update(hostKey(outcome.host)).digest('hex').slice(0, 6)
		const name = outcome.host.name.replaceAll(/[^\w.-]/g, '-')
		const record = recordOf(group, about)
		return {path: join(`${name}-${key}`, recordName), host: outcome.host, record}
	})
}

const workloads = [...scaleWorkloads, ...bareWorkloads]

/** As a record names it: with what it runs on. */
const workloadOf = ({guest, workload}: ScaleRun): string =>
	guest === 'linux' ? workload : bareWorkloads.find(({name}) => programName(name) === workload)!.name

/** @param results of one host. */
function recordOf(results: readonly ScaleResult[], {version, command, campaign, state}: About): ScaleRecord {
	const inTime = results.toSorted((one, other) => Date.parse(one.outcome.began) - Date.parse(other.outcome.began))
	const [first] = inTime
	const date = first!.outcome.began
	const {name: _, node, ...host} = first!.outcome.host
	const engines = new Map(inTime.flatMap(({outcome: {engine}}) => (engine ? [[engine.id, engine]] : [])))
	const names = new Set(inTime.map(({run}) => workloadOf(run)))
	const repetitions = new Map<string, number>()
	const boots: ScaleRecord['boots'] = []
	const runs: ScaleRecord['runs'] = []
	for (const {run, outcome} of inTime) {
		const {engine, began, took, bootSeconds, kernel: _kernel, host: _host, ...figures} = outcome
		const {scaling, harts} = run
		const id = engine?.id ?? run.engine
		const place = {engine: id, workload: workloadOf(run), scaling, harts}
		// The hosts have shared the repetitions: those of this one, by the order in which they began.
		const repetition = repetitions.get(JSON.stringify(place)) ?? 0
		repetitions.set(JSON.stringify(place), repetition + 1)
		const {fences: _1, flushes: _2, gracePeriods: _3, ...of} = figures
		runs.push({...place, repetition, boot: boots.length, ...of})
		boots.push({
			engine: id,
			harts,
			repetition,
			...(run.guest === 'bare' && {system: run.guest}),
			began: (Date.parse(began) - Date.parse(date)) / 1000,
			took,
			...(bootSeconds !== undefined && {bootSeconds}),
		})
	}
	const kernel = inTime.find(({outcome}) => outcome.kernel)?.outcome.kernel
	const ascending = (values: Iterable<number>) => [...new Set(values)].toSorted((one, other) => one - other)
	return {
		...{schema: schemaVersion, command, campaign, date, manyhart: version, node, host},
		...(kernel !== undefined && {guest: `Debian's kernel ${kernel}`}),
		quick: false,
		smp: ascending(inTime.map(({run}) => run.harts)),
		repeat: Math.max(...repetitions.values()),
		scalings: [...new Set(inTime.map(({run}) => run.scaling))].toSorted(),
		state,
		planned: results.length,
		engines: [...engines.values()],
		workloads: workloads
			.filter(({name}) => names.has(name))
			.map(({name, title, unit, limit, work, independent}) => {
				const amount = (native: boolean) =>
					inTime.find(({run}) => workloadOf(run) === name && (run.engine === 'native') === native)?.run.work
				return {
					...{name, title, unit, limit, ...(independent && {independent})},
					work: {emulated: amount(false) ?? work.emulated, native: amount(true) ?? work.native},
				}
			}),
		boots,
		runs,
		breakdowns: [],
	}
}

/** @returns paths. @throws UserError if they cannot be written. */
export async function writeRecords(folder: string, records: readonly CampaignRecord[]): Promise<readonly string[]> {
	const paths: string[] = []
	for (const {path: relative, record} of records) {
		const path = join(folder, relative)
		try {
			await makeFolder(join(path, '..'))
			await writeRecord(path, record)
		} catch (error) {
			throw expected(`to write ${path}`, describeSystemError(error))
		}
		paths.push(path)
	}
	return paths
}
