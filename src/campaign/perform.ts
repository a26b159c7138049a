/** Does one run, on the thread that calls it; its engine is a process of its own. */
import {execFile} from 'node:child_process'
import {hostname, tmpdir} from 'node:os'
import {promisify} from 'node:util'
import {runConsole} from '../bench/console-run.ts'
import {benchPath} from '../bench/files.ts'
import {describeHost} from '../bench/host.ts'
import {runWorkload} from '../bench/scale/one-run.ts'
import type {Host, Outcome, Run, StressRun} from './run.ts'

export type PerformOptions = Readonly<{
	/** Of Manyhart. */
	version: string
	signal: AbortSignal
}>

export const thisHost = (): Host => ({...describeHost(), name: hostname(), node: process.version})

/** @returns what came of it, failures included. @throws the signal's reason. */
export async function perform(run: Run, {version, signal}: PerformOptions): Promise<Outcome> {
	const host = thisHost()
	const began = new Date().toISOString()
	const start = performance.now()
	const figures = await figuresOf(run, {version, signal}).catch(({message}: Error) => {
		signal.throwIfAborted()
		return {error: message}
	})
	signal.throwIfAborted()
	return {host, began, took: Math.round(performance.now() - start) / 1000, ...figures}
}

async function figuresOf(run: Run, {version, signal}: PerformOptions): Promise<Partial<Outcome>> {
	const launcher = await findLauncher()
	if (run.kind === 'stress') return await runStress(run, {launcher, signal})
	return await runWorkload(run, {version, folder: tmpdir(), signal, launcher})
}

let launcher: Promise<readonly string[]> | undefined

/** What ends an engine with the thread that started it, even if that is killed: util-linux's setpriv, where it is. */
function findLauncher(): Promise<readonly string[]> {
	const command = ['setpriv', '--pdeathsig', 'KILL', '--'] as const
	const [program, ...args] = command
	launcher ??= promisify(execFile)(program, [...args, 'true']).then(
		() => command,
		() => [],
	)
	return launcher
}

/** Seconds that a run gets beyond its own for starting and ending. */
const grace = 120

async function runStress(
	{workload, harts, seconds, seed, tlb}: StressRun,
	{launcher, signal}: Readonly<{launcher: readonly string[]; signal: AbortSignal}>,
): Promise<Partial<Outcome>> {
	const options = ['--harts', `${harts}`, '--seconds', `${seconds}`, '--json', ...(tlb ? ['--tlb', tlb] : [])]
	const seeded = seed === undefined ? options : [...options, '--seed', `${seed}`]
	const [program = '', ...args] = [...launcher, process.execPath, benchPath('manyhart'), 'stress', workload, ...seeded]
	const {console, exitCode, timedOut} = await runConsole(program, args, {timeoutSeconds: seconds + grace, signal})
	const said = console.trim().split('\n').slice(-3).join(' | ').slice(-300)
	if (timedOut) return {error: `did not end in ${seconds + grace} s; it printed ${said || 'nothing'}`}
	const [, json] = /^(\[$[\s\S]*^\])$/m.exec(console) ?? []
	if (json === undefined) return {error: `ended with ${exitCode}: ${said || 'nothing'}`}
	const [result] = JSON.parse(json)
	const {operations, fences, flushes, gracePeriods, violation, seconds: took} = result
	return {
		...{operations, fences, flushes, gracePeriods, seconds: took},
		...(violation.length > 0 && {error: `violated, seed ${result.seed}: ${violation.join(' | ')}`}),
	}
}
