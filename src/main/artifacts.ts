/** The files that a machine needs at run time beside the program's own module: where they are, and reading them. */
import {access, readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {fileURLToPath, pathToFileURL} from 'node:url'
import {UserError} from '../errors.ts'
import {exitCodes} from '../exit-codes.ts'

/** Their names in one folder: dist/, or where a bundler's user copies them. */
const fileNames = {
	vcpu: 'vcpu-worker.mjs',
	helper: 'helper.mjs',
	io: 'io-worker.mjs',
	synchronousTranslator: 'synchronous-translator.mjs',
	hartCore: 'hart.wasm',
	smpDemo: 'smp-demo.elf',
	agent: 'agent.elf',
} as const
type FileName = keyof typeof fileNames

/** A bundle in CommonJS's format has only the latter. */
const ownUrl = import.meta.url ?? pathToFileURL(__filename).href
const fromSources = ownUrl.endsWith('.ts')

/** Each with its path from this file in src/. Worker threads run from their sources, too. */
const sourcePaths: Readonly<Record<FileName, string>> = {
	vcpu: '../vcpu-worker/worker.ts',
	helper: './helper-thread.ts',
	io: '../io/worker.ts',
	synchronousTranslator: '../translate/synchronous-translator.ts',
	hartCore: '../../dist/hart.wasm',
	smpDemo: '../../guests/smp-demo.elf',
	agent: '../../test/guests/bin/agent.elf',
}

/** A path or a file URL. */
type Folder = string | URL

/** @param folder default: the folder of this module. */
function locate(name: FileName, folder?: Folder): URL {
	if (folder !== undefined)
		return pathToFileURL(join(folder instanceof URL ? fileURLToPath(folder) : folder, fileNames[name]))
	return new URL(fromSources ? sourcePaths[name] : fileNames[name], ownUrl)
}

/**
 * Paths of the files that must lie beside a bundle that contains Manyhart, or in the folder that the option `assets`
 * names. To be called where the package is installed: when the bundle is made.
 */
export function assetPaths(): readonly string[] {
	const names = Object.keys(fileNames) as FileName[]
	return names.map((name) => fileURLToPath(locate(name)))
}

/** Entry modules of the worker threads, and a module that vCPUs load if they translate by themselves. */
export type ThreadEntries = Readonly<Record<'vcpu' | 'helper' | 'io' | 'synchronousTranslator', URL>>

function entriesIn(folder?: Folder): ThreadEntries {
	return {
		vcpu: locate('vcpu', folder),
		helper: locate('helper', folder),
		io: locate('io', folder),
		synchronousTranslator: locate('synchronousTranslator', folder),
	}
}

/** Those beside this module. Tests replace them. */
export const threadEntries = entriesIn()

/** @param folder default: beside this module. @throws UserError if a file is missing. */
export async function findThreadEntries(folder?: Folder): Promise<ThreadEntries> {
	const entries = folder === undefined ? threadEntries : entriesIn(folder)
	// The sources are there.
	if (fromSources && folder === undefined) return entries
	for (const url of Object.values(entries)) await access(url).catch(missing(folder))
	return entries
}

/** Reads the hart core. @throws UserError if the project was not built, or assets are missing. */
export async function readHartCore(folder?: Folder): Promise<Uint8Array<ArrayBuffer>> {
	return await readFile(locate('hartCore', folder)).catch(missing(folder))
}

/** What makes translated code, and what it is linked with: its content tells builds apart. A folder where it runs from sources. */
export function translatorProgram({vcpu, helper}: ThreadEntries, folder?: Folder): readonly URL[] {
	const threads = fromSources ? [new URL('../', ownUrl)] : [vcpu, helper]
	return [...threads, locate('hartCore', folder)]
}

/** The bundle of `manyhart bench`; src/ does not import it, so that no other command loads it. */
export function laboratoryUrl(): URL {
	return new URL(fromSources ? '../bench/laboratory.ts' : 'bench.js', ownUrl)
}

/** The bundle of `manyhart stress`, as laboratoryUrl(). */
export function stressUrl(): URL {
	return new URL(fromSources ? '../stress/index.ts' : 'stress.js', ownUrl)
}

/** The bundle of `manyhart campaign`, as laboratoryUrl(). */
export function campaignUrl(): URL {
	return new URL(fromSources ? '../campaign/index.ts' : 'campaign.js', ownUrl)
}

/** Threads and a hart core that can break rules, and pass turns within a step: src/faults.ts, src/turns.ts. */
export function instrumentedFolder(): URL {
	return new URL(fromSources ? '../../dist/faults/' : 'faults/', ownUrl)
}

/** The guest program that is part of the package. */
export function smpDemoPath(folder?: Folder): string {
	return fileURLToPath(locate('smpDemo', folder))
}

/** The agent, a program for guests. */
export function agentPath(folder?: Folder): string {
	return fileURLToPath(locate('agent', folder))
}

function missing(folder: Folder | undefined): (error: Error) => never {
	return ({message}) => {
		if (folder !== undefined)
			throw new UserError(`Expected the files that assetPaths() names in the folder assets, got ${message}`)
		const what = fromSources ? 'what `npm run build` makes' : 'the files that assetPaths() names beside the program'
		throw new UserError(`Expected ${what}, got ${message}`, exitCodes.failure.code)
	}
}
