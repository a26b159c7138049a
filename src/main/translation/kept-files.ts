/**
 * Files of translations, in a folder of the user's cache. Any number of runs read and write them at once: a file is written under
 * another name and renamed, so that no reader sees a part of it, and nothing is ever locked. Of two that write at the same time
 * one is forgotten. Calls of the operating system that wait: for helpers.
 */
import {randomUUID} from 'node:crypto'
import {
	closeSync,
	constants,
	fstatSync,
	lstatSync,
	openSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	type Stats,
	utimesSync,
	writeFileSync,
} from 'node:fs'
import {dirname, join} from 'node:path'
import {makeFolder} from '../make-folder.ts'
import {describeSystemError} from '../system-error.ts'
import {decodeModules, encodeModules, type KeptModule, worthKeeping} from './kept-format.ts'

export type KeptLimits = Readonly<{
	/** Bytes of WebAssembly in one file. */
	file: number
	/** Bytes of all files: those that were used longest ago go. */
	folder: number
	/** Milliseconds after which what a run has left half written goes. */
	draftAge: number
}>

export const keptLimits: KeptLimits = {file: 24 * 2 ** 20, folder: 128 * 2 ** 20, draftAge: 60 * 60 * 1000}

const suffix = '.translations'
const draftSuffix = '.draft'

/** @returns the modules; or why there are none, in words. Never throws: without them a run only is slower. */
export function readKept(path: string): readonly KeptModule[] | string {
	try {
		const folder = lstatSync(dirname(path))
		if (!folder.isDirectory() || !isOurs(folder)) return 'the folder belongs to others, or others may write to it'
		// No symbolic link, so that what is checked is what is read.
		const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
		try {
			const status = fstatSync(file)
			if (!status.isFile() || !isOurs(status)) return 'the file belongs to others, or others may write to it'
			const modules = decodeModules(readFileSync(file))
			if (!modules) return 'the file is damaged'
			touch(path)
			return modules
		} finally {
			closeSync(file)
		}
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there are none' : describeSystemError(error)
	}
}

/** Who else could write there could have the machine run any code that a guest could. */
function isOurs({uid, mode}: Stats): boolean {
	return uid === process.getuid?.() && (mode & 0o022) === 0
}

/** It was used: others go first. */
function touch(path: string): void {
	try {
		const now = new Date()
		utimesSync(path, now, now)
	} catch {
		// A folder that is only read.
	}
}

/** Adds modules to those of the file. @returns why it could not, in words. */
export async function addKept(
	path: string,
	modules: readonly KeptModule[],
	limits = keptLimits,
): Promise<string | undefined> {
	const folder = dirname(path)
	const draft = `${path}.${randomUUID()}${draftSuffix}`
	try {
		// Only for the user.
		await makeFolder(folder, 0o700)
		if (!isOurs(lstatSync(folder))) return 'the folder belongs to others, or others may write to it'
		const before = readKept(path)
		const all = worthKeeping([...(typeof before === 'string' ? [] : before), ...modules], limits.file)
		// Only the user reads it: it has pieces of the guest's memory.
		writeFileSync(draft, encodeModules(all), {flag: 'wx', mode: 0o600})
		renameSync(draft, path)
		makeRoom(folder, path, limits)
		return undefined
	} catch (error) {
		remove(draft)
		return describeSystemError(error)
	}
}

/** Removes what was used longest ago, of whatever guest and build, but not `newest`; and what was never finished. */
function makeRoom(folder: string, newest: string, {folder: mostBytes, draftAge}: KeptLimits): void {
	const files = readdirSync(folder)
		.filter((name) => name.endsWith(suffix) || name.endsWith(draftSuffix))
		.flatMap((name) => {
			const path = join(folder, name)
			// Another run may have removed it.
			const status = lstatSync(path, {throwIfNoEntry: false})
			return status?.isFile() ? [{path, size: status.size, used: status.mtimeMs}] : []
		})
		.toSorted((one, other) => other.used - one.used)
	let bytes = 0
	for (const {path, size, used} of files) {
		const isDraft = path.endsWith(draftSuffix)
		if (!isDraft) bytes += size
		if (path !== newest && (isDraft ? Date.now() - used > draftAge : bytes > mostBytes)) remove(path)
	}
}

function remove(path: string): void {
	try {
		rmSync(path, {force: true})
	} catch {
		// It stays, and is tried again.
	}
}

/** @param build which translator made them. @param guest whose code it is: a hint, as all code is compared before it runs. */
export function keptPath(folder: string, {build, guest}: Readonly<{build: string; guest: string}>): string {
	return join(folder, `${build}-${guest}${suffix}`)
}
