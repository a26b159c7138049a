/** `manyhart campaign`: many independent runs, on this host or on many. The entry of its bundle; src/main/command-line loads it. */
import {hostname} from 'node:os'
import {markdownTable} from '../bench/markdown.ts'
import {inWords as duration} from '../bench/progress.ts'
import type {CampaignEnvironment, CampaignLibrary, CampaignOptions} from '../main/command-line/campaign-library.ts'
import {LiveLine} from '../stress/live-line.ts'
import {buildId} from './build-id.ts'
import {ChecksumWatch} from './checks.ts'
import {readCampaign} from './file.ts'
import {runLocally} from './local.ts'
import {estimate, estimateAll, listing, makePlan, type Plan} from './plan.ts'
import {coordinate, withdrawRuns} from './queue/coordinator.ts'
import {checkAddress, RedisLink, withoutPassword} from './queue/redis.ts'
import {work} from './queue/worker.ts'
import {campaignRecords, writeRecords} from './records.ts'
import type {Result} from './run.ts'
import {RunPool} from './run-pool.ts'
import {ResultStore, resultsName} from './store.ts'
import {CampaignTable} from './table.ts'

export const campaign: CampaignLibrary['campaign'] = async (options, environment) => {
	const {file, queue, dryRun, withdraw, patience} = options
	const {version, print, stream, signal} = environment
	const plan = makePlan(await readCampaign(file), await buildId(version))
	if (dryRun) {
		print(dryRunText(plan, options))
		return 'succeeded'
	}
	if (withdraw) {
		using link = await RedisLink.connect(checkAddress(queue!))
		stream.write(`campaign: ${await withdrawRuns(plan, {link, patience, signal})} runs taken out of the queue\n`)
		return 'succeeded'
	}
	return await carryOut(plan, options, environment)
}

async function carryOut(plan: Plan, options: CampaignOptions, environment: CampaignEnvironment) {
	const {folder, queue, cores, patience, format} = options
	const {version, prepareLinux, signal, stream, print} = environment
	const command = queue === undefined ? environment.command : environment.command.replace(queue, withoutPassword(queue))
	// An address that cannot be reached leaves no folder behind.
	using link = queue === undefined ? undefined : await RedisLink.connect(checkAddress(queue))
	await using store = await ResultStore.open({folder, plan, command})
	const before = plan.runs.filter(({id}) => store.has(id)).length
	const left = plan.runs.filter(({id}) => !store.has(id)).map(({run}) => run)
	const where = link ? `queue at ${link.where}` : `about ${duration(estimateAll(left, cores))} on ${cores} cores`
	stream.write(
		`campaign: ${plan.name}: ${plan.runs.length} runs, ${before} of them done; ${where}; results in ${folder}\n`,
	)
	const checks = new ChecksumWatch(store.results.values())
	try {
		using table = new CampaignTable(plan, stream)
		if (link) await coordinate(plan, {link, store, checks, table, patience, signal})
		else {
			await using pool = new RunPool({cores, version, prepareLinux})
			await runLocally(plan, {store, checks, pool, table, worker: hostname(), signal})
		}
	} finally {
		// Whatever has ended it, what was measured is there.
		await summarize(plan, {store, command, version, print, format}).catch((error) => {
			stream.write(`campaign: ${(error as Error).message}\n`)
		})
	}
	const own = judgedResults(plan, store)
	const failed = own.filter(({outcome}) => outcome.error !== undefined).length
	if (signal.aborted) {
		const going = link ? '; workers go on with what is in the queue (--withdraw takes it out)' : ''
		stream.write(
			`campaign: interrupted with ${own.length} of ${plan.runs.length} runs; the same command goes on${going}\n`,
		)
	}
	if (failed > 0) stream.write(`campaign: ${failed} of ${own.length} runs failed: see ${resultsName} in ${folder}\n`)
	return failed > 0 ? 'some failed' : 'succeeded'
}

/** By all checksums: one that came later may show that an earlier one is wrong. */
function judgedResults({runs}: Plan, store: ResultStore): readonly Result[] {
	const checks = new ChecksumWatch(store.results.values())
	return runs.flatMap(({id}) => store.results.get(id) ?? []).map((result) => checks.judged(result))
}

type SummaryOptions = Readonly<{
	store: ResultStore
	command: string
	version: string
	print: (text: string) => void
	format: 'text' | 'json'
}>

/** Writes the records of each host, and prints what there is. */
async function summarize(plan: Plan, {store, command, version, print, format}: SummaryOptions): Promise<void> {
	const results = judgedResults(plan, store)
	const state = results.length < plan.runs.length ? 'interrupted' : 'complete'
	const records = campaignRecords(results, {version, command, campaign: plan.name, state})
	const paths = await writeRecords(store.folder, records)
	const failed = results.filter(({outcome}) => outcome.error !== undefined).length
	if (format === 'json') {
		const hosts = records.map(({host}, index) => ({host, record: paths[index]}))
		const figures = {planned: plan.runs.length, done: results.length, failed}
		print(JSON.stringify({campaign: plan.name, build: plan.build, state, ...figures, records: hosts}, undefined, '\t'))
		return
	}
	const byHost = Map.groupBy(results, ({outcome: {host}}) => host.name)
	const rows = [...byHost].map(([name, of]) => [
		name,
		`${of.length}`,
		`${of.filter(({outcome}) => outcome.error !== undefined).length}`,
		duration(of.reduce((sum, {outcome}) => sum + outcome.took, 0)),
	])
	const table = markdownTable(['host', 'runs', 'failed', 'took'], rows, ['left', 'right', 'right', 'right'])
	const total = `${plan.name}: ${results.length} of ${plan.runs.length} runs done, ${failed} failed`
	print(
		[total, ...(rows.length > 0 ? ['', ...table] : []), ...paths.map((path) => `manyhart report render ${path}`)].join(
			'\n',
		),
	)
}

function dryRunText(plan: Plan, {cores, format, queue}: CampaignOptions): string {
	const runs = plan.runs.map(({run}) => run)
	const seconds = runs.reduce((sum, run) => sum + estimate(run), 0)
	if (format === 'json') {
		const list = plan.runs.map(({id, run}) => ({id, ...run, seconds: estimate(run)}))
		return JSON.stringify({campaign: plan.name, build: plan.build, seconds, runs: list}, undefined, '\t')
	}
	const onThis = queue === undefined ? `, about ${duration(estimateAll(runs, cores))} on ${cores} cores` : ''
	return [...listing(plan), `${plan.name}: ${runs.length} runs, ${duration(seconds)} in all${onThis}`].join('\n')
}

export const worker: CampaignLibrary['worker'] = async (options, environment) => {
	const {queue, cores, lease, idle, patience} = options
	const {version, prepareLinux, signal, stream} = environment
	const [build, name] = [await buildId(version), options.name ?? `${hostname()}-${process.pid}`]
	using link = await RedisLink.connect(checkAddress(queue))
	await using pool = new RunPool({cores, version, prepareLinux})
	using line = new LiveLine(stream)
	const say = (text: string) => stream.write(`${stream.isTTY ? '\r\u001b[K' : ''}campaign worker ${name}: ${text}\n`)
	say(`build ${build}, ${cores} cores, runs from ${link.where}`)
	await work({
		...{link, pool, name, build, lease, idle, patience, signal, say},
		show: ({running, done, failed, complaint}) => {
			const now = running.length > 0 ? `running ${running.join('; ')}` : 'waiting for runs'
			line.show(`campaign worker ${name}: ${done} done, ${failed} failed, ${complaint ?? now}`)
		},
	})
	say('ended')
	return 'succeeded'
}
