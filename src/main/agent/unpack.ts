/** Unpacks an archive of a guest's. The guest is not trusted: nothing is written beside the copy, nor through its links. */
import {once} from 'node:events'
import {chmod, realpath, rm, symlink} from 'node:fs/promises'
import {dirname, join, posix} from 'node:path'
import {extract, type ReadEntry} from 'tar'

const fileTypes: ReadonlySet<string> = new Set(['File', 'OldFile', 'ContiguousFile'])
/** Set-user-ID and the like would be of this host's user. */
const permissions = 0o777
/** While it is filled. */
const ownersAll = 0o700

/**
 * @property base what the archive has. @property name what becomes of it, in the folder.
 */
export type UnpackTarget = Readonly<{folder: string; base: string; name: string}>

/** @returns what it has beside files, folders and links, such as devices. @throws Error for what cannot be written. */
export async function unpack(
	bytes: AsyncIterable<Uint8Array>,
	{folder, base, name}: UnpackTarget,
): Promise<readonly string[]> {
	const others: string[] = []
	/** By path in the folder: targets of links, and permissions of the rest. */
	const [links, files, folders] = [new Map<string, string>(), new Map<string, number>(), new Map<string, number>()]
	const renamed = (path: string) => posix.normalize(name + path.slice(base.length)).replace(/\/$/, '')
	const isWithin = (path: string) => (path === base || path.startsWith(`${base}/`)) && !path.split('/').includes('..')
	const isWritten = (entry: ReadEntry): boolean => {
		if (!isWithin(entry.path)) return false
		const [path, mode] = [renamed(entry.path), (entry.mode ?? permissions) & permissions]
		const {type, linkpath = ''} = entry
		entry.path = path
		entry.mode = mode | ownersAll
		if (type === 'Link') entry.linkpath = isWithin(linkpath) ? renamed(linkpath) : linkpath
		const target = type === 'SymbolicLink' ? linkpath : type === 'Link' ? links.get(entry.linkpath ?? '') : undefined
		// The last one of a path counts.
		for (const kind of [links, files, folders]) kind.delete(path)
		if (target !== undefined) links.set(path, target)
		else if (type === 'Directory') folders.set(path, mode)
		else if (fileTypes.has(type)) files.set(path, mode)
		else if (type !== 'Link') {
			others.push(path)
			return false
		}
		return target === undefined
	}
	await extractAll(bytes, {folder, isWritten})
	for (const [path, mode] of files) await chmod(join(folder, path), mode)
	// After all files, so that none is written through them.
	const realFolder = await realpath(folder)
	for (const [path, target] of links) await makeLink({folder: realFolder, path, target})
	// Those below first.
	for (const [path, mode] of [...folders].reverse()) await chmod(join(folder, path), mode)
	return others
}

async function extractAll(
	bytes: AsyncIterable<Uint8Array>,
	{folder, isWritten}: Readonly<{folder: string; isWritten: (entry: ReadEntry) => boolean}>,
): Promise<void> {
	const {promise, resolve, reject} = Promise.withResolvers<void>()
	promise.catch(() => {})
	const sink = extract({
		cwd: folder,
		preserveOwner: false,
		filter: (_, entry) => isWritten(entry as ReadEntry),
		// The others are of paths that are no less right for it.
		onwarn: (code, message) => {
			if (code !== 'TAR_ENTRY_INFO') reject(new Error(String(message)))
		},
	})
	sink.on('close', resolve)
	sink.on('error', reject)
	for await (const piece of bytes)
		if (!sink.write(Buffer.from(piece))) await Promise.race([promise, once(sink, 'drain')])
	sink.end()
	await promise
}

/** @param folder without links in it. @throws Error if there is a link on the way. */
async function makeLink({folder, path, target}: Readonly<{folder: string; path: string; target: string}>) {
	const place = join(folder, path)
	if ((await realpath(dirname(place))) !== dirname(place)) throw new Error(`${path} is not within the copy`)
	await rm(place, {force: true})
	await symlink(target, place)
}
