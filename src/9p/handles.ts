/**
 * Handles: the files of the folder that fids refer to, each an O_PATH descriptor of the host.
 *
 * Paths never leave the folder. Each name is looked up by itself in the handle of its directory, as
 * /proc/self/fd/N/NAME with O_NOFOLLOW: Linux goes from N to the directory itself, wherever it has been moved to, so this is
 * what openat() does, which Node does not have. No path of more than one name is ever given to the host, so no name can be
 * exchanged for a symbolic link in between. An O_PATH descriptor opens no device and waits for no fifo.
 */
import {type BigIntStats, closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync} from 'node:fs'
import {basename} from 'node:path/posix'
import {expected} from '../errors.ts'
import {Refusal} from './errno.ts'
import type {ByteString} from './message-reader.ts'
import {FileType} from './messages.ts'

/** Linux's number on all architectures that Node runs on; Node has no name for it. */
const O_PATH = 0o10000000
const {O_DIRECTORY, O_NOFOLLOW} = constants

export type Kind = 'folder' | 'file' | 'link' | 'special'
export type HostPath = string | Buffer

/** A file that fids or other handles refer to; made by Handles alone. */
export class Handle {
	/** -1: closed for want of descriptors, and opened again when it is needed. */
	descriptor: number
	/** Where it is, as far as the server knows: for `..`, removal and opening it again. Undefined: the folder itself. */
	parent: Handle | undefined
	name: ByteString
	readonly device: bigint
	readonly inode: bigint
	readonly birth: bigint
	readonly kind: Kind
	/** Of fids, and of handles whose parent it is. */
	references = 1
	/** Used since the last look for handles to close. */
	recent = true

	constructor(descriptor: number, stat: BigIntStats, place: Readonly<{parent: Handle | undefined; name: ByteString}>) {
		this.descriptor = descriptor
		this.parent = place.parent
		this.name = place.name
		this.device = stat.dev
		this.inode = stat.ino
		this.birth = stat.birthtimeNs
		this.kind = kindOf(stat)
	}

	is(stat: BigIntStats): boolean {
		return stat.ino === this.inode && stat.dev === this.device && stat.birthtimeNs === this.birth
	}
}

/** How many have a descriptor between requests, and how many there are. */
type HandleLimits = Readonly<{open: number; all: number}>

export class Handles {
	readonly root: Handle
	readonly rootStat: BigIntStats
	readonly #limits: HandleLimits
	/** Those with a descriptor, but the root's, in the order in which they are looked at when there are too many. */
	readonly #open = new Set<Handle>()
	/** All but the root. */
	readonly #all = new Set<Handle>()

	/** @param folder symbolic links in it are followed: it is the user's choice. @throws UserError */
	constructor(folder: string, limits: HandleLimits) {
		this.#limits = limits
		let descriptor: number
		try {
			descriptor = openSync(folder, O_PATH | O_DIRECTORY)
		} catch (error) {
			throw expected('a folder to share', `${folder}: ${(error as NodeJS.ErrnoException).code}`)
		}
		this.rootStat = fstatSync(descriptor, {bigint: true})
		this.root = new Handle(descriptor, this.rootStat, {parent: undefined, name: ''})
		const throughProc = lstatSync(`/proc/self/fd/${descriptor}/.`, {bigint: true, throwIfNoEntry: false})
		if (throughProc === undefined || !this.root.is(throughProc)) {
			closeSync(descriptor)
			throw expected('Linux with /proc, without which a folder cannot be shared safely', process.platform)
		}
	}

	get size(): number {
		return this.#all.size
	}

	get openCount(): number {
		return this.#open.size
	}

	/** A path that leads to the file itself, a symbolic link included. Valid until makeRoom(). */
	path(handle: Handle): string {
		return `/proc/self/fd/${this.#descriptor(handle)}`
	}

	/** The path of a name in a folder. Whoever uses it must not follow a symbolic link. @param name checked: one component. */
	childPath(folder: Handle, name: ByteString): HostPath {
		if (folder.kind !== 'folder') throw new Refusal('ENOTDIR')
		return childPath(this.#descriptor(folder), name)
	}

	stat(handle: Handle): BigIntStats {
		return fstatSync(this.#descriptor(handle), {bigint: true})
	}

	/** @returns what has a name in a folder; the caller releases its handle. @throws an error of the host, Refusal */
	walk(folder: Handle, name: ByteString): {handle: Handle; stat: BigIntStats} {
		if (name === '.' || name === '..') {
			if (folder.kind !== 'folder') throw new Refusal('ENOTDIR')
			const handle = name === '.' ? folder : (folder.parent ?? folder)
			return {handle: this.hold(handle), stat: this.stat(handle)}
		}
		if (this.#all.size >= this.#limits.all) throw new Refusal('ENFILE')
		const descriptor = openSync(this.childPath(folder, name), O_PATH | O_NOFOLLOW)
		const stat = fstatSync(descriptor, {bigint: true})
		return {handle: this.#add(new Handle(descriptor, stat, {parent: this.hold(folder), name})), stat}
	}

	/** @returns a handle of what the caller has opened just now; it gets a descriptor of its own when it is needed. */
	adopt(folder: Handle, name: ByteString, stat: BigIntStats): Handle {
		return this.#add(new Handle(-1, stat, {parent: this.hold(folder), name}))
	}

	hold(handle: Handle): Handle {
		handle.references++
		return handle
	}

	release(handle: Handle): void {
		// In a loop: a chain of parents may be longer than the stack is deep.
		for (let released: Handle | undefined = handle; released !== undefined && --released.references === 0; ) {
			this.#all.delete(released)
			this.#close(released)
			released = released.parent
		}
	}

	/** Handles of what was renamed know their new place. */
	renamed(from: Readonly<{folder: Handle; name: ByteString}>, to: Readonly<{folder: Handle; name: ByteString}>): void {
		for (const handle of this.#all) {
			if (handle.name !== from.name || !sameFile(handle.parent, from.folder)) continue
			const old = handle.parent
			handle.parent = this.hold(to.folder)
			handle.name = to.name
			if (old !== undefined) this.release(old)
		}
	}

	/**
	 * Finds a handle's file by its name, for what the host can do only to names.
	 * @throws Refusal if the name is another file's now, and the file's present name in the folder cannot be found.
	 */
	place(handle: Handle): {folder: Handle; name: ByteString; path: HostPath} {
		const folder = handle.parent
		if (folder === undefined) throw new Refusal('EINVAL')
		const path = this.childPath(folder, handle.name)
		if (this.#isAt(handle, path)) return {folder, name: handle.name, path}
		// Renamed on the host. If it is in the same folder still, Linux knows its name.
		const name = basename(readlinkSync(this.path(handle), {encoding: 'latin1'}))
		if (!isName(name)) throw new Refusal('ESTALE')
		const present = this.childPath(folder, name)
		if (!this.#isAt(handle, present)) throw new Refusal('ESTALE')
		return {folder, name, path: present}
	}

	/**
	 * Closes descriptors if too many are open: of handles that were not used since the last look. Called between requests, so
	 * that no path that a request has made refers to a descriptor that was closed, and is another file's by now.
	 */
	makeRoom(): void {
		if (this.#open.size <= this.#limits.open) return
		const enough = Math.floor(this.#limits.open * 0.9)
		for (const handle of this.#open) {
			if (this.#open.size <= enough) return
			if (handle.recent) {
				handle.recent = false
				// To the end: looked at again if the others do not suffice.
				this.#open.delete(handle)
				this.#open.add(handle)
			} else this.#close(handle)
		}
	}

	close(): void {
		for (const handle of this.#open) this.#close(handle)
		this.#all.clear()
		if (this.root.descriptor >= 0) closeSync(this.root.descriptor)
		this.root.descriptor = -1
	}

	#isAt(handle: Handle, path: HostPath): boolean {
		const stat = lstatSync(path, {bigint: true, throwIfNoEntry: false})
		return stat !== undefined && handle.is(stat)
	}

	#add(handle: Handle): Handle {
		this.#all.add(handle)
		if (handle.descriptor >= 0) this.#open.add(handle)
		return handle
	}

	#close(handle: Handle): void {
		if (!this.#open.delete(handle)) return
		closeSync(handle.descriptor)
		handle.descriptor = -1
	}

	#descriptor(handle: Handle): number {
		handle.recent = true
		return handle.descriptor >= 0 ? handle.descriptor : this.#reopen(handle)
	}

	/** In a loop, from the nearest ancestor that is open. */
	#reopen(handle: Handle): number {
		const closed: Handle[] = []
		let ancestor: Handle | undefined = handle
		for (; ancestor !== undefined && ancestor.descriptor < 0; ancestor = ancestor.parent) {
			// A circle: the host moved folders into one another that the server has as it was before.
			if (closed.length > this.#all.size) throw new Refusal('ESTALE')
			closed.push(ancestor)
		}
		for (let next = closed.pop(); next !== undefined; next = closed.pop()) this.#reopenIn(next.parent as Handle, next)
		return handle.descriptor
	}

	#reopenIn(folder: Handle, handle: Handle): void {
		const descriptor = openSync(childPath(folder.descriptor, handle.name), O_PATH | O_NOFOLLOW)
		if (handle.is(fstatSync(descriptor, {bigint: true}))) {
			handle.descriptor = descriptor
			handle.recent = true
			this.#open.add(handle)
			return
		}
		closeSync(descriptor)
		throw new Refusal('ESTALE')
	}
}

/** @returns the path of a name in an open folder. @param descriptor of a folder, never of a link: Linux then answers ENOTDIR. */
export function childPath(descriptor: number, name: ByteString): HostPath {
	const path = `/proc/self/fd/${descriptor}/${name}`
	// Node would write other characters as UTF-8.
	return isAscii(name) ? path : Buffer.from(path, 'latin1')
}

export const toHost = (bytes: ByteString): HostPath => (isAscii(bytes) ? bytes : Buffer.from(bytes, 'latin1'))

function isAscii(text: ByteString): boolean {
	for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false
	return true
}

/** Whether it can be one component of a path; `.` and `..` can. QEMU's name_is_illegal(). */
export const isComponent = (name: ByteString): boolean => name !== '' && !name.includes('/') && !name.includes('\0')

/** Whether a directory can have an entry of this name beside `.` and `..`. */
export const isName = (name: ByteString): boolean => isComponent(name) && name !== '.' && name !== '..'

export function kindOf({mode}: BigIntStats): Kind {
	const type = Number(mode) & FileType.mask
	if (type === FileType.folder) return 'folder'
	if (type === FileType.file) return 'file'
	return type === FileType.link ? 'link' : 'special'
}

const sameFile = (one: Handle | undefined, other: Handle): boolean =>
	one === other || (one !== undefined && one.inode === other.inode && one.device === other.device)
