/** The record of a fetched guest: what its files were when they were fetched. */
import {createHash} from 'node:crypto'
import {createReadStream} from 'node:fs'
import {readFile, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {pipeline} from 'node:stream/promises'

const recordName = 'guest.json'

/** By name in the guest's folder. */
type FileRecords = Readonly<Record<string, Readonly<{bytes: number; sha256: string}>>>

/** @param about more to keep. @returns the record of these files of the folder, as JSON. */
export async function recordOf(folder: string, names: readonly string[], about: object): Promise<string> {
	const entries = names.map(async (name) => {
		const path = join(folder, name)
		const {size: bytes} = await stat(path)
		return [name, {bytes, sha256: await sha256(path)}] as const
	})
	const files: FileRecords = Object.fromEntries(await Promise.all(entries))
	return `${JSON.stringify({...about, files}, undefined, '\t')}\n`
}

export const recordPath = (folder: string): string => join(folder, recordName)

/** @returns undefined if there is no record, or it cannot be read. */
export async function readRecord(folder: string): Promise<FileRecords | undefined> {
	return (await readAbout(folder)).files
}

/** What the record of a guest on a disk has, too. */
type About = Readonly<{
	files?: FileRecords
	/** The name of the disk's image. */
	disk?: string
	/** The path of the image below it. */
	base?: string
}>

/** @returns nothing if there is no record, or it cannot be read. */
export async function readAbout(folder: string): Promise<About> {
	try {
		return JSON.parse(await readFile(recordPath(folder), 'utf8'))
	} catch {
		return {}
	}
}

/** @param depth `sizes` takes no time; `contents` reads all files. */
export async function isAsRecorded(folder: string, depth: 'sizes' | 'contents'): Promise<boolean> {
	const records = await readRecord(folder)
	if (!records) return false
	const checks = Object.entries(records).map(async ([name, {bytes, sha256: hash}]) => {
		const path = join(folder, name)
		return (await stat(path)).size === bytes && (depth === 'sizes' || (await sha256(path)) === hash)
	})
	return (await Promise.all(checks).catch(() => [false])).every(Boolean)
}

async function sha256(path: string): Promise<string> {
	const hash = createHash('sha256')
	await pipeline(createReadStream(path), hash)
	return hash.digest('hex')
}
