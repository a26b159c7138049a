/**
 * Long runs: as many processes at a time as there are jobs, each with a seed of its own, one after the other until the time is over. A run
 * that fails leaves its command and what it printed in a folder; the campaign goes on.
 */
import {spawn} from 'node:child_process'
import {mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {text} from 'node:stream/consumers'
import {benchPath} from '../bench/index.ts'
import {expected} from '../errors.ts'
import type {Campaign, StressEnvironment, StressOptions, StressOutcome} from '../main/command-line/stress-library.ts'
import {describeSystemError, writeWholeFile} from '../main/system-error.ts'
import {stressArguments} from './arguments.ts'
import {LiveLine} from './live-line.ts'
import type {RunResult} from './run.ts'

/** Seconds that a run gets beyond its own for starting and ending, before it is ended. */
const grace = 300

type Totals = {runs: number; failed: number; operations: number; fences: number; flushes: number; gracePeriods: number}

/** @param program manyhart.js; tests replace it. */
export async function runCampaign(
	options: StressOptions,
	campaign: Campaign,
	{signal, print, stream}: StressEnvironment,
	program: string = benchPath('manyhart'),
): Promise<StressOutcome> {
	await mkdir(campaign.folder, {recursive: true}).catch((error) => {
		throw expected('--out to be a folder that can be written', describeSystemError(error))
	})
	// A failure that cannot be kept ends all runs: none is left behind.
	const failure = new AbortController()
	const ended = AbortSignal.any([signal, failure.signal])
	const end = performance.now() + campaign.hours * 3_600_000
	const totals: Totals = {runs: 0, failed: 0, operations: 0, fences: 0, flushes: 0, gracePeriods: 0}
	let {seed} = options
	using line = new LiveLine(stream)
	const job = async (): Promise<void> => {
		while (!ended.aborted && performance.now() < end) {
			const seconds = Math.max(1, Math.min(options.seconds, Math.ceil((end - performance.now()) / 1000)))
			await runOnce({...options, seconds, seed: seed++}, {program, campaign, signal: ended, totals})
			const hours = ((end - performance.now()) / 3_600_000).toFixed(2)
			line.show(`stress: ${describe(totals)}, ${hours} h left`)
		}
	}
	const jobs = Array.from({length: campaign.jobs}, () => job().catch((error) => failure.abort(error)))
	await Promise.all(jobs)
	failure.signal.throwIfAborted()
	if (options.format === 'json') print(JSON.stringify(totals, null, '\t'))
	else print(`stress: ${describe(totals)}${totals.failed > 0 ? `; see ${campaign.folder}` : ''}`)
	return totals.failed > 0 ? 'violated' : 'passed'
}

async function runOnce(
	options: StressOptions,
	{program, campaign, signal, totals}: {program: string; campaign: Campaign; signal: AbortSignal; totals: Totals},
): Promise<void> {
	const args = [program, ...stressArguments(options), '--json']
	const limit = AbortSignal.timeout((options.kinds.length * options.seconds + grace) * 1000)
	const child = spawn(process.execPath, args, {stdio: ['ignore', 'pipe', 'pipe'], detached: true})
	const end = () => void child.kill('SIGINT')
	const kill = () => void child.kill('SIGKILL')
	signal.addEventListener('abort', end, {once: true})
	limit.addEventListener('abort', kill, {once: true})
	if (signal.aborted) end()
	const [code, output, errors] = await Promise.all([
		new Promise<string>((resolve) => {
			child.on('close', (exit, by) => resolve(String(exit ?? by)))
			child.on('error', ({message}) => resolve(message))
		}),
		text(child.stdout),
		text(child.stderr),
	])
	signal.removeEventListener('abort', end)
	limit.removeEventListener('abort', kill)
	totals.runs++
	for (const result of resultsIn(output)) {
		totals.operations += result.operations
		totals.fences += result.fences
		totals.flushes += result.flushes
		totals.gracePeriods += result.gracePeriods
	}
	if (code === '0' || signal.aborted) return
	totals.failed++
	const command = ['manyhart', ...stressArguments(options), '--json'].join(' ')
	const ending = limit.aborted ? 'ended after its time limit' : `ended with ${code}`
	await writeWholeFile(
		join(campaign.folder, `seed-${options.seed}.txt`),
		`${command}\n${ending}\n\n${output}\n${errors}`,
	)
}

/** A run that failed early has printed none. */
function resultsIn(output: string): readonly RunResult[] {
	try {
		return JSON.parse(output) as readonly RunResult[]
	} catch {
		return []
	}
}

function describe({runs, failed, operations, fences, flushes, gracePeriods}: Totals): string {
	const count = (value: number) => value.toLocaleString('en')
	return `${count(runs)} runs, ${count(failed)} failed, ${count(operations)} operations, ${count(fences)} fences, ${count(flushes)} flushes, ${count(gracePeriods)} grace periods`
}
