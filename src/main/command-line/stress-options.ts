/** `manyhart stress`: definitions of its options, and checks of their values. */
import {availableParallelism} from 'node:os'
import {Option} from 'commander'
import {maximumHarts} from '../../board/index.ts'
import {expected} from '../../errors.ts'
import {type Fault, faultNames, faults} from '../../faults.ts'
import {mostSeed} from '../machine-interface.ts'
import {parseSeed, quoted} from './quantities.ts'
import {
	type Campaign,
	type SerialStress,
	type StressKind,
	type StressOptions,
	serialIterations,
	serialThreshold,
	stressKinds,
	stressThreshold,
} from './stress-library.ts'
import {accelOption, checkTranslationSwitches, type RawTranslationSwitches, tlbOption} from './translation-switches.ts'

/** The options as the parser returns them. */
export type RawStressOptions = RawTranslationSwitches &
	Readonly<{
		harts?: string
		seconds?: string
		iterations?: string
		seed?: string
		inject?: string
		serial?: boolean
		seeds?: string
		schedule?: string
		digest?: boolean
		jobs?: string
		hours?: string
		out?: string
		json?: boolean
	}>

/** Threads of the kind rcu that are no readers. Of the others, the helper is behind the harts. */
const rcuUpdaters = 3
const defaultSeconds = {run: 10, inject: 60, campaign: 120}
const defaultFolder = 'manyhart-stress'

export const stressOptions = (): readonly Option[] => [
	new Option(
		'--harts <n>',
		`harts, 1 to ${maximumHarts} (default: 4, or the cores of this machine, shared by the jobs, if they are more)`,
	),
	new Option(
		'--seconds <s>',
		`of each kind, or at most for each broken rule (default: ${defaultSeconds.run}, ${defaultSeconds.inject} with --inject, ${defaultSeconds.campaign} in a campaign)`,
	),
	new Option('--iterations <n>', 'steps of each hart, which end a run before its time'),
	new Option('--seed <n>', 'of all that is drawn by lot; threads are not repeated by it (default: drawn, and printed)'),
	new Option(
		'--inject <rule>',
		'break a rule of the emulator on purpose, which is to be noticed: exit code 0, or 1 if it is not; all: each in turn',
	),
	new Option(
		'--serial',
		`harts run by turns, which the seed decides, in virtual time; one seed after the other until one violates something, which is shrunk to few turns; each hart makes ${serialIterations} steps by default`,
	),
	new Option('--seeds <n>', 'with --serial: seeds at most (default: as many as the seconds allow)'),
	new Option(
		'--schedule <hart.step:hart,...>',
		'with --serial: only these turns are not the usual ones (at which of its steps a hart is interrupted, and who goes on), or none, as a failure prints it',
	),
	new Option('--digest', 'with --serial: print the digest of the machine after each seed'),
	new Option('--jobs <n>', 'a campaign: so many runs at a time, each with the next seed, until the hours are over'),
	new Option('--hours <h>', 'of a campaign (default: 1)'),
	new Option(
		'--out <folder>',
		`for what failed runs of a campaign print; created if missing (default: ${defaultFolder})`,
	),
	tlbOption(),
	accelOption(),
	new Option(
		'--jit-threshold <n>',
		`jumps that make their target hot (default: ${stressThreshold}, ${serialThreshold} with --serial)`,
	),
	new Option('--json', 'print JSON'),
]

/** A note for --help and docs/command-line.md. */
export const stressNote =
	'Ctrl-C ends it with its figures. Exit code 1: something was violated, which is described. With --inject that is what is to be: exit code 0 if each broken rule was noticed, 1 if one was not.'

/** For --help. */
export const ruleHelp = [
	'Rules:',
	...Object.entries(faults).map(([name, what]) => `  ${name.padEnd(20)} ${what}`),
].join('\n')

/** @throws UserError that names the option and the values that it accepts. */
export function checkStressOptions(kind: string, raw: RawStressOptions): StressOptions {
	const {
		harts,
		seconds,
		iterations,
		seed,
		inject,
		jobs,
		hours,
		out,
		json,
		serial,
		seeds,
		schedule,
		digest,
		...switches
	} = raw
	const broken = parseFaults(inject)
	if (broken.length > 0 && ![...kindsThatNotice(broken), 'all'].includes(kind))
		throw expected(`--inject ${inject} with the kind ${kindsThatNotice(broken).join(' or ')}`, quoted(kind))
	const campaign = parseCampaign({jobs, hours, out})
	if (campaign && broken.length > 0) throw expected('--jobs without --inject', 'both')
	const byTurns = parseSerial({serial, seeds, schedule, digest})
	const hartTotal =
		harts === undefined ? defaultHarts(campaign?.jobs ?? 1) : parseNumber('--harts', harts, [1, maximumHarts])
	const lastThread = hartTotal + (kind === 'rcu' ? rcuUpdaters - 1 : 0)
	if (byTurns?.schedule?.some(({from, thread}) => Math.max(from, thread) > lastThread))
		throw expected(`--schedule with threads from 0 to ${lastThread}`, quoted(schedule!))
	if (byTurns && campaign) throw expected('--serial without --jobs', 'both')
	const secondsOfRun = defaultSeconds[broken.length > 0 ? 'inject' : campaign ? 'campaign' : 'run']
	return {
		kinds: parseKind(kind),
		harts: hartTotal,
		seconds: seconds === undefined ? secondsOfRun : parseNumber('--seconds', seconds, [1, 1_000_000]),
		iterations: iterations === undefined ? undefined : parseNumber('--iterations', iterations, [1, 2 ** 31]),
		seed: seed === undefined ? Math.floor(Math.random() * mostSeed) : parseSeed(seed),
		translation: checkTranslationSwitches(switches),
		serial: byTurns,
		inject: broken,
		campaign,
		format: json ? 'json' : 'text',
	}
}

type RawSerial = Readonly<{
	serial?: boolean | undefined
	seeds?: string | undefined
	schedule?: string | undefined
	digest?: boolean | undefined
}>

function parseSerial({serial, seeds, schedule, digest}: RawSerial): SerialStress | undefined {
	if (!serial) {
		const alone = Object.entries({'--seeds': seeds, '--schedule': schedule, '--digest': digest}).find(
			([, value]) => value !== undefined,
		)
		if (alone) throw expected(`${alone[0]} with --serial`, `${alone[0]} alone`)
		return undefined
	}
	const most = schedule === undefined ? 1e9 : 1
	return {
		seeds: seeds === undefined ? most : parseNumber('--seeds', seeds, [1, most]),
		schedule: schedule === undefined ? undefined : parseSchedule(schedule),
		digest: digest === true,
	}
}

function parseSchedule(text: string): NonNullable<SerialStress['schedule']> {
	if (text === 'none') return []
	const schedule = text.split(',').map((part) => {
		const [from, step, thread] = /^(\d+)\.(\d+):(\d+)$/.exec(part)?.slice(1).map(Number) ?? []
		if (from === undefined || step === undefined || thread === undefined)
			throw expected('--schedule to be none, or HART.STEP:HART,HART.STEP:HART', quoted(text))
		return {from, step, thread}
	})
	const lastStep = new Map<number, number>()
	for (const {from, step} of schedule) {
		if (step <= (lastStep.get(from) ?? 0)) throw expected('--schedule with steps of each hart that grow', quoted(text))
		lastStep.set(from, step)
	}
	return schedule
}

/** Four meet in more ways than two; a campaign shares the cores. */
function defaultHarts(jobs: number): number {
	return Math.min(maximumHarts, Math.max(4, Math.floor(availableParallelism() / jobs)))
}

type RawCampaign = Readonly<Record<'jobs' | 'hours' | 'out', string | undefined>>

function parseCampaign({jobs, hours, out}: RawCampaign): Campaign | undefined {
	if (jobs === undefined) {
		const alone = Object.entries({'--hours': hours, '--out': out}).find(([, value]) => value !== undefined)
		if (alone) throw expected('--jobs, which begins a campaign', `${alone[0]} alone`)
		return undefined
	}
	if (out === '') throw expected('--out to be a folder', quoted(out))
	const length = hours === undefined ? 1 : /^\d+(?:\.\d+)?$/.test(hours) ? Number(hours) : 0
	if (!(length > 0 && length <= 10_000)) throw expected('--hours above 0, and at most 10,000', quoted(hours ?? ''))
	return {jobs: parseNumber('--jobs', jobs, [1, 1024]), hours: length, folder: out ?? defaultFolder}
}

function parseKind(text: string): readonly StressKind[] {
	if (text === 'all') return stressKinds
	const kind = stressKinds.find((name) => name === text)
	if (kind === undefined) throw expected(`a kind among ${stressKinds.join(', ')} and all`, quoted(text))
	return [kind]
}

/** The kind rcu has grace periods only. */
function kindsThatNotice(broken: readonly Fault[]): readonly StressKind[] {
	return broken.every((fault) => fault === 'skip-grace-period')
		? stressKinds
		: stressKinds.filter((kind) => kind !== 'rcu')
}

function parseFaults(text: string | undefined): readonly Fault[] {
	if (text === undefined) return []
	if (text === 'all') return faultNames
	const fault = faultNames.find((name) => name === text)
	if (fault === undefined) throw expected(`--inject with one of ${faultNames.join(', ')} and all`, quoted(text))
	return [fault]
}

function parseNumber(option: string, text: string, [least, most]: readonly [number, number]): number {
	const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
	if (value >= least && value <= most) return value
	throw expected(`${option} from ${least} to ${most}`, quoted(text))
}
