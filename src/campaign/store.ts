/**
 * The results of a campaign: a folder that one process owns. results.jsonl has one line for each run that is done; a line is on the
 * disk before append() resolves, and a run whose result is there is not stored again.
 */
import {type FileHandle, open, readFile, truncate} from 'node:fs/promises'
import {join} from 'node:path'
import * as v from 'valibot'
import {jsonText, parseJson, writeWhole} from '../bench/record-file.ts'
import {expected} from '../errors.ts'
import {makeFolder} from '../main/guests/index.ts'
import {describeSystemError} from '../main/system-error.ts'
import {ChecksumWatch} from './checks.ts'
import {acquireFolder} from './folder-lock.ts'
import type {Plan} from './plan.ts'
import {Result, schemaVersion} from './run.ts'

export const [headerName, resultsName] = ['campaign.json', 'results.jsonl'] as const

const Header = v.object({
	schema: v.literal(schemaVersion),
	campaign: v.string(),
	/** Of Manyhart: results of another one are not mixed with these. */
	build: v.string(),
	/** As typed, without a password. */
	command: v.string(),
	/** ISO 8601: when it first began. */
	date: v.string(),
})
type Header = v.InferOutput<typeof Header>

type StoreOptions = Readonly<{folder: string; plan: Plan; command: string}>

export class ResultStore implements AsyncDisposable {
	readonly folder: string
	readonly header: Header
	readonly #file: FileHandle
	readonly #lock: AsyncDisposable
	readonly #results: Map<string, Result>
	/** Of the file: what is behind it, if anything, is half a line. */
	#bytes: number
	#appending: Promise<void> = Promise.resolve()

	private constructor(fields: {
		folder: string
		header: Header
		file: FileHandle
		lock: AsyncDisposable
		results: Map<string, Result>
		bytes: number
	}) {
		this.folder = fields.folder
		this.header = fields.header
		this.#file = fields.file
		this.#lock = fields.lock
		this.#results = fields.results
		this.#bytes = fields.bytes
	}

	/**
	 * Opens or creates the folder. Half a line that a crash has left is cut off; results of runs that failed, or that a later
	 * checksum shows to be wrong, are taken out, so that these are run again.
	 * @throws UserError also for a folder of another campaign, of another build, or of another process.
	 */
	static async open({folder, plan, command}: StoreOptions): Promise<ResultStore> {
		await makeFolder(folder).catch((error) => {
			throw expected(`--out ${folder} to be a folder, or none yet`, describeSystemError(error))
		})
		const lock = await acquireFolder(folder)
		try {
			const header = await readHeader(folder, plan, command)
			const path = join(folder, resultsName)
			const {results, bytes} = await readResults(path)
			const file = await writing(path, open(path, 'a'))
			return new ResultStore({folder, header, file, lock, results, bytes})
		} catch (error) {
			await lock[Symbol.asyncDispose]()
			throw error
		}
	}

	has(id: string): boolean {
		return this.#results.has(id)
	}

	/** By id. */
	get results(): ReadonlyMap<string, Result> {
		return this.#results
	}

	/**
	 * Resolves when they are on the disk. Those whose run has a result are left out.
	 * @throws UserError if they cannot be written; none of them is then in the file.
	 */
	append(results: readonly Result[]): Promise<void> {
		// One after the other: what is in the file is known.
		const appended = this.#appending.then(() => this.#append(results))
		this.#appending = appended.catch(() => {})
		return appended
	}

	async #append(given: readonly Result[]): Promise<void> {
		const results = new Map(given.filter(({id}) => !this.has(id)).map((result) => [result.id, result]))
		if (results.size === 0) return
		const text = Buffer.from([...results.values()].map((result) => `${JSON.stringify(result)}\n`).join(''))
		const path = join(this.folder, resultsName)
		try {
			await this.#file.writeFile(text)
			await this.#file.datasync()
		} catch (error) {
			await truncate(path, this.#bytes).catch(() => {})
			throw expected(`to write ${path}`, describeSystemError(error))
		}
		this.#bytes += text.length
		for (const [id, result] of results) this.#results.set(id, result)
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#appending
		await this.#file.close()
		await this.#lock[Symbol.asyncDispose]()
	}
}

async function readHeader(folder: string, {name, build}: Plan, command: string): Promise<Header> {
	const path = join(folder, headerName)
	const text = await readFile(path, 'utf8').catch((error) => {
		if (error.code === 'ENOENT') return undefined
		throw expected(`to read ${path}`, describeSystemError(error))
	})
	if (text === undefined) {
		const header: Header = {schema: schemaVersion, campaign: name, build, command, date: new Date().toISOString()}
		await writing(path, writeWhole(path, jsonText(header)))
		return header
	}
	const what = `of a campaign, schema ${schemaVersion}; another folder, --out, begins anew`
	const header = parseJson(text, {schema: Header, what, name: path})
	if (header.campaign !== name) throw expected(`--out ${folder} to be of campaign ${name}`, header.campaign)
	if (header.build !== build)
		throw expected(`--out ${folder} to be of this build, ${build}; another folder begins anew`, header.build)
	return header
}

type Read = {results: Map<string, Result>; bytes: number}

async function readResults(path: string): Promise<Read> {
	const text = await readFile(path).catch((error) => {
		if (error.code === 'ENOENT') return Buffer.alloc(0)
		throw expected(`to read ${path}`, describeSystemError(error))
	})
	// Behind the last end of a line is half a line, of a process that was killed.
	const bytes = text.lastIndexOf('\n') + 1
	const lines = text.subarray(0, bytes).toString('utf8').split('\n').slice(0, -1)
	const all = lines.map((line, index) =>
		parseJson(line, {schema: Result, what: `a result, schema ${schemaVersion}`, name: `${path}, line ${index + 1},`}),
	)
	const checks = new ChecksumWatch(all)
	const sound = all.filter((result) => checks.judged(result).outcome.error === undefined)
	const kept = new Map(sound.map((result) => [result.id, result]))
	if (kept.size < all.length) {
		const again = [...kept.values()].map((result) => `${JSON.stringify(result)}\n`).join('')
		await writing(path, writeWhole(path, again))
		return {results: kept, bytes: Buffer.byteLength(again)}
	}
	if (bytes < text.length) await writing(path, truncate(path, bytes))
	return {results: kept, bytes}
}

const writing = <Value>(path: string, written: Promise<Value>): Promise<Value> =>
	written.catch((error) => {
		throw expected(`to write ${path}`, describeSystemError(error))
	})
