/**
 * Debian packages of another suite and architecture, by the host's apt: with its proxy settings and methods, but with
 * sources, lists and state of our own, so that neither affects the other. apt verifies the signatures.
 */
import {access} from 'node:fs/promises'
import {join} from 'node:path'
import {UserError} from '../../errors.ts'
import {makeFolder} from '../make-folder.ts'
import {writeWholeFile} from '../system-error.ts'
import {type NeededPackagesOptions, neededPackages} from './package-dependencies.ts'
import {runTool, type ToolResult} from './run-tool.ts'

export type AptOptions = Readonly<{
	/** All files of ours are in this folder. */
	folder: string
	mirror: string
	suite: string
	architecture: string
	/** What is installed already, as dpkg's status file has it; nothing by default. */
	installed?: string
	signal?: AbortSignal | undefined
}>

export type PackageVersion = Readonly<{name: string; version: string}>

export type AptWork = Readonly<{onProgress: (fraction: number) => void}>

const keyrings = ['/usr/share/keyrings/debian-archive-keyring.pgp', '/usr/share/keyrings/debian-archive-keyring.gpg']

export class Apt {
	readonly #options: AptOptions

	/** Use Apt.create(). */
	constructor(options: AptOptions) {
		this.#options = options
	}

	/** @throws UserError if the key of Debian's archive is not installed. */
	static async create(options: AptOptions): Promise<Apt> {
		const {folder} = options
		const keyring = await firstOf(keyrings)
		if (!keyring)
			throw new UserError(
				`Expected ${keyrings[1]} (package debian-archive-keyring) to verify packages with, got none; use the guest smp-demo`,
			)
		await Promise.all(
			['state/lists/partial', 'cache/archives/partial', 'packages'].map((name) => makeFolder(join(folder, name))),
		)
		await writeWholeFile(join(folder, 'status'), options.installed ?? '')
		await writeWholeFile(join(folder, 'debian.sources'), sourcesFile(options, keyring))
		await writeWholeFile(join(folder, 'apt.conf'), configuration(options))
		return new Apt(options)
	}

	/** Fetches the package lists and verifies their signatures. */
	async update(work: AptWork): Promise<void> {
		await this.#run('apt-get', ['update'], work)
	}

	/** @returns the fields of the newest version, by name. */
	async show(name: string): Promise<ReadonlyMap<string, string>> {
		const {output} = await this.#run('apt-cache', ['show', '--no-all-versions', name])
		const fields = output.split('\n').map((line) => /^([\w-]+): (.*)$/.exec(line))
		return new Map(fields.flatMap((field) => (field ? [[field[1]!, field[2]!]] : [])))
	}

	/** @returns the packages and all their dependencies. */
	async needed(names: readonly string[], options?: NeededPackagesOptions): Promise<string[]> {
		if (names.length === 0) return []
		const {output} = await this.#run('apt-cache', ['depends', '--recurse', '--important', ...names])
		return neededPackages(names, output, options)
	}

	/**
	 * @param names of packages, or apt's patterns.
	 * @returns what has to be installed for them, as apt resolves it, without what packages only recommend.
	 * @throws UserError if they cannot be installed together.
	 */
	async plan(names: readonly string[]): Promise<PackageVersion[]> {
		const {output} = await this.#run('apt-get', ['--simulate', '--no-install-recommends', 'install', ...names])
		return plannedPackages(output)
	}

	/** @returns the first of what each recommends, if there is such a package. */
	async recommended(names: readonly string[]): Promise<string[]> {
		if (names.length === 0) return []
		const {output} = await this.#run('apt-cache', ['show', '--no-all-versions', ...names])
		const wanted = output
			.split('\n')
			.flatMap((line) => /^Recommends: (.*)$/.exec(line)?.[1]?.split(',') ?? [])
			.map((alternatives) => /[^\s|:(]+/.exec(alternatives)![0])
		if (wanted.length === 0) return []
		const {output: known} = await this.#run('apt-cache', ['pkgnames'])
		const all = new Set(known.split('\n'))
		return [...new Set(wanted)].filter((name) => all.has(name)).sort()
	}

	/** @returns the packages as dpkg's status file has them once they are installed. */
	async installedRecords(names: readonly string[]): Promise<string> {
		const {output} = await this.#run('apt-cache', ['show', '--no-all-versions', ...names])
		return output.replace(/^(Package: .*)$/gm, '$1\nStatus: install ok installed')
	}

	/** Resumes an interrupted download. @returns the folder of the packages. */
	async download(names: readonly string[], work: AptWork): Promise<string> {
		await this.#run('apt-get', ['download', ...names], work)
		return join(this.#options.folder, 'packages')
	}

	async #run(tool: string, args: readonly string[], work?: AptWork): Promise<ToolResult> {
		const {folder, mirror, signal} = this.#options
		const result = await runTool(tool, [`--config-file=${join(folder, 'apt.conf')}`, '-q', ...args], {
			folder: join(folder, 'packages'),
			signal,
			onStatus: (line) => {
				const fraction = progressOf(line)
				if (fraction !== undefined) work?.onProgress(fraction)
			},
		})
		if (result.exitCode !== 0)
			throw new UserError(
				`Expected ${tool} ${args.find((word) => !word.startsWith('-'))} to succeed at ${mirror}, got: ${firstError(result.errors)}`,
			)
		return result
	}
}

/** Status lines look like `dlstatus:1:24.31:Retrieving file 1 of 2`. apt, README.progress-reporting. */
export function progressOf(line: string): number | undefined {
	const percentage = /^dlstatus:[^:]*:([\d.]+):/.exec(line)?.[1]
	return percentage === undefined ? undefined : Math.min(1, Number(percentage) / 100)
}

/** apt-get's simulation: `Inst NAME [PRESENT] (VERSION SOURCE [ARCHITECTURE])`. @throws UserError if it removes a package. */
export function plannedPackages(output: string): PackageVersion[] {
	const removed = /^Remv (\S+)/m.exec(output)?.[1]
	if (removed !== undefined) throw new UserError(`Expected packages that go with ${removed}, got some that do not`)
	return [...output.matchAll(/^Inst (\S+)(?: \[[^\]]*\])? \((\S+) /gm)].map(([, name, version]) => ({
		name: name!.replace(/:.*/, ''),
		version: version!,
	}))
}

/** @returns apt's first error, which names the file and the reason, in one line. */
export function firstError(errors: string): string {
	const lines = errors.split('\n').map((line) => line.trim())
	const line = lines.find((each) => /^E:|^Err:/.test(each)) ?? lines.find((each) => each !== '')
	return line?.replace(/^E: */, '').replace(/\s+/g, ' ') ?? 'no reason'
}

/** sources.list(5), deb822 format. */
function sourcesFile({mirror, suite, architecture}: AptOptions, keyring: string): string {
	const fields = {
		Types: 'deb',
		URIs: mirror,
		Suites: suite,
		Components: 'main',
		Architectures: architecture,
		Targets: 'Packages',
		'Signed-By': keyring,
	}
	return Object.entries(fields)
		.map(([name, value]) => `${name}: ${value}\n`)
		.join('')
}

/** apt.conf(5). Passed by --config-file, so it is read after the host's configuration and overrides it. */
function configuration({folder, architecture}: AptOptions): string {
	const settings = {
		'Dir::State': join(folder, 'state'),
		'Dir::State::lists': join(folder, 'state/lists'),
		'Dir::State::status': join(folder, 'status'),
		'Dir::Cache': join(folder, 'cache'),
		'Dir::Etc::sourcelist': join(folder, 'debian.sources'),
		'Dir::Etc::sourceparts': '-',
		'Dir::Etc::preferences': '-',
		'Dir::Etc::preferencesparts': '-',
		'APT::Architecture': architecture,
		'APT::Default-Release': '',
		'APT::Get::AllowUnauthenticated': 'false',
		'Acquire::AllowInsecureRepositories': 'false',
		'Acquire::Languages': 'none',
		'Acquire::Retries': '3',
		'APT::Update::Error-Mode': 'any', // a list that cannot be fetched is an error, not a warning
		'APT::Sandbox::User': 'root', // the sandbox's user cannot write to a home folder
		'APT::Status-Fd': '3',
	}
	// Hooks of the host's configuration must not run here.
	const cleared = [
		'APT::Architectures',
		'APT::Update::Pre-Invoke',
		'APT::Update::Post-Invoke',
		'APT::Update::Post-Invoke-Success',
		'DPkg::Post-Invoke',
	]
	return [
		...cleared.map((name) => `#clear ${name};`),
		`APT::Architectures { "${architecture}"; };`,
		...Object.entries(settings).map(([name, value]) => `${name} "${value}";`),
		'',
	].join('\n')
}

async function firstOf(paths: readonly string[]): Promise<string | undefined> {
	for (const path of paths) {
		const there = await access(path).then(
			() => true,
			() => false,
		)
		if (there) return path
	}
	return undefined
}
