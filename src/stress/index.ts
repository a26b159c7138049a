/** `manyhart stress`: long runs on real threads, with seeds; and proof that they would notice a broken rule. */
import {type Fault, faults} from '../faults.ts'
import type {
	StressEnvironment,
	StressKind,
	StressLibrary,
	StressOptions,
	StressOutcome,
} from '../main/command-line/stress-library.ts'
import {formatTlbDesign, type TlbDesign} from '../tlb/index.ts'
import {stressArguments} from './arguments.ts'
import {runCampaign} from './campaign.ts'
import {runGuest} from './guest-run.ts'
import {LiveLine} from './live-line.ts'
import {runRcu} from './rcu-run.ts'
import type {Figures, RunOptions, RunResult} from './run.ts'
import {runByTurns, type SerialResult} from './serial-run.ts'

const runners: Readonly<Record<StressKind, (options: RunOptions) => Promise<RunResult>>> = {
	rcu: runRcu,
	flush: (options) => runGuest('flush', options),
	atomics: (options) => runGuest('atomics', options),
	smc: (options) => runGuest('smc', options),
	devices: (options) => runGuest('devices', options),
}

/** Where a broken rule shows: rules about tables that are swapped need a design that swaps them often. */
const designOfFault: Readonly<Partial<Record<Fault, Partial<TlbDesign>>>> = {
	'skip-grace-period': {policy: 'swap-pool'},
	'reuse-before-clear': {policy: 'swap-pool'},
	'skip-poison': {policy: 'swap-pool', encoding: 'poison-zero'},
}

/** The kind that shows a broken rule soonest, if it is not `flush`. */
const kindOfFault: Readonly<Partial<Record<Fault, StressKind>>> = {'skip-grace-period': 'rcu', 'stale-region': 'smc'}

export const stress: StressLibrary['stress'] = async (options, environment) => {
	if (options.campaign) return await runCampaign(options, options.campaign, environment)
	return options.inject.length > 0 ? await injectAll(options, environment) : await runAll(options, environment)
}

async function runAll(options: StressOptions, environment: StressEnvironment): Promise<StressOutcome> {
	const results: RunResult[] = []
	for (const kind of options.kinds) {
		if (environment.signal.aborted) break
		const result = await runOne(kind, options, environment)
		results.push(result)
		if (options.format === 'text') environment.print(describe(result, options))
	}
	if (options.format === 'json') environment.print(JSON.stringify(results, null, '\t'))
	return results.some(({violation}) => violation.length > 0) ? 'violated' : 'passed'
}

async function runOne(
	kind: StressKind,
	options: StressOptions & Readonly<{fault?: Fault}>,
	{signal, stream}: StressEnvironment,
): Promise<RunResult> {
	const {fault, harts, seconds, iterations, seed, translation, serial} = options
	using line = new LiveLine(stream)
	if (serial) return await runByTurns(kind, {...options, fault, serial}, {signal, line})
	const began = performance.now()
	let latest: {figures: Figures; at: number} | undefined
	const onProgress = (figures: Figures): void => {
		const at = performance.now()
		const rate = latest === undefined ? 0 : ((figures.operations - latest.figures.operations) / (at - latest.at)) * 1000
		latest = {figures, at}
		line.show(`stress ${kind}: ${((at - began) / 1000).toFixed(0)} s, ${count(rate)} operations/s, ${inWords(figures)}`)
	}
	return await runners[kind]({fault, harts, seconds, iterations, seed, translation, signal, onProgress})
}

const count = (value: number): string => Math.round(value).toLocaleString('en')

function inWords({fences, flushes, gracePeriods, retired, slowest}: Figures): string {
	const parts = [
		`${count(fences)} fences`,
		`${count(flushes)} flushes`,
		`${count(gracePeriods)} grace periods`,
		`slowest ${count(slowest)} µs`,
		`${count(retired)} retired`,
	]
	return parts.join(', ')
}

function describe(result: RunResult, options: StressOptions): string {
	if ('seeds' in result) return describeSerial(result as SerialResult)
	const {kind, harts, seed, seconds, operations, memory, violation} = result
	const megabytes = memory.map((bytes) => Math.round(bytes / 2 ** 20)).join(' to ')
	const summary = `stress ${kind}: ${harts} harts, seed ${seed}, ${seconds.toFixed(1)} s: ${count(operations)} operations, ${inWords(result)}, memory ${megabytes} MiB`
	if (violation.length === 0) return `${summary}: no violation`
	return [
		`${summary}: VIOLATED`,
		...violation.map((line) => `  ${line}`),
		`perhaps again, by turns: manyhart ${serialCommand(kind, options)}`,
	].join('\n')
}

/** Threads are not repeated by a seed, but runs by turns with the same rules may meet the same. */
function serialCommand(kind: StressKind, {harts, seed, translation}: StressOptions): string {
	return stressArguments({kinds: [kind], harts, seed, translation, seconds: 600, serial: {schedule: undefined}}).join(
		' ',
	)
}

function describeSerial({
	kind,
	harts,
	seed,
	seconds,
	seeds,
	operations,
	flushes,
	digests,
	violation,
}: SerialResult): string {
	const figures = `${seeds} seeds, ${seconds.toFixed(1)} s, ${count(operations)} operations, ${count(flushes)} flushes`
	const summary = `stress ${kind} by turns: ${harts} harts, ${figures}`
	const lines = Object.entries(digests ?? {}).map(([number, digest]) => `seed ${number} digest ${digest}`)
	if (violation.length === 0) return [...lines, `${summary}: no violation`].join('\n')
	return [...lines, `${summary}: VIOLATED by seed ${seed}`, ...violation.map((line) => `  ${line}`)].join('\n')
}

// ---- rules that are broken on purpose ----

type Injection = Readonly<{
	fault: Fault
	kind: StressKind
	found: boolean
	/** Until it was noticed, or it was not. */
	seconds: number
	seed: number
	design: string
	saw: string
	/** By turns: the shrunk one. */
	schedule?: string | undefined
}>

async function injectAll(options: StressOptions, environment: StressEnvironment): Promise<StressOutcome> {
	const injections: Injection[] = []
	for (const fault of options.inject) {
		if (environment.signal.aborted) break
		const {injection, result} = await inject(fault, options, environment)
		// What was ended before its time shows nothing.
		if (!injection.found && environment.signal.aborted) break
		injections.push(injection)
		if (options.format !== 'text') continue
		environment.print(describeInjection(injection))
		for (const line of options.inject.length === 1 ? result.violation : scheduleLines(result))
			environment.print(`  ${line}`)
	}
	if (options.format === 'json') environment.print(JSON.stringify(injections, null, '\t'))
	const missed = injections.filter(({found}) => !found)
	if (options.format === 'text' && options.inject.length > 1)
		environment.print(`${injections.length - missed.length} of ${options.inject.length} broken rules noticed`)
	if (missed.length > 0) return 'missed'
	return injections.length === options.inject.length ? 'noticed' : 'passed'
}

async function inject(
	fault: Fault,
	options: StressOptions,
	environment: StressEnvironment,
): Promise<{injection: Injection; result: RunResult}> {
	const kind = kindFor(fault, options)
	const tlb = {...(kind !== 'rcu' && designOfFault[fault]), ...options.translation.tlb}
	const translation = {...options.translation, ...(Object.keys(tlb).length > 0 && {tlb})}
	const result = await runOne(kind, {...options, translation, fault}, environment)
	const {noticedAfter: seconds = result.seconds, schedule}: Partial<SerialResult> = result
	const {seed, violation} = result
	// The guest's first line says where, the second what.
	const saw = violation.find((line) => !line.startsWith('VIOLATION')) ?? ''
	const found = violation.length > 0
	const injection = {fault, kind, found, seconds, seed, design: formatTlbDesign(tlb), saw, schedule}
	return {injection, result}
}

function kindFor(fault: Fault, {kinds}: StressOptions): StressKind {
	const [only] = kinds
	return kinds.length === 1 && only ? only : (kindOfFault[fault] ?? 'flush')
}

/** Of a violation by turns: its schedule, and the command that shows it again. */
function scheduleLines({violation}: RunResult): readonly string[] {
	const first = violation.findIndex((line) => line.startsWith('schedule:'))
	return first < 0 ? [] : violation.slice(first)
}

function describeInjection({fault, kind, found, seconds, design, saw}: Injection): string {
	const where = kind === 'flush' && design === '' ? '' : ` (${kind}${design && ` --tlb ${design}`})`
	const time = `${seconds.toFixed(1)} s`
	if (found) return `${fault.padEnd(20)} ${time.padStart(7)}  ${saw}${where}`
	return `${fault.padEnd(20)} ${time.padStart(7)}  NOT NOTICED, although ${faults[fault]}${where}`
}
