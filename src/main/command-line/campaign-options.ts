/** `manyhart campaign`: definitions of its options, and checks of their values. */
import {availableParallelism} from 'node:os'
import {Option} from 'commander'
import {expected} from '../../errors.ts'
import {exitCodes} from '../../exit-codes.ts'
import type {CampaignOptions, CampaignWorkerOptions} from './campaign-library.ts'
import {parseSeconds, quoted} from './quantities.ts'

/** The options as the parser returns them. */
export type RawCampaignOptions = Readonly<{
	queue?: string
	out?: string
	cores?: string
	patience?: string
	dryRun?: boolean
	withdraw?: boolean
	json?: boolean
}>
export type RawCampaignWorkerOptions = Readonly<{
	queue?: string
	label?: string
	cores?: string
	lease?: string
	idle?: string
	patience?: string
}>

const defaultFolder = 'manyhart-campaign'
/** Seconds. */
const defaults = {patience: 600, lease: 30, idle: 3600} as const

const queueOption = (what: string) =>
	new Option('--queue <address>', `${what}: redis://[USER:PASSWORD@]HOST[:PORT], rediss:// for TLS`)
const coresOption = () =>
	new Option('--cores <n>', 'cores that runs share; one with more harts runs alone (default: those of this machine)')

export const campaignOptions = (): readonly Option[] => [
	queueOption('have the runs done by workers, through this Redis'),
	new Option('--out <folder>', `for results and records; created if missing (default: ${defaultFolder})`),
	coresOption(),
	new Option(
		'--patience <seconds>',
		`with --queue: without Redis, or without any worker, for so long, it gives up (default: ${defaults.patience})`,
	),
	new Option('--dry-run', 'list the runs, how many they are, and how long they will take, about'),
	new Option('--withdraw', 'with --queue: take the runs that no worker has begun out of it, and end'),
	new Option('--json', 'print JSON'),
]

export const campaignWorkerOptions = (): readonly Option[] => [
	queueOption('the Redis of campaigns').makeOptionMandatory(),
	coresOption(),
	new Option('--label <name>', 'in tables and results (default: that of this machine, and of the process)'),
	new Option(
		'--lease <seconds>',
		`after so long without a sign of life of a worker, others take its runs over (default: ${defaults.lease})`,
	),
	new Option('--idle <seconds>', `without a run for so long, it ends (default: ${defaults.idle})`),
	new Option('--patience <seconds>', `without Redis for so long, it gives up (default: ${defaults.patience})`),
]

/** Notes for --help and docs/command-line.md. */
export const campaignNote = `Ctrl-C ends it with the results so far, and the same command goes on. Exit code 1: some runs failed, which are in the results with what they said; ${exitCodes.unavailable.code} and ${exitCodes.givenUp.code}: the queue.`
export const campaignWorkerNote =
	'Ctrl-C gives its runs back. A password need not be on the command line: the variable REDISCLI_AUTH is read.'

/** @throws UserError that names the option and the values that it accepts. */
export function checkCampaignOptions(file: string, raw: RawCampaignOptions): CampaignOptions {
	const {queue, out, cores, patience, dryRun, withdraw, json} = raw
	if (queue === undefined) {
		const alone = Object.entries({'--patience': patience, '--withdraw': withdraw}).find(([, value]) => value)
		if (alone) throw expected(`${alone[0]} with --queue`, `${alone[0]} alone`)
	} else if (cores !== undefined) throw expected('--cores without --queue: each worker has its own', 'both')
	if (dryRun && withdraw) throw expected('--dry-run or --withdraw', 'both')
	if (out === '') throw expected('--out to be a folder', quoted(out))
	return {
		...{file, queue, folder: out ?? defaultFolder, cores: parseCores(cores)},
		patience: patience === undefined ? defaults.patience : parseSeconds(patience, '--patience'),
		...{dryRun: dryRun === true, withdraw: withdraw === true, format: json ? 'json' : 'text'},
	}
}

/** @throws UserError */
export function checkCampaignWorkerOptions(raw: RawCampaignWorkerOptions): CampaignWorkerOptions {
	const {queue = '', label: name, cores, lease, idle, patience} = raw
	if (name !== undefined && !/^[\w.@+-]{1,64}$/.test(name))
		throw expected('--label of at most 64 letters, digits, dots and dashes', quoted(name))
	const seconds = (option: keyof typeof defaults, text: string | undefined) =>
		text === undefined ? defaults[option] : parseSeconds(text, `--${option}`)
	return {
		...{queue, name, cores: parseCores(cores)},
		...{lease: seconds('lease', lease), idle: seconds('idle', idle), patience: seconds('patience', patience)},
	}
}

const mostCores = 1024

function parseCores(text: string | undefined): number {
	if (text === undefined) return availableParallelism()
	const cores = /^\d+$/.test(text) ? Number(text) : 0
	if (cores >= 1 && cores <= mostCores) return cores
	throw expected(`--cores from 1 to ${mostCores}`, quoted(text))
}
